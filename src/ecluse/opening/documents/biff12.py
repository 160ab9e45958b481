"""Records of BIFF12, the binary parts of xlsb workbooks ([MS-XLSB])."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Flagged, Piece

MAX_RECORDS = 1_000_000
_BEGIN_SUP_BOOK, _BUNDLE_SHEET = 360, 156
_IS_DDE = 1


def records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and body of each record; both number and size are in groups of seven bits."""
    at = 0
    for _ in range(MAX_RECORDS):
        number, at = _number(data, at, 2)
        size, at = _number(data, at, 4)
        if at > len(data) or (not number and not size and at == len(data)):
            return
        yield number, data[at : at + size]
        at += size


def _number(data: bytes, at: int, most: int) -> tuple[int, int]:
    value = 0
    for index in range(most):
        octet = data[at] if at < len(data) else 0
        value |= (octet & 0x7F) << (7 * index)
        at += 1
        if not octet & 0x80:
            break
    return value, at


def supporting_pieces(data: bytes) -> Iterator[Piece]:
    """A link to outside that is DDE; others stand in the part's relations."""
    for number, body in records(data):
        if number == _BEGIN_SUP_BOOK and int.from_bytes(body[:2], "little") == _IS_DDE:
            yield Flagged(Flag.DDE)


def has_hidden_sheet(data: bytes) -> bool:
    """Whether a sheet is not shown."""
    return any(number == _BUNDLE_SHEET and any(body[:4]) for number, body in records(data))
