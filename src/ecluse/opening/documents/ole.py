"""Binary office documents: compound files of Word, Excel, PowerPoint, Publisher, Visio and Project."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.opening.budget import Budget
from ecluse.opening.documents import biff
from ecluse.opening.documents.compound import CompoundFile, Node, NotCompound
from ecluse.opening.documents.encrypted import decrypted_pieces
from ecluse.opening.documents.field_codes import field_pieces, fields_in_stream
from ecluse.opening.documents.outlook import message_pieces
from ecluse.opening.documents.packages import object_pieces
from ecluse.opening.documents.pasted import pasted_pictures
from ecluse.opening.documents.powerpoint import packed_storages
from ecluse.opening.documents.vba import vba_pieces
from ecluse.opening.pieces import Broken, Entry, File, Piece, Text, Url
from ecluse.opening.urls import urls_in_octets

MAX_STREAM_OCTETS = 33_554_432
_WORDS = re.compile(r"\b[^\W\d_]{2,40}(?:[ '.,;:!?-]{1,8}\w{1,40}){3,}")


def open_compound(file: File, budget: Budget) -> Iterator[Piece]:
    """All that a compound file holds, whichever program wrote it."""
    try:
        compound = CompoundFile(file.content)
    except NotCompound as problem:
        yield Broken(str(problem))
        return
    if _is_encrypted(compound):
        yield from decrypted_pieces(file.content, compound, file.passwords, budget)
    yield from vba_pieces(compound, budget)
    if compound.find("__properties_version1.0") is not None:
        yield from message_pieces(compound, budget)
        return
    yield from object_pieces(compound, budget)
    for node in compound.streams():
        if reader := _READERS.get(node.name.casefold()):
            yield from reader(compound, node, budget)


def _is_encrypted(compound: CompoundFile) -> bool:
    if compound.find("EncryptedPackage") is not None:
        return True
    for name in ("Workbook", "Book"):
        node = compound.find(name)
        if node is not None and biff.is_encrypted(compound.read(node, 65_536)):
            return True
    word = compound.find("WordDocument")
    if word is not None and compound.read(word, 12)[11:12] >= b"\x01" and compound.read(word, 12)[11] & 1:
        return True
    user = compound.find("Current User")
    return user is not None and compound.read(user, 16)[12:16] == b"\xdf\xc4\xd1\xf3"


def _workbook(compound: CompoundFile, node: Node, budget: Budget) -> Iterator[Piece]:
    data = compound.read(node, MAX_STREAM_OCTETS)
    yield from biff.workbook_pieces(data, budget)
    yield from _words(data)


def _word(compound: CompoundFile, node: Node, budget: Budget) -> Iterator[Piece]:
    data = compound.read(node, MAX_STREAM_OCTETS)
    for count, instruction in enumerate(fields_in_stream(data)):
        if count % 100 == 0:
            budget.check_time()
        yield from field_pieces(instruction)
    yield from _words(data)


def _presentation(compound: CompoundFile, node: Node, budget: Budget) -> Iterator[Piece]:
    data = compound.read(node, MAX_STREAM_OCTETS)
    for content in packed_storages(data, budget):
        try:
            inner = CompoundFile(content)
        except NotCompound:
            yield Entry("object", content, is_member=False)
            continue
        yield from vba_pieces(inner, budget)
        yield from object_pieces(inner, budget)
    yield from _words(data)


def _other(compound: CompoundFile, node: Node, _budget: Budget) -> Iterator[Piece]:
    yield from _words(compound.read(node, MAX_STREAM_OCTETS))


def _words(data: bytes) -> Iterator[Piece]:
    """Pictures, URLs and readable text, whether one or two octets a character."""
    yield from pasted_pictures(data)
    yield from map(Url, urls_in_octets(data))
    text = data.replace(b"\0", b"").decode("cp1252", "replace")
    yield Text("\n".join(found[0] for found in _WORDS.finditer(text)))


# Streams by the names that their programs give them.
_READERS = {
    "workbook": _workbook,
    "book": _workbook,
    "worddocument": _word,
    "1table": _other,
    "0table": _other,
    "powerpoint document": _presentation,
    "quill": _other,
    "contents": _other,
    "visiodocument": _other,
    "data": _other,
    "pictures": _other,
}
