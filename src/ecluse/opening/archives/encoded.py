"""Files that are text for the sake of old transports: uuencode, yEnc, BinHex, base64."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Broken, Entry, File, Flagged, Piece
from ecluse.wire.mime.decoding import decode_base64, decode_uuencode

_MAX_SECTIONS = 100
_MAX_TURNS = 4  # How often the octets of a file are decoded: sections without an end all reach to its end.
_MAX_NAME = 255
_UU_BEGIN = re.compile(rb"(?:\A|\n)(begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,255})\r?\n)")
_UU_ENDS = re.compile(rb"\n(?:end|====)[ \t\r]*(?:\n|\Z)")
_YENC = re.compile(rb"(?:\A|\n)=ybegin [^\r\n]{0,500}?name=([^\r\n]{0,255})\r?\n(?:=ypart [^\r\n]{0,200}\r?\n)?")
_YENC_ESCAPE = re.compile(rb"=(.)", re.DOTALL)
_YENC_SHIFT = bytes((octet - 42) % 256 for octet in range(256))
_BINHEX = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
_BINHEX_VALUES = bytes(max(_BINHEX.find(octet), 0) for octet in range(256))
_NOT_BINHEX = bytes(octet for octet in range(256) if octet not in _BINHEX)
_REPEAT = re.compile(rb"(.)\x90(.)|\x90\x00", re.DOTALL)
_BASE64_TEXT = re.compile(rb"[A-Za-z0-9+/=\r\n\t ]+")


def open_uuencoded(file: File, budget: Budget) -> Iterator[Piece]:
    """Each section between `begin` and `end`."""
    end: re.Match[bytes] | None = None
    left = _MAX_TURNS * len(file.content)
    for number, begin in enumerate(_UU_BEGIN.finditer(file.content)):
        budget.check_time()
        if number == 0 or (end and end.start() < begin.end() - 1):
            end = _UU_ENDS.search(file.content, begin.end() - 1)
        stop = end.start() + 1 if end else len(file.content)
        left -= stop - begin.start()
        if number >= _MAX_SECTIONS or left < 0:
            yield Flagged(Flag.LIMIT)
            return
        if begin[1].startswith(b"begin-base64"):
            content = decode_base64(file.content[begin.end() : stop])
        else:
            content = decode_uuencode(file.content[begin.start(1) : stop])
        yield Entry(_name(begin[2]), content, error="" if end else "cut short")


def open_yenc(file: File, budget: Budget) -> Iterator[Piece]:
    """Each section between `=ybegin` and `=yend`."""
    left = _MAX_TURNS * len(file.content)
    for number, begin in enumerate(_YENC.finditer(file.content)):
        budget.check_time()
        stop = file.content.find(b"\n=yend", begin.end() - 1)
        raw = file.content[begin.end() : stop if stop >= 0 else len(file.content)]
        left -= len(raw)
        if number >= _MAX_SECTIONS or left < 0:
            yield Flagged(Flag.LIMIT)
            return
        yield Entry(_name(begin[1]), _yenc(raw), error="" if stop >= 0 else "cut short")


def _yenc(raw: bytes) -> bytes:
    lines = raw.replace(b"\r", b"").replace(b"\n", b"")
    return _YENC_ESCAPE.sub(lambda found: bytes([(found[1][0] - 64) % 256]), lines).translate(_YENC_SHIFT)


def open_binhex(file: File, budget: Budget) -> Iterator[Piece]:
    """The data fork and the resource fork of a BinHex 4.0 file (RFC 1741)."""
    start = file.content.find(b":")
    stop = file.content.find(b":", start + 1)
    packed = _six_bits(file.content[start + 1 : stop if stop >= 0 else len(file.content)])
    budget.check_time()
    data = _REPEAT.sub(_repeated, packed)
    budget.check_octets(len(data))
    name_octets = data[0] if data else 0
    sizes_at = name_octets + 2 + 4 + 4 + 2
    if not 0 < name_octets < 64 or len(data) < sizes_at + 10:
        yield Broken("broken")
        return
    name = data[1 : 1 + name_octets].decode("mac_roman", "replace")
    at = sizes_at + 10
    for size in (int.from_bytes(data[place : place + 4], "big") for place in (sizes_at, sizes_at + 4)):
        if size:
            yield Entry(name, data[at : at + size], error="" if at + size <= len(data) else "cut short")
        at += size + 2


def _six_bits(text: bytes) -> bytes:
    values = text.translate(None, _NOT_BINHEX).translate(_BINHEX_VALUES)
    whole = len(values) // 4 * 4
    return bytes(
        octet
        for at in range(0, whole, 4)
        for octet in (
            (values[at] << 2 | values[at + 1] >> 4) & 0xFF,
            (values[at + 1] << 4 | values[at + 2] >> 2) & 0xFF,
            (values[at + 2] << 6 | values[at + 3]) & 0xFF,
        )
    )


def _repeated(found: re.Match[bytes]) -> bytes:
    if found[1] is None:
        return b"\x90"
    return found[1] * found[2][0] if found[2] != b"\0" else found[1] + b"\x90"


def open_base64(file: File, _budget: Budget) -> Iterator[Piece]:
    """A file that is nothing but base64."""
    if _BASE64_TEXT.fullmatch(file.content):
        yield Entry(file.name, decode_base64(file.content), is_member=False)


def _name(raw: bytes) -> str:
    return raw.strip()[:_MAX_NAME].decode("utf-8", "replace")
