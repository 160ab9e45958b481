"""Notebooks of OneNote ([MS-ONESTORE]): the files that are packed into them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import EmbeddedObject, Entry, File, Flagged, Piece, Text, Url
from ecluse.opening.urls import urls_in_octets

MAX_FILES = 500
_FILE_DATA = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")  # FileDataStoreObject (2.6.13).
# A length in octets, then a name with a suffix in UTF-16; the length must fit.
_NAME = re.compile(
    rb"([\x08-\xff]\x00\x00\x00)((?:[\x20-\xff][\x00-\x04]){2,120}\.\x00(?:[0-9A-Za-z]\x00){1,8})", re.DOTALL
)
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"\x01\0\0\0", b"II*\0", b"MM\0*")


def open_onenote(file: File, budget: Budget) -> Iterator[Piece]:
    """The packed files as entries; pictures of the page are layers, everything else waits for a click."""
    names = _names(file.content)
    yield from map(EmbeddedObject, names)
    at = 0
    for index in range(MAX_FILES):
        at = file.content.find(_FILE_DATA, at)
        if at < 0:
            break
        size = int.from_bytes(file.content[at + 16 : at + 24], "little")
        content = file.content[at + 36 : at + 36 + min(size, budget.octets_left)]
        at += 36
        is_picture = content.startswith(_PICTURES)
        if not is_picture:
            yield Flagged(Flag.ONENOTE_EMBEDDED)
        yield Entry(f"embedded-{index + 1}", content, is_member=not is_picture)
    yield from map(Url, urls_in_octets(file.content))
    yield Text(file.content.replace(b"\0", b"")[:65_536].decode("latin-1"))


def _names(data: bytes) -> list[str]:
    found = (
        match[2].decode("utf-16-le", "replace")
        for match in _NAME.finditer(data)
        if int.from_bytes(match[1], "little") in {len(match[2]), len(match[2]) + 2}
    )
    return list(dict.fromkeys(found))[:MAX_FILES]
