"""ClamAV's own test files (Debian's clamav-testfiles): the opener gets at the program in each, and clamd knows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecluse.adapters.clamav.clamd import ClamdScanner
from ecluse.domain.content import MemoryContent
from ecluse.domain.evidence import ScanState
from ecluse.opening import opening
from ecluse.opening.budget import Limits
from ecluse.opening.pieces import File

FOLDER = Path("/usr/share/clamav-testfiles")
# Packers of programs, installers, and formats whose program we recognise and say that we cannot open.
NOT_CLAIMED = {
    "clam-aspack.exe",
    "clam-fsg.exe",
    "clam-mew.exe",
    "clam-nsis.exe",
    "clam-pespin.exe",
    "clam-petite.exe",
    "clam-upack.exe",
    "clam-upx.exe",
    "clam-wwpack.exe",
    "clam-yc.exe",
    "clam.ea05.exe",
    "clam.ea06.exe",
    "clam.sis",
    "clam_IScab_ext.exe",
    "clam_IScab_int.exe",
    "clam_ISmsi_ext.exe",
    "clam_ISmsi_int.exe",
}
SAID_UNOPENABLE = {"clam.impl.zip"}
BEYOND_LIMITS = {"clam_cache_emax.tgz"}  # A tar in a gzip in a tar, sixteen times and more.
CLAIMED = sorted(
    path.name for path in FOLDER.glob("clam*") if path.name not in NOT_CLAIMED | SAID_UNOPENABLE | BEYOND_LIMITS
)

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="clamav-testfiles is not installed"),
]


@pytest.fixture
def contents(monkeypatch):
    """Everything that was looked into while a file was opened."""
    seen: list[bytes] = []

    def note(file: File, _budget):
        seen.append(file.content)
        return iter(())

    monkeypatch.setattr(opening, "OPENERS", (*opening.OPENERS, (None, note)))
    return seen


@pytest.mark.parametrize("name", CLAIMED)
async def test_the_program_in_each_container_is_reached_and_known(name, clamd, contents):
    opening.open_file(File((FOLDER / name).read_bytes(), name), Limits())
    program = (FOLDER / "clam.exe").read_bytes()
    assert program in contents
    scanner = ClamdScanner(f"unix:{clamd.socket_path}")
    states = {(await scanner.scan(MemoryContent(content))).state for content in contents if content == program}
    scanner.close()
    assert states == {ScanState.INFECTED}


@pytest.mark.parametrize("name", sorted(SAID_UNOPENABLE))
def test_what_is_not_opened_is_said(name):
    flags = opening.open_file(File((FOLDER / name).read_bytes(), name), Limits()).flags
    assert {"unopenable", "unopened"} & set(flags)


@pytest.mark.parametrize("name", sorted(BEYOND_LIMITS))
def test_what_is_too_deep_is_said(name):
    assert "limit" in opening.open_file(File((FOLDER / name).read_bytes(), name), Limits()).flags


def test_we_claim_most_of_them():
    assert len(CLAIMED) >= 20
