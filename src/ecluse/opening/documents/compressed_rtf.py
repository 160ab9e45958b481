"""Compressed RTF of Outlook ([MS-OXRTFCP])."""

from __future__ import annotations

_DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans Ser"
    b"ifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def decompress_rtf(data: bytes, most: int) -> bytes:
    """The RTF, cut at `most` octets; what is no compressed RTF comes back as it is."""
    kind = data[8:12]
    size = min(int.from_bytes(data[4:8], "little"), most)
    if kind == b"MELA":
        return data[16 : 16 + size]
    return _expand(data, size) if kind == b"LZFu" else data[:most]


def _expand(data: bytes, size: int) -> bytes:
    """References say where in a ring of 4,096 octets they start; one to the writing place ends it all."""
    window = bytearray(_DICTIONARY.ljust(4_096, b"\0"))
    place, at, out = len(_DICTIONARY), 16, bytearray()
    while at < len(data) and len(out) < size:
        control = data[at]
        at += 1
        for bit in range(8):
            token = data[at : at + 2]
            if not control >> bit & 1:
                piece, at = token[:1], at + 1
            elif len(token) < 2 or (start := int.from_bytes(token, "big") >> 4) == place:
                return bytes(out[:size])
            else:
                piece, at = _repeated(window, start, (token[1] & 0xF) + 2, place), at + 2
            for octet in piece:
                window[place] = octet
                place = (place + 1) & 0xFFF
            out += piece
    return bytes(out[:size])


def _repeated(window: bytearray, start: int, length: int, place: int) -> bytes:
    """What stands at `start`, where a reference may reach into what it writes itself."""
    known = (place - start) & 0xFFF
    return bytes(window[(start + index % known) & 0xFFF] for index in range(length))
