"""Instructions of fields in text documents that fetch or start something: DDE, INCLUDETEXT, HYPERLINK and the like."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.opening.flags import Flag
from ecluse.opening.pieces import ExternalLink, Flagged, Piece, Url

_DDE = re.compile(r"^[\s\"]*DDE(?:AUTO)?\b", re.IGNORECASE)
_LOADS = re.compile(r"^\s*(?:INCLUDEPICTURE|INCLUDETEXT|INCLUDE|IMPORT|LINK|RD)\s+(.*)", re.IGNORECASE | re.DOTALL)
_TARGET = re.compile(r"(?:https?|ftp|file)://[^\s\"]{1,2048}|\\\\[^\s\"]{1,2048}", re.IGNORECASE)
_HYPERLINK = re.compile(r"^\s*HYPERLINK\s+\"?([^\s\"]{1,2048})", re.IGNORECASE)
# QUOTE 99 109 100 spells characters by their numbers.
_QUOTE = re.compile(r"\bQUOTE((?:\s+\d{1,7})+)", re.IGNORECASE)


def field_pieces(instruction: str) -> Iterator[Piece]:
    """What one field does, from its instruction without the marks around it."""
    text = _QUOTE.sub(lambda found: "".join(map(_character, found[1].split())), instruction[:65_536])
    if _DDE.match(text) or re.search(r"\bDDEAUTO\b", text):
        yield Flagged(Flag.DDE)
    if found := _HYPERLINK.match(text):
        yield Url(found[1])
    if found := _LOADS.match(text):
        yield from map(ExternalLink, _TARGET.findall(found[1].replace("\\\\", "\\")))


def _character(number: str) -> str:
    code = int(number)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else ""


def fields_in_stream(data: bytes) -> Iterator[str]:
    """The instructions in the text of a binary Word document: between the marks 0x13 and 0x14 or 0x15."""
    # Text stands in one octet or in two a character; without the zeros both read the same.
    text = data.replace(b"\0", b"").decode("cp1252", "replace")
    for found in re.finditer("\x13([^\x14\x15]{1,4096})", text):
        yield found[1].replace("\x13", " ")
