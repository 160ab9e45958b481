"""Binary workbooks: the records of BIFF5 and BIFF8 ([MS-XLS]) and of BIFF12 ([MS-XLSB]) that can start something."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import ExternalLink, Flagged, Piece

MAX_RECORDS = 1_000_000
_BOUND_SHEET, _EXTERN_NAME, _SUP_BOOK, _FORMULA, _NAME, _FILE_PASS = 0x85, 0x23, 0x1AE, 0x06, 0x18, 0x2F
_OLE_LINK = 0x10  # Of an ExternName's flags.
_AUTO_OPEN_NAMES = frozenset({1, 2, 10, 11})  # Built-in names: Auto_Open, Auto_Close, Auto_Activate, Auto_Deactivate.
_AUTO = re.compile(
    rb"a\0?u\0?t\0?o\0?_\0?(?:o\0?p\0?e\0?n|c\0?l\0?o\0?s\0?e|a\0?c\0?t\0?i\0?v\0?a\0?t\0?e)", re.IGNORECASE
)
# Calls in a formula by the numbers of their functions: CALL, EXEC, REGISTER, FOPEN, FORMULA, RUN, FILE.DELETE, SEND.KEYS.
_CALLS = re.compile(rb"[\x22\x42\x62][\x00-\xff](?:\x96|\x6e|\x95|\x84|\x60|\x11)[\x00\x80]", re.DOTALL)


def records(data: bytes, budget: Budget) -> Iterator[tuple[int, bytes]]:
    """Number and body of each record."""
    at = count = 0
    while at + 4 <= len(data) and count < MAX_RECORDS:
        size = int.from_bytes(data[at + 2 : at + 4], "little")
        yield int.from_bytes(data[at : at + 2], "little"), data[at + 4 : at + 4 + size]
        at += 4 + size
        count += 1
        if count % 1_000 == 0:
            budget.check_time()


def is_encrypted(data: bytes) -> bool:
    """Whether a FilePass record stands where the globals begin."""
    at = 0
    for _ in range(20):
        if at + 4 > len(data):
            return False
        if int.from_bytes(data[at : at + 2], "little") == _FILE_PASS:
            return True
        at += 4 + int.from_bytes(data[at + 2 : at + 4], "little")
    return False


def workbook_pieces(data: bytes, budget: Budget) -> Iterator[Piece]:
    """Macro sheets, DDE and links to other workbooks."""
    has_macro_sheet = calls = False
    links = _Links()
    for number, body in records(data, budget):
        if number == _BOUND_SHEET and len(body) > 5 and body[5] == 1:
            has_macro_sheet = True
            yield from _macro_sheet(body[4] & 3)
        elif number == _NAME and _is_auto_name(body):
            yield Flagged(Flag.AUTO_MACROS)
        elif number == _FORMULA and not calls:
            calls = bool(_CALLS.search(body, 20))
        elif number in {_SUP_BOOK, _EXTERN_NAME}:
            yield from links.take(number, body)
    yield from links.end()
    if has_macro_sheet and calls:
        yield Flagged(Flag.SUSPICIOUS_MACROS)


def _macro_sheet(visibility: int) -> Iterator[Piece]:
    yield Flagged(Flag.MACROS)
    yield Flagged(Flag.XLM_MACROS)
    if visibility:
        yield Flagged(Flag.HIDDEN_MACRO_SHEET)


def _is_auto_name(body: bytes) -> bool:
    """A defined name that runs by itself; built-in names are one character, their number."""
    if len(body) < 16:
        return False
    is_built_in = body[0] & 0x20
    return body[15] in _AUTO_OPEN_NAMES if is_built_in else bool(_AUTO.search(body, 14, 64))


class _Links:
    """A link to outside is DDE unless one of its names says OLE."""

    __slots__ = ("_pending",)

    def __init__(self) -> None:
        self._pending = ""

    def take(self, number: int, body: bytes) -> Iterator[Piece]:
        """One SupBook or ExternName record, in the order of the file."""
        if number == _EXTERN_NAME:
            if self._pending and body and body[0] & _OLE_LINK:
                yield from _remote(self._pending)
                self._pending = ""
            return
        yield from self.end()
        text = _path(body)
        if "\x03" in text:
            self._pending = text
        else:
            yield from _remote(text)

    def end(self) -> Iterator[Piece]:
        """What is left when the links end."""
        if self._pending:
            yield Flagged(Flag.DDE)
        self._pending = ""


def _remote(text: str) -> Iterator[Piece]:
    if target := re.search(r"(?:https?|ftp)://[^\s\x01-\x1f]+|\\\\[^\s\x01-\x1f]+", text):
        yield ExternalLink(target[0])


def _path(body: bytes) -> str:
    """The path of a SupBook; "" for this workbook itself and for add-ins, whose count stands in a mark."""
    count = int.from_bytes(body[2:4], "little")
    if not 0 < count <= 255 or len(body) < 6:
        return ""
    return body[5:].decode("utf-16-le" if body[4] & 1 else "cp1252", "replace").replace("\0", "")
