"""OpenDocument files: macros, scripts, links to elsewhere, objects, encryption."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.opening.archives.zip.reader import open_zip
from ecluse.opening.budget import Budget
from ecluse.opening.documents.odf_text import flat_pieces
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import EmbeddedObject, Entry, File, Flagged, Piece

MAX_PART_OCTETS = 33_554_432
# Basic libraries and scripts; LibreOffice writes an empty library of its own accord, which has no module.
_MODULE = re.compile(r"(?:^|/)(?:basic/(?:.+/)?(?!script-lb\.xml|script-lc\.xml)[^/]+\.x[mb][lal]|scripts/[^/]+/.+)$")


def open_odf(file: File, budget: Budget) -> Iterator[Piece]:
    """The zip's entries, and after each one what it says."""
    for piece in open_zip(file, budget):
        yield piece
        if not isinstance(piece, Entry) or not piece.content:
            continue
        name = piece.name.casefold()
        if _MODULE.search(name):
            yield Flagged(Flag.MACROS)
        if re.fullmatch(r"object \d+", name):
            yield EmbeddedObject(piece.name)
        if name.endswith(".xml"):
            yield from flat_pieces(piece.content[:MAX_PART_OCTETS], budget)
