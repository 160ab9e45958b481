"""How entries are bound to each other: commitments of salted content, hashes over commitments; pure.

A hash never covers content itself, so content can be erased, by age or for a person's sake, and the chain still
verifies (15-7, requirements, decisions).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

GENESIS = bytes(32)  # Stands before the first entry.


@dataclass(frozen=True, slots=True)
class Content:
    """What an entry says."""

    at: datetime
    actor_kind: str
    actor_name: str
    actor_id: int | None
    ip: str | None
    on_behalf_of: str
    client_id: int | None
    action: str
    subject: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as it is kept; `content` is None where it was erased."""

    number: int
    content: Content | None
    salt: bytes
    commitment: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """Where the chain does not hold, and why."""

    number: int
    reason: str


def commit(salt: bytes, content: Content) -> bytes:
    """A commitment to an entry's content: SHA-256 of the salt and of its canonical JSON."""
    canonical = json.dumps(asdict(content), sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=_plain)
    return hashlib.sha256(salt + canonical.encode("ascii")).digest()


def bind(previous: bytes, number: int, commitment: bytes) -> bytes:
    """The hash of an entry, given that of the entry before it."""
    return hashlib.sha256(previous + number.to_bytes(8, "big") + commitment).digest()


def faults(links: Iterable[Link], number: int = 0, previous: bytes = GENESIS) -> Iterator[Fault]:
    """What is wrong with the entries after `number`, whose hash is `previous`; nothing when all is as it was written."""
    for link in links:
        number += 1
        if link.number != number:
            yield Fault(number, f"missing: the next entry is {link.number}")
            number = link.number
        elif bind(previous, number, link.commitment) != link.hash:
            yield Fault(number, "not bound to the entry before it")
        if link.content is not None and commit(link.salt, link.content) != link.commitment:
            yield Fault(number, "changed since it was written")
        previous = link.hash


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    raise TypeError(f"no JSON for {type(value).__name__}")
