"""Reports as they are attached: gzip (RFC 1952), zip or plain, unpacked within bounds and in memory alone."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from ecluse.wire.reports.faults import BrokenReport, OversizedReport

MAX_PACKED_OCTETS = 16_777_216
MAX_OCTETS = 33_554_432  # Unpacked; the largest honest reports have some ten million.
MAX_RATIO = 200  # Honest reports repeat themselves, yet stay below 100.
MAX_MEMBERS = 16
MAX_LAYERS = 3  # A gzip in a zip happens; more is no accident.
_FREE_OCTETS = 1_048_576  # Up to here no ratio is asked for.

GZIP_MAGIC, ZIP_MAGIC = b"\x1f\x8b", b"PK\x03\x04"
_GZIP_WINDOW, _RAW_WINDOW = 31, -15

_ZIP_END = struct.Struct("<4s4xHHLLH")  # Entries here and in all, size and offset of the directory, comment length.
_ZIP_ENTRY = struct.Struct("<4s4xHH4xLLLHHH8xL")  # Flags, method, CRC, two sizes, three lengths, offset.
_ZIP_LOCAL = struct.Struct("<4s22xHH")  # Lengths of name and extra field.
_ZIP_COMMENT_OCTETS = 65_535
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 1
_REPORT_SUFFIXES = (b".xml", b".json", b".gz")


@dataclass(frozen=True, slots=True)
class _Member:
    """One entry of a zip's directory."""

    name: bytes
    flags: int
    method: int
    crc: int
    packed_octets: int
    start: int  # Of its local header.


def is_packed(head: bytes) -> bool:
    """Whether octets begin as gzip or zip do."""
    return head.startswith((GZIP_MAGIC, ZIP_MAGIC))


def unpack(data: bytes) -> bytes:
    """The report inside, at most `MAX_OCTETS`; plain octets come back as they are.

    Raises `OversizedReport` beyond a limit, before the memory is used, and `BrokenReport` for a damaged container.
    """
    for _ in range(MAX_LAYERS):
        if not is_packed(data):
            break
        if len(data) > MAX_PACKED_OCTETS:
            raise OversizedReport(f"more than {MAX_PACKED_OCTETS} octets packed")
        data = _gunzip(data) if data.startswith(GZIP_MAGIC) else _unzip(data)
    if is_packed(data):
        raise OversizedReport(f"more than {MAX_LAYERS} containers in each other")
    if len(data) > MAX_OCTETS:
        raise OversizedReport(f"more than {MAX_OCTETS} octets")
    return data


def _allowed(packed_octets: int) -> int:
    return min(MAX_OCTETS, max(_FREE_OCTETS, packed_octets * MAX_RATIO))


def _gunzip(data: bytes) -> bytes:
    """All members joined (RFC 1952 section 2.2); what follows them and is none is mailers' rubbish."""
    left = _allowed(len(data))
    members = []
    for _ in range(MAX_MEMBERS):
        octets, data = _inflate(data, _GZIP_WINDOW, left)
        left -= len(octets)
        members.append(octets)
        if not data.startswith(GZIP_MAGIC):
            return b"".join(members)
    raise OversizedReport(f"more than {MAX_MEMBERS} members")


def _inflate(data: bytes, window: int, allowed: int) -> tuple[bytes, bytes]:
    """What one deflate stream holds, and the octets after it."""
    stream = zlib.decompressobj(window)
    try:
        octets = stream.decompress(data, allowed + 1)
    except zlib.error:
        raise BrokenReport("damaged compression") from None
    if len(octets) > allowed:
        raise OversizedReport(f"more than {allowed} octets unpacked")
    if not stream.eof:
        raise BrokenReport("compression that ends too early")
    return octets, stream.unused_data


def _unzip(data: bytes) -> bytes:
    """The one file that looks like a report, else the first file."""
    files = [member for member in _members(data) if not member.name.endswith(b"/")]
    if not files:
        raise BrokenReport("an archive without a file")
    return _extract(data, next((file for file in files if file.name.lower().endswith(_REPORT_SUFFIXES)), files[0]))


def _members(data: bytes) -> Iterator[_Member]:
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - _ZIP_END.size - _ZIP_COMMENT_OCTETS))
    if end < 0 or end + _ZIP_END.size > len(data):
        raise BrokenReport("an archive without its directory")
    _, _, count, size, offset, _ = _ZIP_END.unpack_from(data, end)
    if count > MAX_MEMBERS:
        raise OversizedReport(f"more than {MAX_MEMBERS} members")
    at = end - size
    # Octets before the archive shift everything that its directory says.
    shift = at - offset
    for _ in range(count):
        if at < 0 or at + _ZIP_ENTRY.size > end:
            raise BrokenReport("a damaged archive directory")
        magic, flags, method, crc, packed, _, name, extra, comment, start = _ZIP_ENTRY.unpack_from(data, at)
        if magic != b"PK\x01\x02":
            raise BrokenReport("a damaged archive directory")
        name_at = at + _ZIP_ENTRY.size
        yield _Member(data[name_at : name_at + name], flags, method, crc, packed, start + shift)
        at = name_at + name + extra + comment


def _extract(data: bytes, member: _Member) -> bytes:
    if member.start < 0 or member.start + _ZIP_LOCAL.size > len(data):
        raise BrokenReport("a damaged archive directory")
    magic, name, extra = _ZIP_LOCAL.unpack_from(data, member.start)
    if magic != ZIP_MAGIC:
        raise BrokenReport("a damaged archive directory")
    if member.flags & _ENCRYPTED:
        raise BrokenReport("an encrypted archive")
    start = member.start + _ZIP_LOCAL.size + name + extra
    packed = data[start : start + member.packed_octets]
    octets = _content(packed, member.method)
    if zlib.crc32(octets) != member.crc:
        raise BrokenReport("an archive with a wrong checksum")
    return octets


def _content(packed: bytes, method: int) -> bytes:
    if method == _STORED:
        return packed
    if method == _DEFLATED:
        return _inflate(packed, _RAW_WINDOW, _allowed(len(packed)))[0]
    raise BrokenReport(f"an archive packed by method {method}")
