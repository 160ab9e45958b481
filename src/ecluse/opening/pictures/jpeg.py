"""JPEG without the junk between the segments of its head, which readers skip octet by octet (ITU-T T.81, annex B)."""

from __future__ import annotations

import re
from collections.abc import Iterator

MIN_JUNK = 1_024  # Octets; less costs nothing, and honest files have none.
MAX_SEGMENTS = 4_096

# Padding and escaped octets are no marker.
_MARKER = re.compile(rb"\xff([^\x00\xff])", re.DOTALL)
_SCAN = 0xDA
_ALONE = frozenset({0xC8, *range(0xD0, 0xDA), *range(0xF0, 0xFE)})  # Markers that nothing belongs to.


def without_junk(content: bytes) -> bytes:
    """The same picture; the content itself where there is little to take away."""
    pieces = [content[start:end] for start, end in _segments(content)]
    return b"".join(pieces) if len(content) - sum(map(len, pieces)) >= MIN_JUNK else content


def _segments(content: bytes) -> Iterator[tuple[int, int]]:
    """Where the segments of the head lie; the last one reaches from the first scan to the end."""
    at = 0
    for _ in range(MAX_SEGMENTS):
        marker = _MARKER.search(content, at)
        if marker is None:
            return
        start, at = marker.span()
        code = marker[1][0]
        if code == _SCAN:
            break
        if code not in _ALONE:
            at += max(2, int.from_bytes(content[at : at + 2], "big"))  # The size counts itself.
        yield start, at
    yield (start if code == _SCAN else at), len(content)
