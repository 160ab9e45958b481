"""Pictures in the streams of binary documents, where Word, Excel and PowerPoint leave them as files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.opening.pieces import Entry

MAX_PICTURES = 100
MAX_PICTURE_OCTETS = 16_777_216
_PNG = re.compile(rb"\x89PNG\r\n\x1a\n")
_PNG_END = b"IEND\xaeB`\x82"
_JPEG = re.compile(rb"\xff\xd8\xff[\xc0\xdb\xe0-\xef\xfe]")
_JPEG_END = b"\xff\xd9"


def pasted_pictures(data: bytes) -> Iterator[Entry]:
    """Each PNG and JPEG, by its first and its last octets."""
    found = sorted(
        (match.start(), end) for start, end in ((_PNG, _PNG_END), (_JPEG, _JPEG_END)) for match in start.finditer(data)
    )
    reached = count = 0
    for at, mark in found:
        if at < reached:
            continue  # A thumbnail in a picture.
        end = data.find(mark, at, at + MAX_PICTURE_OCTETS)
        if end < 0:
            continue
        reached = end + len(mark)
        count += 1
        yield Entry(f"picture-{count}", data[at:reached])
        if count == MAX_PICTURES:
            return
