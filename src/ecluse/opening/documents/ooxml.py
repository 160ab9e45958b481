"""Documents of Office Open XML (ECMA-376): zips of XML parts and of relations between them and to elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.opening.archives.zip.reader import open_zip
from ecluse.opening.budget import Budget
from ecluse.opening.documents.biff12 import has_hidden_sheet, supporting_pieces
from ecluse.opening.documents.ooxml_relations import relation_pieces
from ecluse.opening.documents.ooxml_text import part_pieces
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Broken, EmbeddedObject, Entry, File, Flagged, Piece
from ecluse.opening.xml_events import DeclaresEntities

MAX_PART_OCTETS = 33_554_432


def open_ooxml(file: File, budget: Budget) -> Iterator[Piece]:
    """The zip's entries, and after each one what it says when it is a part that Office acts on."""
    has_macro_sheet = has_hidden = False
    for piece in open_zip(file, budget):
        yield piece
        if not isinstance(piece, Entry) or not piece.content:
            continue
        name = piece.name.replace("\\", "/").casefold()
        yield from _named_pieces(name)
        yield from _content_pieces(name, piece.content[:MAX_PART_OCTETS], budget)
        has_macro_sheet |= "macrosheets/" in name
        has_hidden |= _is_hiding(name, piece.content)
    if has_macro_sheet and has_hidden:
        yield Flagged(Flag.HIDDEN_MACRO_SHEET)


def _is_hiding(name: str, content: bytes) -> bool:
    """Whether the workbook has a sheet that its window does not show."""
    if name.endswith("/workbook.xml"):
        return b"veryHidden" in content or b'state="hidden"' in content
    return name.endswith("/workbook.bin") and has_hidden_sheet(content)


def _named_pieces(name: str) -> Iterator[Piece]:
    """What a part's place in the package tells."""
    if "macrosheets/" in name and "/_rels/" not in name:
        yield Flagged(Flag.MACROS)
        yield Flagged(Flag.XLM_MACROS)
    elif "/activex/" in name and name.endswith(".bin"):
        yield Flagged(Flag.ACTIVE_X)
    elif "embeddings/" in name and "/_rels/" not in name:
        yield EmbeddedObject(name.rpartition("/")[2])


def _content_pieces(name: str, content: bytes, budget: Budget) -> Iterator[Piece]:
    try:
        if name.endswith(".rels"):
            yield from relation_pieces(content, budget)
        elif name.endswith(".bin") and "/externallinks/" in name:
            yield from supporting_pieces(content)
        elif name.endswith((".xml", ".vml")) and "/theme/" not in name and not name.endswith("/styles.xml"):
            yield from part_pieces(name, content, budget)
    except DeclaresEntities as problem:
        yield Broken(str(problem))
