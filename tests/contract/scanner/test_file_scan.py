"""Pages ask the same scanner about what somebody uploaded, and wait for its answer."""

from __future__ import annotations

from ecluse.domain.evidence import ScanState
from ecluse.entrypoints.file_scan import FileScan
from tests.contract.scanner.conftest import FILE_MAX
from tests.contract.scanner.contract import EICAR
from tests.loopback import free_port


def test_what_clamd_says_of_a_file_or_that_it_says_nothing(clamd):
    scan = FileScan(f"tcp:127.0.0.1:{clamd.port}", 20).scan
    assert scan(b"%PDF-1.7 nothing in it") is ScanState.CLEAN
    assert scan(b"") is ScanState.CLEAN
    assert scan(EICAR) is ScanState.INFECTED
    assert scan(b"x" * (FILE_MAX + 1)) is ScanState.TOO_LARGE
    assert FileScan(f"tcp:127.0.0.1:{free_port()}", 2).scan(EICAR) is ScanState.UNAVAILABLE
