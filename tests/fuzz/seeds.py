"""Seeds that other people have made: read from the shared folder when it is there, never kept."""

from __future__ import annotations

import ast
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.target import seed

JUDGES = Path(__file__).resolve().parents[3] / "shared" / "data" / "judges"
MAX_SEED_OCTETS = 16_384
MAX_SEEDS = 300  # Of one target.
_LITERAL = re.compile(r'^(?:string|\[\]byte)\((".*")\)$', re.MULTILINE)  # A value of a Go fuzz seed.

# Target -> archive, and what the path of a seed in it must match; whether `Choices` stand before its octets.
_SOURCES: dict[str, tuple[str, str, bool]] = {
    "receiving-session": ("smtp-dev.tar.xz", "fuzz-seeds/(FuzzConnection|FuzzReader)/", True),
    "data-reader": ("smtp-dev.tar.xz", "fuzz-seeds/(FuzzConnection|FuzzReader)/", True),
    "sending-session": ("smtp-dev.tar.xz", "fuzz-seeds/FuzzDecodeResponse/", True),
    "command": ("smtp-dev.tar.xz", "fuzz-seeds/(FuzzConnection|FuzzAddr|FuzzUser|FuzzDomain)", True),
    "addresses": ("smtp-dev.tar.xz", "fuzz-seeds/(FuzzAddr|FuzzUser)/", False),
    "header-section": ("mime-dev.tar.xz", "mime-", False),
    "mime": ("mime-dev.tar.xz", "mime-", True),
}


def outside_seeds(target: str) -> Iterator[bytes]:
    """Inputs for a target, at most `MAX_SEEDS`; none when the archive is not there."""
    archive, pattern, has_choices = _SOURCES.get(target, ("", "", False))
    if not archive or not (JUDGES / archive).is_file():
        return
    count = 0
    for octets in _members(JUDGES / archive, re.compile(pattern)):
        for one in _values(octets):
            yield seed(one) if has_choices else one
            count += 1
        if count >= MAX_SEEDS:
            return


def _members(archive: Path, wanted: re.Pattern[str]) -> Iterator[bytes]:
    with tarfile.open(archive, "r:xz") as files:
        for member in files:
            if member.isfile() and 0 < member.size <= MAX_SEED_OCTETS and wanted.search(member.name):
                file = files.extractfile(member)
                if file is not None:
                    yield file.read()


def _values(octets: bytes) -> Iterator[bytes]:
    if not octets.startswith(b"go test fuzz v1\n"):
        yield octets
        return
    for found in _LITERAL.finditer(octets.decode("utf-8", "replace")):
        try:
            text = ast.literal_eval(found[1])
        except (SyntaxError, ValueError):
            continue
        yield text.encode("latin-1") if text.isascii() else text.encode("utf-8", "replace")
