"""Content-transfer-encodings (RFC 2045 section 6), decoded as leniently as any client does it."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import islice

# The names that we decode; everything else is read as it stands.
BASE64, QUOTED_PRINTABLE, UUENCODE, YENC, IDENTITY = "base64", "quoted-printable", "x-uuencode", "x-yenc", "8bit"

_NOT_BASE64 = bytes(
    octet for octet in range(256) if octet not in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
)
_MAX_PADDING = 16  # Octets, with the line ends behind it.
# The look-behind keeps a long run of white space linear.
_QP_TRAILING_SPACE = re.compile(rb"(?<![ \t])[ \t]+(?=\r?\n)")
_QP_SPACED_HEX = re.compile(rb"=[ \t]+(?=[0-9A-Fa-f]{2})")
_MAX_UU_LINES = 400_000  # As many as 16 MB have when they are full; short ones cost as much and hold nothing.
_YENC_HEAD = re.compile(rb"\A\s{0,8}=ybegin [^\n]*\n(?:=ypart [^\n]*\n)?")
_FROM_YENC = bytes((octet - 42) & 255 for octet in range(256))
_UU_BEGIN = re.compile(rb"(?:\A|\n)begin(?:-base64)? [0-7]{3,4} [^\n]*\n")


def decode(data: bytes, encoding: str) -> bytes:
    """The octets behind an encoding; identity for a name that is none of the four."""
    if encoding == BASE64:
        return decode_base64(data)
    if encoding == QUOTED_PRINTABLE:
        return decode_quoted_printable(data)
    if encoding == UUENCODE:
        return decode_uuencode(data)
    return decode_yenc(data) if encoding == YENC else data


def readings(data: bytes, encoding: str) -> Iterator[bytes]:
    """Every way in which clients decode these octets, the usual one first; only damaged input has several."""
    if encoding == BASE64:
        usual = _undamaged_base64(data)
        yield from _base64_readings(only_base64(data)) if usual is None else (usual,)
        return
    usual = decode(data, encoding)
    yield usual
    if encoding == QUOTED_PRINTABLE:
        if _QP_SPACED_HEX.search(data):
            yield decode_quoted_printable(_QP_SPACED_HEX.sub(b"=", data))
        if b"\0" in usual and b"\r\n" in usual:
            # No text: where its lines end, a file of another system has LF (RFC 2045 section 6.7 rule 4).
            yield decode_quoted_printable(data.replace(b"\r\n", b"\n"))


def _base64_readings(clean: bytes) -> Iterator[bytes]:
    yield _decode_clean(clean)
    if b"=" in clean.rstrip(b"="):
        yield decode_base64_run(clean.partition(b"=")[0])
        yield decode_base64_run(clean.replace(b"=", b""))


def decode_base64(data: bytes) -> bytes:
    """Garbage is skipped, missing padding is no fault, and what follows padding is the next run (as mailers join them)."""
    usual = _undamaged_base64(data)
    return _decode_clean(only_base64(data)) if usual is None else usual


def _undamaged_base64(data: bytes) -> bytes | None:
    """What has padding at its end alone, if any, decoded in one go; None for the rest. Two thirds of the cost."""
    padding = data.find(b"=")
    if padding >= 0 and (len(data) - padding > _MAX_PADDING or data[padding:].strip(b"=\r\n")):
        return None
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        return None


def _decode_clean(clean: bytes) -> bytes:
    runs = clean.rstrip(b"=")
    if b"=" not in runs:
        return decode_base64_run(runs)
    return b"".join(map(decode_base64_run, runs.split(b"=")))


def only_base64(data: bytes) -> bytes:
    """The letters of the alphabet and "=", nothing else."""
    return data.translate(None, _NOT_BASE64)


def decode_base64_run(run: bytes) -> bytes:
    """A run of letters without "=": what is left of the last four is decoded as far as it goes."""
    rest = len(run) % 4
    if rest == 1:
        run = run[:-1]
    elif rest:
        run += b"=="
    return binascii.a2b_base64(run)


def decode_quoted_printable(data: bytes) -> bytes:
    """White space at the end of a line is transport padding (rule 3); a wrong escape stays as it is."""
    if b" \r\n" in data or b"\t\r\n" in data or b" \n" in data or b"\t\n" in data:
        data = _QP_TRAILING_SPACE.sub(b"", data)
    return binascii.a2b_qp(data)


def decode_q(text: bytes) -> bytes:
    """The Q encoding of RFC 2047 section 4.2."""
    return binascii.a2b_qp(text, header=True)


def decode_uuencode(data: bytes) -> bytes:
    """The octets between "begin" and "end"; without "begin" the data starts at once. A damaged line is left out.

    No more comes out than went in, nor anything behind `_MAX_UU_LINES`: a line of one letter stands for 45 octets.
    """
    begin = _UU_BEGIN.search(data)
    # A file in memory gives its lines one by one, where a list of them would take twenty times their size.
    lines = BytesIO(data)
    lines.seek(begin.end() if begin else 0)
    return _joined_up_to(len(data), _uu_lines(islice(lines, _MAX_UU_LINES)))


def decode_yenc(data: bytes) -> bytes:
    """The octets between the line "=ybegin", and "=ypart" where it follows, and "=yend"; without them all of them."""
    end = data.find(b"\n=yend")
    body = _YENC_HEAD.sub(b"", data[: end if end >= 0 else len(data)], count=1)
    first, *escaped = body.translate(None, b"\r\n").split(b"=")
    octets = b"".join((first, *(bytes([(piece[0] - 64) & 255]) + piece[1:] for piece in escaped if piece)))
    return octets.translate(_FROM_YENC)


def is_cut_short(data: bytes, decoded: bytes, encoding: str) -> bool:
    """Whether more would have come out of `data` than `decode` gives: only ever of uuencode, and never of an honest one."""
    return encoding == UUENCODE and bool(data) and (len(decoded) == len(data) or data.count(b"\n") > _MAX_UU_LINES)


def _joined_up_to(octets: int, pieces: Iterable[bytes]) -> bytes:
    kept = bytearray()
    for piece in pieces:
        kept += piece
        if len(kept) > octets:
            break
    return bytes(kept[:octets])


def _uu_lines(raw_lines: Iterable[bytes]) -> Iterator[bytes]:
    for raw in raw_lines:
        line = raw.rstrip(b"\r\n")
        if line in (b"end", b"`", b" "):
            return
        try:
            yield binascii.a2b_uu(line)
        except binascii.Error:
            # Old encoders count wrongly and leave rubbish at the end; clients cut the line to the length it states.
            octets = (((line[0] - 32) & 63) * 4 + 5) // 3 if line else 0
            try:
                yield binascii.a2b_uu(line[:octets])
            except binascii.Error:
                continue
