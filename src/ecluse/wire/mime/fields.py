"""The header section of a message or of one of its parts (RFC 5322 section 2.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ecluse.domain.content import Content, PrefixedContent

MAX_OCTETS = 262_144
MAX_FIELDS = 2_000

# A line with all the lines that continue it, and its name where it is a field: printable ASCII up to the colon, with
# the white space that old mailers put before it. An empty line never gets here.
_LINES = re.compile(rb"((?=[^\n])(?:([!-9;-~]++)[ \t]*+:)?[^\n]*+\n?(?:[ \t][^\n]*+\n?)*+)")
_BLANK_CONTINUATION = re.compile(rb"\n[ \t]+\r?(?:\n|\Z)")
_MBOX_LINE = (b"From ", b">From ")  # Left on top by mailboxes and bad forwarders: every reader knows it.


@dataclass(frozen=True, slots=True)
class Field:
    """One header field."""

    name: bytes  # Lower case, without the white space that old mailers put before the colon.
    raw: bytes  # The whole field as it stands there, with its folds and its last line end.

    @property
    def value(self) -> bytes:
        """What follows the colon, unfolded (RFC 5322 section 2.2.3), without white space around it."""
        return unfolded(self.raw)


@dataclass(frozen=True, slots=True)
class HeaderSection:
    """The fields of a header section, in order; the n-th of `names` belongs to the n-th of `raws`."""

    names: tuple[bytes, ...]
    raws: tuple[bytes, ...]
    octets: int  # With the empty line that ends it: where the body starts, counted from the section's start.
    strays: tuple[tuple[int, bytes], ...] = ()  # Lines that are no field: their offset in the section, and the line.
    has_blank_continuation: bool = False  # A continuation of white space alone: some readers end the section there.
    exceeds_limits: bool = False  # More octets or fields than we read: the rest was not looked at.

    @property
    def malformed_lines(self) -> int:
        """How many lines are neither a field nor the continuation of one."""
        return len(self.strays)

    @property
    def fields(self) -> Iterator[Field]:
        """All fields in order."""
        return map(Field, self.names, self.raws)

    def all(self, name: bytes) -> list[Field]:
        """Every field of this name (lower case), in order."""
        return [Field(name, raw) for own, raw in zip(self.names, self.raws, strict=True) if own == name]

    def first(self, name: bytes) -> Field | None:
        """The first field of this name (lower case)."""
        return Field(name, self.raws[self.names.index(name)]) if name in self.names else None


def split_head(content: Content, max_octets: int = MAX_OCTETS, max_fields: int = MAX_FIELDS) -> HeaderSection:
    """The header section of a message: all up to its first empty line.

    A line that is no field does not end it: most readers skip such a line, so that the fields after it count; it is
    listed in `strays`. A section that goes on after `max_octets` or `max_fields` is marked, and ends there for us.
    """
    return read_section(content, 0, content.size, max_octets, max_fields)


def read_section(
    content: Content, start: int, end: int, max_octets: int = MAX_OCTETS, max_fields: int = MAX_FIELDS
) -> HeaderSection:
    """As `split_head`, for the octets from `start` up to `end`."""
    stop = min(end, start + max_octets)
    head, octets = _head(content, start, stop)
    section = parse_section(head, octets, max_fields)
    if octets < max_octets or end <= stop:
        return section
    return HeaderSection(
        section.names, section.raws, octets, section.strays, section.has_blank_continuation, exceeds_limits=True
    )


def _head(content: Content, start: int, stop: int) -> tuple[bytes, int]:
    """The section's lines, and its size with the empty line that ends it."""
    first = content.slice(start, min(start + 2, stop))
    if first == b"\r\n" or first[:1] == b"\n":
        return b"", 2 if first == b"\r\n" else 1
    crlf = content.find(b"\n\r\n", start, stop)
    head = content.slice(start, crlf + 1 if crlf >= 0 else stop)
    bare = head.find(b"\n\n")
    if bare >= 0:
        return head[: bare + 1], bare + 2
    return head, len(head) + 2 if crlf >= 0 else len(head)


def parse_section(head: bytes, octets: int, max_fields: int = MAX_FIELDS) -> HeaderSection:
    """The fields of lines that were cut out already; `octets` as in `HeaderSection`."""
    names: list[bytes] = []
    raws: list[bytes] = []
    strays: list[bytes] = []
    lines = _LINES.findall(head)
    for raw, name in lines[:max_fields]:
        if name:
            names.append(name.lower())
            raws.append(raw)
        elif raws or strays or not raw.startswith(_MBOX_LINE):
            strays.append(raw)
    return HeaderSection(
        tuple(names),
        tuple(raws),
        octets,
        _located(head, frozenset(strays)) if strays else (),
        has_blank_continuation=_BLANK_CONTINUATION.search(head) is not None,
        exceeds_limits=len(lines) > max_fields,
    )


def _located(head: bytes, strays: frozenset[bytes]) -> tuple[tuple[int, bytes], ...]:
    return tuple((line.start(), line[0]) for line in _LINES.finditer(head) if line[0] in strays)


def unfolded(raw: bytes) -> bytes:
    """The value of a raw field: unfolded, without its name and without white space around it."""
    return raw[raw.find(b":") + 1 :].replace(b"\r\n", b"").replace(b"\n", b"").strip(b" \t\r")


def without_fields(content: Content, section: HeaderSection, names: frozenset[bytes]) -> Content:
    """The message without the fields of these names (lower case); all other octets stay as they are."""
    if names.isdisjoint(section.names):
        return content
    head = content.slice(0, section.octets)
    kept, at = [], 0
    for line in _LINES.finditer(head):
        if line[2] and line[2].lower() in names:
            kept.append(head[at : line.start()])
            at = line.end()
    return PrefixedContent(b"".join((*kept, head[at:])), content, section.octets)
