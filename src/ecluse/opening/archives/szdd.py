"""Files packed by COMPRESS.EXE of MS-DOS (SZDD): LZSS with a window of four kilobytes."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.opening.budget import Budget
from ecluse.opening.pieces import Broken, Entry, File, Piece

_HEADER_OCTETS = 14
_WINDOW = 4_096
_START = _WINDOW - 16


def open_szdd(file: File, budget: Budget) -> Iterator[Piece]:
    """The one file in it."""
    data = file.content
    size = int.from_bytes(data[10:14], "little")
    if len(data) < _HEADER_OCTETS or data[8:9] != b"A":
        yield Broken("broken")
        return
    budget.check_octets(size)
    content = _expanded(data, size, budget)
    letter = data[9:10].decode("cp437").strip("\0")
    yield Entry(file.name.removesuffix("_") + letter, content, error="" if len(content) == size else "cut short")


def _expanded(data: bytes, size: int, budget: Budget) -> bytes:
    window = bytearray(b" " * _WINDOW)
    at, place, out = _HEADER_OCTETS, _START, bytearray()
    while at < len(data) and len(out) < size:
        controls, at = data[at], at + 1
        for bit in range(8):
            if controls >> bit & 1:
                piece, at = data[at : at + 1], at + 1
            elif at + 1 < len(data):
                start = data[at] | (data[at + 1] & 0xF0) << 4
                piece = _copied(window, start, (data[at + 1] & 0x0F) + 3, place)
                at += 2
            else:
                return bytes(out)
            for octet in piece:
                window[place] = octet
                place = (place + 1) % _WINDOW
            out += piece
        budget.check_octets(len(out))
    return bytes(out[:size])


def _copied(window: bytearray, start: int, count: int, place: int) -> bytes:
    """Octets of the window, of which the later may be those that this copy itself has written."""
    distance = (place - start) % _WINDOW or _WINDOW
    piece = bytearray()
    for step in range(count):
        piece.append(window[(start + step) % _WINDOW] if step < distance else piece[step - distance])
    return bytes(piece)
