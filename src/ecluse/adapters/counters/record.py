"""A sighting as it travels between processes and nodes: without its name."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from ecluse.adapters.counters.keys import KEY_OCTETS

RELEASE = b"\x01"
RECORD = struct.Struct(f"<{KEY_OCTETS}sddd")


@dataclass(frozen=True, slots=True)
class Record:
    """What a `Sighting` says, under its key."""

    key: bytes
    at: float
    good: float
    bad: float


def pack(records: Iterable[Record]) -> bytes:
    """The octets of any number of them."""
    return RELEASE + b"".join(RECORD.pack(one.key, one.at, one.good, one.bad) for one in records)


def unpack(octets: bytes) -> list[Record] | None:
    """What `pack` was given; None where another release wrote it."""
    if octets[:1] != RELEASE or len(octets) % RECORD.size != 1:
        return None
    return [Record(*fields) for fields in RECORD.iter_unpack(octets[1:])]
