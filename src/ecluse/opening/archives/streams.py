"""Compressed streams, unpacked in pieces that stay small whatever the stream says."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import inflate64
import zstandard

from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag

_PIECE = 65_536
_SMALL_PIECE = 1_024  # For an unpacker that cannot be stopped: its output is a thousand times its input at most.
_MAX_WINDOW = 1 << 27  # Zstandard's own default for decoders.
_MAX_DICTIONARY = 1 << 28  # LZMA: octets of memory.

# Yields pieces; at the end of the stream returns how many octets of its input belonged to it.
Stream: TypeAlias = Generator[bytes, None, int]


class CutShort(Exception):
    """The input ends before the stream does."""


_TROUBLES = (zlib.error, lzma.LZMAError, zstandard.ZstdError, CutShort, OSError, EOFError, ValueError)
_WANTS_MEMORY = "emory"  # In the words of both libraries, for a dictionary beyond the limits above.


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What came out, and how far into the input the stream went."""

    content: bytes
    consumed: int = 0
    error: str = ""  # "" = to the end.
    flags: tuple[Flag, ...] = ()


def unpack(stream: Stream, budget: Budget) -> Unpacked:
    """All of a stream, or what came before it broke. Raises `Exceeded`."""
    collected = bytearray()
    try:
        while True:
            collected += next(stream)
            budget.check_octets(len(collected))
    except StopIteration as end:
        return Unpacked(bytes(collected), end.value)
    except CutShort:
        return Unpacked(bytes(collected), error="cut short")
    except _TROUBLES as problem:
        if _WANTS_MEMORY in str(problem):
            # Whoever has more than we allow reads on: that is no damage.
            return Unpacked(bytes(collected), error="a dictionary that is too large", flags=(Flag.LIMIT,))
        return Unpacked(bytes(collected), error="broken")


class _Decompressor(Protocol):
    """What bz2 and lzma have, and zlib behind `_Inflater`."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Inflater:
    """zlib in the shape of the others."""

    def __init__(self, window: int) -> None:
        self._inflate = zlib.decompressobj(window)
        self._is_full = False

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def needs_input(self) -> bool:
        return not (self._inflate.unconsumed_tail or self._is_full)

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        piece = self._inflate.decompress(self._inflate.unconsumed_tail + data, max_length)
        # Output may wait inside though all input is taken.
        self._is_full = len(piece) == max_length
        return piece


def _driven(decompressor: _Decompressor, data: memoryview) -> Stream:
    fed = 0
    while not decompressor.eof:
        piece = b""
        if decompressor.needs_input:
            piece = bytes(data[fed : fed + _PIECE])
            fed += len(piece)
            if not piece:
                raise CutShort
        yield decompressor.decompress(piece, _PIECE)
    return fed - len(decompressor.unused_data)


def stored(data: memoryview) -> Stream:
    """No compression."""
    for at in range(0, len(data), _PIECE):
        yield bytes(data[at : at + _PIECE])
    return len(data)


def deflate(data: memoryview) -> Stream:
    """Raw deflate (RFC 1951)."""
    return _driven(_Inflater(-zlib.MAX_WBITS), data)


def zlib_stream(data: memoryview) -> Stream:
    """Deflate with zlib's frame (RFC 1950)."""
    return _driven(_Inflater(zlib.MAX_WBITS), data)


def gzip(data: memoryview) -> Stream:
    """One member of a gzip file (RFC 1952)."""
    return _driven(_Inflater(zlib.MAX_WBITS | 16), data)


def bzip2(data: memoryview) -> Stream:
    """One stream of a bzip2 file."""
    return _driven(bz2.BZ2Decompressor(), data)


def xz(data: memoryview) -> Stream:
    """One xz stream."""
    return _driven(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MAX_DICTIONARY), data)


def lzma_alone(data: memoryview) -> Stream:
    """The legacy format of LZMA utils."""
    return _driven(lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_MAX_DICTIONARY), data)


def lzma_raw(data: memoryview, properties: bytes, size: int | None) -> Stream:
    """LZMA with its five octets of properties elsewhere; `size` None: the stream says where it ends."""
    told = b"\xff" * 8 if size is None else size.to_bytes(8, "little")
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_MAX_DICTIONARY)
    head = decompressor.decompress(properties[:5] + told, 0)
    if head:
        yield head
    return (yield from _driven(decompressor, data))


def zstd(data: memoryview) -> Stream:
    """One Zstandard frame."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW)
    frame = decompressor.decompressobj()
    fed = 0
    while not frame.eof:
        # A block of 128 kB may be four octets long.
        piece = bytes(data[fed : fed + 64])
        if not piece:
            raise CutShort
        fed += len(piece)
        yield frame.decompress(piece)
    return fed - len(frame.unused_data)


def deflate64(data: memoryview) -> Stream:
    """Deflate with a window of 64 kB, method 9 of zip."""
    inflater = inflate64.Inflater()
    fed = 0
    while not inflater.eof:
        piece = bytes(data[fed : fed + _SMALL_PIECE])
        if not piece:
            raise CutShort
        fed += len(piece)
        yield inflater.inflate(piece)
    return fed
