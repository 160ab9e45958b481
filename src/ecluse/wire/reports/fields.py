"""The groups of header-like fields that reports about single messages are made of (RFC 3464, RFC 5965)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ecluse.wire.mime.charsets import decode_text
from ecluse.wire.mime.fields import HeaderSection, parse_section
from ecluse.wire.mime.parameters import without_comments
from ecluse.wire.reports.texts import kept

MAX_OCTETS = 1_048_576
MAX_FIELDS = 500  # Of one group.
_BLANK_LINE = re.compile(rb"\n[ \t]+(?=\n)")


@dataclass(frozen=True, slots=True)
class Group:
    """The fields up to one empty line."""

    section: HeaderSection

    def text(self, name: bytes) -> str:
        """The value of the first field of this name (lower case); "" without one."""
        field = self.section.first(name)
        return kept(decode_text(field.value)) if field else ""

    def texts(self, name: bytes) -> tuple[str, ...]:
        """The values of all fields of this name."""
        return tuple(kept(decode_text(field.value)) for field in self.section.all(name))

    def word(self, name: bytes) -> str:
        """The first word of a value, in lower case, without comments; "" without one."""
        field = self.section.first(name)
        words = without_comments(field.value).split(None, 1) if field else []
        return kept(decode_text(words[0])).lower() if words else ""

    def typed(self, name: bytes) -> str:
        """What follows the type in a value like "rfc822; a@b.example" (RFC 3464 section 2.1.2)."""
        value = self.text(name)
        kind, semicolon, rest = value.partition(";")
        return unbracketed(rest.strip() if semicolon else kind)


def groups(data: bytes) -> Iterator[Group]:
    """The groups in order, empty ones left out; at most the first `MAX_OCTETS` are looked at."""
    text = _BLANK_LINE.sub(b"\n", data[:MAX_OCTETS].replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    for lines in text.split(b"\n\n"):
        head = lines.strip(b"\n")
        if head:
            yield Group(parse_section(head, len(head), MAX_FIELDS))


def unbracketed(path: str) -> str:
    """An address without the angle brackets of a path."""
    return path[1:-1].strip() if path.startswith("<") and path.endswith(">") else path
