"""Rich Text Format: objects, however their octets are spelt, templates and fields."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.opening.budget import Budget
from ecluse.opening.documents.field_codes import field_pieces
from ecluse.opening.documents.packages import ole1_pieces
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import ExternalLink, File, Flagged, Piece, Text, Url
from ecluse.opening.urls import urls_in

MAX_DEPTH = 2_000
MAX_OBJECTS = 200
MAX_TEXT_OCTETS = 262_144
# A control word with its number, an escaped octet, a control symbol, a brace, plain octets.
_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,250})(-?\d{1,20})?[ ]?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|([^\\{}]+)|\\", re.DOTALL
)
_NOT_HEX = re.compile(rb"[^0-9a-fA-F]+")
_REMOTE = re.compile(r"(?:https?|ftp)://|\\\\", re.IGNORECASE)
_DESTINATIONS = frozenset(
    {b"objdata", b"template", b"fldinst", b"objclass", b"pict", b"fonttbl", b"stylesheet", b"datastore"}
)
_AUTOMATIC = frozenset({b"objupdate", b"objautlink"})


class _Group:
    """What stands between two braces, and where its text goes."""

    __slots__ = ("destination", "text")

    def __init__(self, destination: bytes, text: bytearray) -> None:
        self.destination, self.text = destination, text


def open_rtf(file: File, budget: Budget) -> Iterator[Piece]:
    """Objects as entries, what is loaded from elsewhere, URLs and text."""
    words = bytearray()
    stack = [_Group(b"", words)]
    objects, at = 0, 0
    while token := _TOKEN.match(file.content, at):
        at = token.end()
        word, number, octet, _symbol, brace, plain = token.groups()
        if brace == b"{" and len(stack) < MAX_DEPTH:
            stack.append(_Group(stack[-1].destination, stack[-1].text))
        elif brace == b"}" and len(stack) > 1:
            group = stack.pop()
            if group.text is not stack[-1].text:
                objects += group.destination == b"objdata"
                yield from _closed(group) if objects <= MAX_OBJECTS else (Flagged(Flag.LIMIT),)
        elif word is not None:
            budget.check_time()
            if word == b"bin":
                size = min(int(number or 0), len(file.content))
                _append(stack[-1], file.content[at : at + max(size, 0)].hex().encode())
                at += max(size, 0)
            yield from _word(word.lower(), stack)
        elif octet is not None:
            _append(stack[-1], bytes.fromhex(octet.decode()) if stack[-1].destination != b"objdata" else b"")
        elif plain is not None:
            _append(stack[-1], plain)
    # A group that is never closed counts; those within it that have its text are the same.
    for group in {id(group.text): group for group in reversed(stack[1:])}.values():
        yield from _closed(group)
    yield from _text(words)


def _word(word: bytes, stack: list[_Group]) -> Iterator[Piece]:
    if word in _DESTINATIONS:
        stack[-1] = _Group(word, bytearray())
    elif word in _AUTOMATIC:
        yield Flagged(Flag.OBJECT_UPDATE)
    elif word in {b"par", b"line", b"tab", b"cell"}:
        _append(stack[-1], b"\n")


def _append(group: _Group, octets: bytes) -> None:
    if group.destination == b"objdata":
        group.text += _NOT_HEX.sub(b"", octets)
    elif group.destination not in {b"pict", b"fonttbl", b"stylesheet"} and len(group.text) < MAX_TEXT_OCTETS:
        group.text += octets


def _closed(group: _Group) -> Iterator[Piece]:
    if group.destination == b"objdata":
        digits = bytes(group.text)
        data = bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))
        if data:
            yield from ole1_pieces(data)
    elif group.destination == b"template":
        yield from _template(bytes(group.text).decode("cp1252", "replace").strip())
    elif group.destination == b"fldinst":
        yield from field_pieces(bytes(group.text).decode("cp1252", "replace"))
    elif group.destination == b"objclass" and b"equation" in bytes(group.text).lower():
        yield Flagged(Flag.EQUATION_OBJECT)


def _template(target: str) -> Iterator[Piece]:
    """A template on the author's own disk is everyday."""
    if _REMOTE.match(target):
        yield ExternalLink(target)
        yield Flagged(Flag.REMOTE_TEMPLATE)


def _text(words: bytearray) -> Iterator[Piece]:
    text = bytes(words).decode("cp1252", "replace")
    yield from map(Url, urls_in(text))
    yield Text(text)
