"""Reads the lists that an operator keeps, and makes the sorted table of them."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ecluse.adapters.hashes.table import KEY_OCTETS, RECORD_OCTETS, write_table

SUFFIX = ".txt"
MAX_LISTS = 1_000
MAX_LINE_OCTETS = 4_096
MAX_ENTRIES = 100_000_000  # Of all lists: 1.8 GB on disk.
SHOWN_FAULTS = 3  # Of one list.

_DIGEST = re.compile(rb"(?:[0-9a-f]{64}|[0-9a-f]{32})(?=[\s#;,]|$)", re.IGNORECASE)

Stamp = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that is neither a digest nor a comment."""

    path: Path
    line: int  # 0: the file as a whole.
    reason: str


def lists_in(folder: Path) -> list[Path]:
    """The files of a folder, by name; none where it cannot be read."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == SUFFIX)[:MAX_LISTS]
    except OSError:
        return []


def stamp_of(folder: Path) -> Stamp:
    """Differs whenever a list was changed, added or taken away."""
    found = ((path.name, path.stat()) for path in lists_in(folder) if path.exists())
    return tuple((name, stat.st_ino, stat.st_size, stat.st_mtime_ns) for name, stat in found)


def make_table(folder: Path, table: Path) -> tuple[int, tuple[Fault, ...]]:
    """Read all lists, put the table of them in place; how many digests, and what is wrong. Raises `OSError`.

    A line that is no digest is told and left out, the others count: a list must not lose its force to a slip of the pen.
    """
    paths = lists_in(folder)
    faults: list[Fault] = []
    octets = bytearray()
    for number, path in enumerate(paths):
        octets += b"".join(key + number.to_bytes(2, "big") for key in _keys(path, faults))
        if len(octets) > MAX_ENTRIES * RECORD_OCTETS:
            faults.append(Fault(path, 0, f"more than {MAX_ENTRIES:,} digests in all lists: the rest is left out"))
            del octets[MAX_ENTRIES * RECORD_OCTETS :]
            break
    records = _sorted(octets)
    write_table(table, [path.stem for path in paths], records)
    return len(records) // RECORD_OCTETS, tuple(faults)


def _sorted(octets: bytearray) -> bytes:
    """By digest; one that several lists hold is named after the first of them."""
    records = np.frombuffer(octets, np.uint8).reshape(-1, RECORD_OCTETS)
    # Two numbers of eight octets stand for the digest; the sort is stable, so the first list stays first.
    keys = np.ascontiguousarray(records[:, :KEY_OCTETS]).view(">u8")
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    ordered = keys[order]
    is_first = np.ones(len(order), bool)
    is_first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    return bytes(records[order[is_first]].tobytes())


def _keys(path: Path, faults: list[Fault]) -> Iterator[bytes]:
    wrong = 0
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(MAX_LINE_OCTETS):
                number += 1
                text = line.strip()
                if not text or text.startswith((b"#", b";")):
                    continue
                digest = _DIGEST.match(text)
                if digest:
                    yield binascii.unhexlify(digest[0])[:KEY_OCTETS]
                    continue
                wrong += 1
                if wrong <= SHOWN_FAULTS:
                    faults.append(Fault(path, number, "no SHA-256 or MD5 at its beginning"))
    except OSError as problem:
        faults.append(Fault(path, 0, problem.strerror or "cannot be read"))
    if wrong > SHOWN_FAULTS:
        faults.append(Fault(path, 0, f"{wrong} lines in all are no digests"))
