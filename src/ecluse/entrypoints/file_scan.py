"""The virus scanner for pages and letters, which wait for one answer: what somebody uploaded is looked at before it is given out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ecluse.adapters.clamav.clamd import ClamdScanner
from ecluse.domain.content import MemoryContent
from ecluse.domain.evidence import ScanState
from ecluse.entrypoints.settings_tables import Settings

_WITHIN_S = 20.0  # A page waits for it, and holds a thread of the console.


class FileScan:
    """Asks clamd."""

    def __init__(self, clamd: str, timeout_s: float) -> None:
        """As `[scanners]` has them."""
        self._clamd, self._timeout_s = clamd, min(timeout_s, _WITHIN_S)

    def scan(self, octets: bytes) -> ScanState:
        """What clamd says of this file now: nothing is remembered, since signatures may have changed since."""
        return asyncio.run(self._ask(octets))

    async def _ask(self, octets: bytes) -> ScanState:
        # Its sessions belong to the loop of this one question.
        scanner = ClamdScanner(self._clamd, pool_size=1, timeout_s=self._timeout_s, cache_size=0)
        try:
            return (await scanner.scan(MemoryContent(octets))).state
        finally:
            scanner.close()


def file_scan(settings: Settings) -> Callable[[bytes], ScanState] | None:
    """None where no scanner is set."""
    scanners = settings.scanners
    return None if scanners.clamd is None else FileScan(scanners.clamd, scanners.clamd_timeout_s).scan
