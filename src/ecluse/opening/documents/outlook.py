"""Items of Outlook in compound files ([MS-OXMSG]): bodies and attachments, of the item and of items in it."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.opening.budget import Budget
from ecluse.opening.documents.compound import CompoundFile, Node
from ecluse.opening.documents.compressed_rtf import decompress_rtf
from ecluse.opening.documents.packages import object_pieces
from ecluse.opening.pieces import Entry, Piece, Text

_PREFIX = "__substg1.0_"
UNTITLED = "Untitled Attachment"
# Property and type ([MS-OXPROPS]): the bodies of an item.
_BODIES = {
    "1000001F": "body.txt",
    "1000001E": "body.txt",
    "10130102": "body.html",
    "1013001E": "body.html",
    "1013001F": "body.html",
    "10090102": "body.rtf",
}
_NAMES = ("3707001F", "3707001E", "3704001F", "3704001E", "3001001F", "3001001E")
_CONTENT = "37010102"


def message_pieces(file: CompoundFile, budget: Budget) -> Iterator[Piece]:
    """Entries for the bodies and the attachments; objects in attachments as in any document."""
    for node in file.streams():
        code = node.name.removeprefix(_PREFIX).upper()
        if code in _BODIES:
            yield Entry(_BODIES[code], _body(file, node, code, budget))
        elif code == _CONTENT:
            yield from _attachment(file, node, budget)
        elif code in {"0037001F", "0037001E"}:
            yield Text(_text(file, node))
    yield from object_pieces(file, budget)


def _body(file: CompoundFile, node: Node, code: str, budget: Budget) -> bytes:
    data = file.read(node, budget.octets_left)
    if code.endswith("001F"):
        data = data.decode("utf-16-le", "replace").encode()
    if code == "10090102":
        data = decompress_rtf(data, budget.octets_left)
    return data


def _attachment(file: CompoundFile, node: Node, budget: Budget) -> Iterator[Piece]:
    storage = node.path[:-1]
    names = (file.find(*storage, _PREFIX + code) for code in _NAMES)
    name = next((text for found in names if found is not None and (text := _text(file, found))), UNTITLED)
    content = file.read(node, budget.octets_left)
    yield Entry(name, content)


def _text(file: CompoundFile, node: Node) -> str:
    data = file.read(node, 4_096)
    return data.decode("utf-16-le" if node.name.upper().endswith("1F") else "cp1252", "replace").rstrip("\0")
