"""Office documents in one XML file: Word 2003, Excel 2003, the flat form of Office Open XML, flat OpenDocument."""

from __future__ import annotations

import binascii
from collections.abc import Iterator

from ecluse.opening.budget import Budget
from ecluse.opening.documents.odf_text import flat_pieces
from ecluse.opening.documents.ooxml_relations import relation_pieces
from ecluse.opening.documents.ooxml_text import part_pieces
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Broken, EmbeddedObject, Entry, File, Flagged, Piece
from ecluse.opening.xml_events import DeclaresEntities, End, Start, xml_events

MAX_CHARACTERS = 67_108_864  # Of one packed part, before its base64 is undone.
_BINARY = frozenset({"binData", "binaryData", "docOleData", "office:binary-data", "binary-data"})


def open_office_xml(file: File, budget: Budget) -> Iterator[Piece]:
    """Packed parts as layers, and what the document says."""
    try:
        yield from part_pieces("", file.content, budget)
        yield from _packed(file.content, budget)
        if b"office:document" in file.content[:4_096]:
            yield from flat_pieces(file.content, budget)
        if b"relationships" in file.content:
            yield from relation_pieces(file.content, budget)
    except DeclaresEntities as problem:
        yield Broken(str(problem))


def _packed(content: bytes, budget: Budget) -> Iterator[Piece]:
    """The content of each element that holds base64, wherever it stands."""
    texts: list[str] | None = None
    length = 0
    for event in xml_events(content, budget):
        if isinstance(event, Start) and event.name in _BINARY:
            texts, length = [], 0
        elif isinstance(event, Start) and event.name == "OLEObject" and event.attributes.get("Type") == "Embed":
            yield EmbeddedObject(event.attributes.get("ProgID", "object")[:100])
        elif isinstance(event, End) and event.name in _BINARY and texts is not None:
            yield from _undone("".join(texts))
            texts = None
        elif isinstance(event, str) and texts is not None and length < MAX_CHARACTERS:
            texts.append(event)
            length += len(event)


def _undone(text: str) -> Iterator[Piece]:
    try:
        data = binascii.a2b_base64(text)
    except (binascii.Error, ValueError):
        yield Flagged(Flag.HIDDEN_OBJECT_DATA)
        return
    yield Entry("", data, is_member=False)
