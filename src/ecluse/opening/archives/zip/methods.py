"""The compression methods of zip (APPNOTE section 4.4.5)."""

from __future__ import annotations

from collections.abc import Callable

from ecluse.opening.archives import streams
from ecluse.opening.archives.streams import CutShort, Stream
from ecluse.opening.archives.zip.records import Header

STORED = 0
_LZMA_HEAD = 4  # Version of the packer, and how many octets of properties follow.


_HAS_END_MARK = 0x0002  # The flag, for LZMA.


def _lzma(data: memoryview, header: Header) -> Stream:
    octets = int.from_bytes(data[2:4], "little")
    if octets != 5 or len(data) < _LZMA_HEAD + octets:
        raise CutShort
    start = _LZMA_HEAD + octets
    size = None if header.flags & _HAS_END_MARK else header.size
    consumed = yield from streams.lzma_raw(data[start:], bytes(data[_LZMA_HEAD:start]), size)
    return start + consumed


# Those that tell themselves where they end, so that no size has to be believed.
METHODS: dict[int, Callable[[memoryview, Header], Stream]] = {
    8: lambda data, _header: streams.deflate(data),
    9: lambda data, header: streams.deflate64(data[: header.packed]),
    12: lambda data, _header: streams.bzip2(data),
    14: _lzma,
    20: lambda data, _header: streams.zstd(data),
    93: lambda data, _header: streams.zstd(data),
    95: lambda data, _header: streams.xz(data),
}

# What packers have used at some time; anything else is no zip entry.
KNOWN_METHODS = frozenset({*range(21), 93, 94, 95, 96, 97, 98, 99})
