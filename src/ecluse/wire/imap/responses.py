"""What an IMAP server says: lines, with literals between their parts (RFC 3501 section 4.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ecluse.domain.printable import printable

MAX_NUMBER = 4_294_967_295  # Of UIDs, positions and sizes.
_LITERAL = re.compile(rb"\{(\d{1,20})\}$")
_FETCH = re.compile(rb"\* (\d{1,10}) FETCH \((.*)\)$", re.IGNORECASE)
_UID = re.compile(rb"(?:^|[ ])UID (\d{1,10})(?=$|[ ])", re.IGNORECASE)
_SIZE = re.compile(rb"(?:^|[ ])RFC822\.SIZE (\d{1,10})(?=$|[ ])", re.IGNORECASE)
_BODY = re.compile(rb"(?:^|[ (])BODY\[\](?:<0>)? \{\d{1,20}\}$", re.IGNORECASE)
_EXISTS = re.compile(rb"\* (\d{1,10}) EXISTS$", re.IGNORECASE)


class BadImap(ValueError):
    """It is not said as IMAP has it."""


@dataclass(frozen=True, slots=True)
class Response:
    """One response: its lines without line ends, and the literals that follow all of them but the last."""

    lines: tuple[bytes, ...]
    literals: tuple[bytes, ...] = ()

    @property
    def first(self) -> bytes:
        """How it begins."""
        return self.lines[0]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What is told of one message; None is not told."""

    number: int  # Its position.
    uid: int | None
    size: int | None
    body: bytes | None


def literal_size(line: bytes) -> int | None:
    """Octets of the literal that follows the line; None where none does."""
    found = _LITERAL.search(line)
    return None if found is None else int(found[1])


def status_of(response: Response, tag: bytes) -> bytes | None:
    """OK, NO or BAD, where it ends the command with this tag; None where it does not."""
    begin, _, rest = response.first.partition(b" ")
    return rest.partition(b" ")[0].upper() if begin == tag else None


def said_by(response: Response, most: int) -> str:
    """Its words for people."""
    text = response.first.decode("utf-8", "replace").partition(" ")[2]
    return printable(text)[:most].strip()


def exists_in(responses: tuple[Response, ...]) -> int | None:
    """How many messages lie in the folder."""
    found = [int(match[1]) for each in responses if (match := _EXISTS.match(each.first))]
    return found[-1] if found else None


def validity_in(responses: tuple[Response, ...]) -> int | None:
    """UIDVALIDITY; None where it is not told, or cannot be."""
    for each in responses:
        found = re.match(rb"\* OK \[UIDVALIDITY (\d{1,10})\]", each.first, re.IGNORECASE)
        if found and 0 < int(found[1]) <= MAX_NUMBER:
            return int(found[1])
    return None


def fetched_in(responses: tuple[Response, ...]) -> tuple[Fetched, ...]:
    """What is told of messages, in its order. Raises `BadImap` for numbers that cannot be."""
    return tuple(filter(None, map(_fetched, responses)))


def _fetched(response: Response) -> Fetched | None:
    found = _FETCH.match(b"".join(response.lines))
    if found is None:
        return None
    bodies = [part for line, part in zip(response.lines, response.literals, strict=False) if _BODY.search(line)]
    # A literal's mark stands in the joined text as it was sent: no attribute of ours.
    uid, size = _UID.search(found[2]), _SIZE.search(found[2])
    if len(bodies) > 1:
        raise BadImap("two bodies")
    return Fetched(
        _number(found[1]),
        None if uid is None else _number(uid[1]),
        None if size is None else int(size[1]),
        bodies[0] if bodies else None,
    )


def _number(text: bytes) -> int:
    number = int(text)
    if not 0 < number <= MAX_NUMBER:
        raise BadImap("a number that cannot be")
    return number
