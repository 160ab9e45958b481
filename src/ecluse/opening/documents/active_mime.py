"""ActiveMime: how Office packs macros and objects into pages and XML files; a compound file, deflated."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Broken, Entry, File, Flagged, Piece

MAGIC = b"ActiveMime"


def open_active_mime(file: File, budget: Budget) -> Iterator[Piece]:
    """The compound file in it, as a layer."""
    yield Flagged(Flag.ACTIVE_MIME)
    # Where the deflated octets begin is written in the header; hostile files lie about it.
    at = file.content.find(b"x", 0x1E, 0x200)
    while at >= 0:
        try:
            content = zlib.decompressobj().decompress(file.content[at:], budget.octets_left)
        except zlib.error:
            at = file.content.find(b"x", at + 1, 0x200)
            continue
        yield Entry("", content, is_member=False)
        return
    yield Broken("nothing that can be inflated")
