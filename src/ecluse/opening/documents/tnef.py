"""winmail.dat ([MS-OXTNEF]): what Outlook packs a message into when it takes the receiver for Outlook, too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ecluse.opening.budget import Budget
from ecluse.opening.documents.compressed_rtf import decompress_rtf
from ecluse.opening.documents.outlook import UNTITLED
from ecluse.opening.pieces import Broken, Entry, File, Piece, Text

MAGIC = b"\x78\x9f\x3e\x22"
MAX_ATTRIBUTES = 20_000
MAX_PROPERTIES = 5_000
# Attributes ([MS-OXTNEF] 2.1.3.2), the lower half of their numbers.
_ATTACH_REND, _ATTACH_TITLE, _ATTACH_DATA, _ATTACHMENT = 0x9002, 0x8010, 0x800F, 0x9005
_MESSAGE_PROPERTIES, _BODY, _SUBJECT, _CODE_PAGE = 0x9003, 0x800C, 0x8004, 0x9007
# Properties ([MS-OXPROPS]).
_CONTENT, _LONG_NAME, _NAME = 0x3701, 0x3707, 0x3704
_PLAIN, _HTML, _RTF = 0x1000, 0x1013, 0x1009
_OBJECT, _STRING, _UNICODE, _BINARY, _MULTIPLE = 0x0D, 0x1E, 0x1F, 0x102, 0x1000
_FIXED_OCTETS = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_MESSAGE_INTERFACE = bytes.fromhex("0703020000000000c000000000000046")


@dataclass(slots=True)
class _Item:
    """The message, or one of its attachments, while its attributes come in."""

    title: bytes = b""
    data: bytes = b""
    properties: dict[int, tuple[int, bytes]] = field(default_factory=dict)


def open_tnef(file: File, budget: Budget) -> Iterator[Piece]:
    """Bodies as `body.txt`, `body.html`, `body.rtf`, and the attachments; a cut file as far as it goes."""
    message, attachments, code_page, is_whole = _read(file.content, budget)
    yield from _bodies(message, code_page, budget)
    for attachment in attachments:
        yield _entry(attachment, code_page)
    if not is_whole:
        yield Broken("cut or damaged")


def _read(data: bytes, budget: Budget) -> tuple[_Item, list[_Item], str, bool]:
    message, attachments, code_page = _Item(), list[_Item](), "cp1252"
    end = 6
    for level, number, value, ends_at in _attributes(data, budget):
        end = ends_at
        if number == _ATTACH_REND or (level == 2 and not attachments):
            attachments.append(_Item())
        if number == _CODE_PAGE:
            code_page = f"cp{int.from_bytes(value[:4], 'little')}"
        _keep(attachments[-1] if level == 2 else message, number, value)
    return message, attachments, _known(code_page), end >= len(data)


def _known(code_page: str) -> str:
    try:
        "".encode(code_page)
    except LookupError:
        return "cp1252"
    return code_page


def _attributes(data: bytes, budget: Budget) -> Iterator[tuple[int, int, bytes, int]]:
    """Level, number, value and where it ends; the sum after each value proves nothing to us."""
    at = 6
    for _ in range(MAX_ATTRIBUTES):
        if at + 11 > len(data) or data[at] not in {1, 2}:
            return
        budget.check_time()
        size = int.from_bytes(data[at + 5 : at + 9], "little")
        end = at + 9 + size + 2
        yield data[at], int.from_bytes(data[at + 1 : at + 3], "little"), data[at + 9 : at + 9 + size], end
        at = end


def _keep(item: _Item, number: int, value: bytes) -> None:
    if number == _ATTACH_TITLE:
        item.title = value
    elif number in {_ATTACH_DATA, _BODY}:
        item.data = value
    elif number in {_ATTACHMENT, _MESSAGE_PROPERTIES}:
        item.properties.update(_properties(value))
    elif number == _SUBJECT:
        item.title = value


def _properties(data: bytes) -> dict[int, tuple[int, bytes]]:
    """Identifier -> type and first value; as far as they can be read."""
    found: dict[int, tuple[int, bytes]] = {}
    at = 4
    for _ in range(min(int.from_bytes(data[:4], "little"), MAX_PROPERTIES)):
        if at + 4 > len(data):
            break
        kind, number = int.from_bytes(data[at : at + 2], "little"), int.from_bytes(data[at + 2 : at + 4], "little")
        at = _after_name(data, at + 4) if number >= 0x8000 else at + 4
        value, at = _value(data, at, kind)
        if at < 0:
            break
        found.setdefault(number, (kind & ~_MULTIPLE, value))
    return found


def _after_name(data: bytes, at: int) -> int:
    """Past a named property's set, kind and number or name."""
    kind = int.from_bytes(data[at + 16 : at + 20], "little")
    size = int.from_bytes(data[at + 20 : at + 24], "little")
    return at + 24 + (_padded(size) if kind == 1 else 0)


def _value(data: bytes, at: int, kind: int) -> tuple[bytes, int]:
    """The first value of a property and where the next property starts; -1 for a type that nobody knows."""
    base = kind & ~_MULTIPLE
    is_variable = base in {_OBJECT, _STRING, _UNICODE, _BINARY}
    if not is_variable and base not in _FIXED_OCTETS:
        return b"", -1
    count = 1
    if is_variable or kind & _MULTIPLE:
        count = min(int.from_bytes(data[at : at + 4], "little"), MAX_PROPERTIES)
        at += 4
    values: list[bytes] = []
    for _ in range(count):
        size = int.from_bytes(data[at : at + 4], "little") if is_variable else _FIXED_OCTETS[base]
        at += 4 if is_variable else 0
        values.append(data[at : at + size])
        at += _padded(size)
    return (values[0] if values else b""), at


def _padded(size: int) -> int:
    return (size + 3) // 4 * 4


def _bodies(message: _Item, code_page: str, budget: Budget) -> Iterator[Piece]:
    if message.title:
        yield Text(message.title.rstrip(b"\0").decode(code_page, "replace"))
    kind, plain = message.properties.get(_PLAIN, (_STRING, message.data))
    if kind == _UNICODE:
        plain = plain.decode("utf-16-le", "replace").encode()
    html = message.properties.get(_HTML, (0, b""))[1]
    rtf = message.properties.get(_RTF, (0, b""))[1]
    for name, content in (
        ("body.txt", plain.rstrip(b"\0")),
        ("body.html", html),
        ("body.rtf", decompress_rtf(rtf, budget.octets_left) if rtf else b""),
    ):
        if content:
            yield Entry(name, content)


def _entry(attachment: _Item, code_page: str) -> Entry:
    content = attachment.data
    if _CONTENT in attachment.properties:
        kind, content = attachment.properties[_CONTENT]
        if kind == _OBJECT:
            content = content[16:]  # The interface that reads the object stands before it.
    return Entry(_title(attachment, code_page), content)


def _title(attachment: _Item, code_page: str) -> str:
    """The long name before the short one, as mail clients show it."""
    for number in (_LONG_NAME, _NAME):
        kind, value = attachment.properties.get(number, (0, b""))
        text = value.decode("utf-16-le" if kind == _UNICODE else code_page, "replace").rstrip("\0")
        if text:
            return text
    return attachment.title.partition(b"\0")[0].decode(code_page, "replace") or UNTITLED
