"""Files that are packed into documents as OLE objects: `Ole10Native` streams, OLE 1 objects, links to elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.opening.budget import Budget
from ecluse.opening.documents.compound import MAGIC, CompoundFile, Node
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import EmbeddedObject, Entry, ExternalLink, Flagged, Piece

_EQUATION = "0002CE02-0000-0000-C000-000000000046"
# Objects that no office program puts into documents and that are known for running code when they are loaded.
EXPLOIT_CLSIDS = frozenset({
    "06290BD0-48AA-11D2-8432-006008C3FBFC",  # Scriptlet factory
    "06290BD1-48AA-11D2-8432-006008C3FBFC",  # Scriptlet host
    "06290BD2-48AA-11D2-8432-006008C3FBFC",
    "06290BD3-48AA-11D2-8432-006008C3FBFC",
    "06290BD8-48AA-11D2-8432-006008C3FBFC",
    "06290BDA-48AA-11D2-8432-006008C3FBFC",
    "25336920-03F9-11CF-8FD0-00AA00686F13",  # HTML document
    "25336921-03F9-11CF-8FD0-00AA00686F13",
    "3050F4D8-98B5-11CF-BB82-00AA00BDCE0B",  # HTML application
    "CDF1C8AA-2D25-43C7-8AFE-01F73A3C66DA",  # Taskbar control
    "72C24DD5-D70A-438B-8A42-98424B88AFB8",  # Windows Script Host shell
    "F414C260-6AC0-11CF-B6D1-00AA00BBBB58",  # JScript
    "B54F3741-5B07-11CF-A4B0-00AA004A55E8",  # VBScript
})  # fmt: skip
_URL_MONIKER = bytes.fromhex("e0c9ea79f9bace118c8200aa004ba90b")
_FILE_MONIKER = bytes.fromhex("0303000000000000c000000000000046")
_MTEF_FONT = 8
_REMOTE = re.compile(r"(?:https?|ftp)://|\\\\", re.IGNORECASE)


def object_pieces(file: CompoundFile, budget: Budget) -> Iterator[Piece]:
    """Packed files, links and dangerous classes of all objects in the file."""
    for node in file.nodes:
        if node.clsid in EXPLOIT_CLSIDS and node.path:
            yield Flagged(Flag.EXPLOIT_OBJECT)
        elif node.clsid == _EQUATION:
            yield Flagged(Flag.EQUATION_OBJECT)
        if node.is_stream:
            yield from _stream_pieces(file, node, budget)


def _stream_pieces(file: CompoundFile, node: Node, budget: Budget) -> Iterator[Piece]:
    name = node.name.casefold()
    if name == "\x01ole10native":
        yield from package_pieces(file.read(node, budget.octets_left)[4:])
    elif name == "\x01ole":
        yield from link_pieces(file.read(node, 65_536))
    elif name == "equation native":
        yield from equation_pieces(file.read(node, 65_536))
    elif name in {"package", "contents"} and len(node.path) > 1:
        content = file.read(node, budget.octets_left)
        yield EmbeddedObject(node.path[-2])
        yield Entry(node.path[-2], content)
    elif name in {"worddocument", "workbook", "powerpoint document"} and len(node.path) > 1:
        yield EmbeddedObject(node.path[-2])


def package_pieces(data: bytes) -> Iterator[Piece]:
    """The file that the Packager packed: label, path, command and content; what does not fit that is content whole."""
    package = _package(data)
    name, content = package or ("object", data)
    if not content:
        return
    yield EmbeddedObject(name)
    yield Entry(name, content)


def _package(data: bytes) -> tuple[str, bytes] | None:
    if data[:2] not in {b"\x02\0", b"\x03\0"}:
        return None
    label_end = data.find(b"\0", 2, 1_024)
    path_end = data.find(b"\0", label_end + 1, label_end + 1_026)
    if label_end < 0 or path_end < 0:
        return None
    at = path_end + 5
    command_octets = int.from_bytes(data[at : at + 4], "little")
    at += 4 + command_octets
    size = int.from_bytes(data[at : at + 4], "little")
    if command_octets > 4_096 or at + 4 > len(data):
        return None
    label, path = data[2:label_end], data[label_end + 1 : path_end]
    name = (label or path).decode("cp1252", "replace")
    return re.split(r"[\\/]", name)[-1] or "object", data[at + 4 : at + 4 + size]


def link_pieces(data: bytes) -> Iterator[Piece]:
    """What an `Ole` stream ([MS-OLEDS] 2.3.3) links to, by its URL and file monikers."""
    for url in monikers(data):
        yield ExternalLink(url)
        if _REMOTE.match(url):
            yield Flagged(Flag.REMOTE_OBJECT)


def monikers(data: bytes) -> Iterator[str]:
    """The targets of the URL and file monikers that stand anywhere in the octets."""
    at = data.find(_URL_MONIKER)
    if at >= 0:
        size = int.from_bytes(data[at + 16 : at + 20], "little")
        text = data[at + 20 : at + 20 + min(size, 4_096)].decode("utf-16-le", "ignore")
        yield text.partition("\0")[0]
    at = data.find(_FILE_MONIKER)
    if at >= 0:
        size = int.from_bytes(data[at + 18 : at + 22], "little")
        path = data[at + 22 : at + 22 + min(size, 4_096)].partition(b"\0")[0].decode("cp1252", "replace")
        if path:
            yield path


def equation_pieces(data: bytes) -> Iterator[Piece]:
    """A font name that overflows the editor's buffer of 32 octets (CVE-2017-11882) is no formula."""
    body = data[28:]
    at = body.find(bytes([_MTEF_FONT]), 5, 64)
    if body[:1] not in {b"\x01", b"\x02", b"\x03"} or (at >= 0 and b"\0" not in body[at + 3 : at + 3 + 40]):
        yield Flagged(Flag.EXPLOIT_OBJECT)


def ole1_pieces(data: bytes) -> Iterator[Piece]:
    """An OLE 1 object ([MS-OLEDS] 2.2) as RTF has it: class, then a link or the octets of the object."""
    kind = int.from_bytes(data[4:8], "little")
    names, at = _ole1_names(data)
    if names[0].casefold().startswith("equation"):
        yield Flagged(Flag.EQUATION_OBJECT)
    if kind == 1 and names[1]:
        yield from _ole1_link(names[1])
        return
    native = data[at + 4 : at + 4 + int.from_bytes(data[at : at + 4], "little")] if names[0] else data
    if names[0].casefold() == "package":
        yield from package_pieces(native)
        return
    yield from _carved(native or data, names[0])


def _ole1_names(data: bytes) -> tuple[tuple[str, str, str], int]:
    """Class, topic and item; and where the native data's size stands."""
    names, at = ["", "", ""], 8
    for index in range(3):
        size = int.from_bytes(data[at : at + 4], "little")
        if size > 4_096 or at + 4 + size > len(data):
            return ("", "", ""), 8
        names[index] = data[at + 4 : at + 4 + size].partition(b"\0")[0].decode("cp1252", "replace")
        at += 4 + size
    return (names[0], names[1], names[2]), at


def _ole1_link(target: str) -> Iterator[Piece]:
    yield ExternalLink(target)
    if _REMOTE.match(target):
        yield Flagged(Flag.REMOTE_OBJECT)


def _carved(data: bytes, name: str) -> Iterator[Piece]:
    """The compound file in the octets if there is one, else the octets."""
    at = data.find(MAGIC)
    content = data[at:] if at >= 0 else data
    yield EmbeddedObject(name or "object")
    yield Entry(name or "object", content, is_member=False)
