"""LZX ([MS-PATCH], MS-CAB): how cabinets and compiled help files are packed."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ecluse.opening.budget import Budget

FRAME = 32_768
_SLOTS = {15: 30, 16: 32, 17: 34, 18: 36, 19: 38, 20: 42, 21: 50}  # Of distances, by the bits of the window.
_EXTRA_BITS = tuple(min(max(slot // 2 - 1, 0), 17) for slot in range(52))
_BASES = tuple(sum(1 << bits for bits in _EXTRA_BITS[:slot]) for slot in range(52))
_OCTETS, _LENGTHS, _ALIGNED, _PRETREE = 256, 249, 8, 20
_VERBATIM, _WITH_ALIGNED, _UNCOMPRESSED = 1, 2, 3
_MAX_CODE = 16
_CALL = 0xE8
_CALL_OCTETS = 10  # At the end of a frame where no call is translated.


class BadLzx(Exception):
    """The octets are no such stream, or end too early."""


def unpacked(data: bytes, window_bits: int, size: int, budget: Budget, reset_octets: int = 0) -> Iterator[bytes]:
    """What comes out, frame by frame, `size` octets in all; everything begins anew each `reset_octets`, 0 = never.

    Raises `BadLzx`, and what `Budget` raises.
    """
    if window_bits not in _SLOTS:
        raise BadLzx
    stream = _Stream(_Bits(data), 1 << window_bits, _OCTETS + 8 * _SLOTS[window_bits], budget)
    for start in range(0, size, FRAME):
        budget.check_time()
        if reset_octets and start and start % reset_octets == 0:
            stream.reset()
        yield stream.frame(start, min(FRAME, size - start))


class _Bits:
    """Bits of words of sixteen, the highest first."""

    __slots__ = ("at", "count", "data", "held")

    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.held, self.count = data, 0, 0, 0

    def fill(self, count: int) -> None:
        """Have so many bits at hand. Raises `BadLzx` well behind the end: the last codes may look beyond it."""
        while self.count < count:
            if self.at > len(self.data) + 4:
                raise BadLzx
            word = int.from_bytes(self.data[self.at : self.at + 2], "little")
            self.held, self.count, self.at = (self.held & 0xFFFFFFFF) << 16 | word, self.count + 16, self.at + 2

    def take(self, count: int) -> int:
        """The next bits as a number."""
        self.fill(count)
        self.count -= count
        return self.held >> self.count & (1 << count) - 1

    def align(self) -> None:
        """Go on at the next word."""
        self.count -= self.count % 16

    def octets(self, count: int) -> bytes:
        """Whole octets, from an aligned place. Raises `BadLzx`."""
        self.at -= self.count // 8
        self.count = 0
        taken = self.data[self.at : self.at + count]
        self.at += count
        if len(taken) < count:
            raise BadLzx
        return taken


class _Codes:
    """A Huffman code: what the next bits stand for, by as many of them as the longest has."""

    __slots__ = ("bits", "table")

    def __init__(self, lengths: list[int]) -> None:
        """Raises `BadLzx` for lengths that are no code; no lengths at all are one that nothing is written with."""
        self.bits = max(lengths, default=0)
        self.table: list[tuple[int, int]] = []
        for length in range(1, self.bits + 1):
            width = 1 << self.bits - length
            for symbol, own in enumerate(lengths):
                if own == length:
                    self.table += [(symbol, length)] * width
            if len(self.table) > 1 << self.bits:
                raise BadLzx
        self.table += [(-1, 0)] * ((1 << self.bits) - len(self.table))

    def next(self, bits: _Bits) -> int:
        """The next symbol. Raises `BadLzx`."""
        bits.fill(self.bits)
        symbol, length = self.table[bits.held >> bits.count - self.bits & (1 << self.bits) - 1]
        if not length:
            raise BadLzx
        bits.count -= length
        return symbol


class _Stream:
    """What goes on from frame to frame."""

    def __init__(self, bits: _Bits, window: int, symbols: int, budget: Budget) -> None:
        self._bits, self._window, self._symbols, self._budget = bits, window, symbols, budget
        self._out = bytearray()  # The window, and the frame that is being read.
        self.reset()

    def reset(self) -> None:
        """As at the beginning, the window apart."""
        self._recent = [1, 1, 1]
        self._main_lengths, self._length_lengths = [0] * self._symbols, [0] * _LENGTHS
        self._kind = self._size = self._left = 0
        self._call_size: int | None = None  # None: not told yet.

    def frame(self, start: int, size: int) -> bytes:
        """The next `size` octets, `start` octets of which came before. Raises `BadLzx`."""
        if self._call_size is None:
            self._call_size = self._bits.take(16) << 16 | self._bits.take(16) if self._bits.take(1) else 0
        del self._out[: -self._window]
        before = len(self._out)
        end = before + size
        while len(self._out) < end:
            if not self._left:
                self._begin_block()
            count = min(self._left, end - len(self._out))
            reached = len(self._out) + count
            if self._kind == _UNCOMPRESSED:
                self._out += self._bits.octets(count)
            else:
                self._decode(reached)
            self._left -= count
            if len(self._out) > reached:
                # A copy goes on behind the block only where the stream is broken.
                raise BadLzx
        self._bits.align()
        frame = bytes(self._out[before:])
        return _translated(frame, start, self._call_size) if self._call_size else frame

    def _begin_block(self) -> None:
        self._budget.check_time()
        if self._kind == _UNCOMPRESSED and self._size & 1:
            self._bits.octets(1)
        self._kind = self._bits.take(3)
        self._size = self._left = self._bits.take(16) << 8 | self._bits.take(8)
        if not self._left or self._kind not in {_VERBATIM, _WITH_ALIGNED, _UNCOMPRESSED}:
            raise BadLzx
        if self._kind == _UNCOMPRESSED:
            if self._bits.count % 16 == 0:
                self._bits.take(16)
            self._bits.align()
            self._recent = list(struct.unpack("<3I", self._bits.octets(12)))
            return
        aligned = [self._bits.take(3) for _ in range(_ALIGNED)] if self._kind == _WITH_ALIGNED else []
        self._aligned = _Codes(aligned)
        self._read_lengths(self._main_lengths, 0, _OCTETS)
        self._read_lengths(self._main_lengths, _OCTETS, self._symbols)
        self._read_lengths(self._length_lengths, 0, _LENGTHS)
        self._main, self._longer = _Codes(self._main_lengths), _Codes(self._length_lengths)

    def _read_lengths(self, lengths: list[int], start: int, end: int) -> None:
        """Lengths of a code as differences to those before, themselves coded."""
        bits = self._bits
        codes = _Codes([bits.take(4) for _ in range(_PRETREE)])
        while start < end:
            symbol, count = codes.next(bits), 1
            if symbol == 17:
                count, value = 4 + bits.take(4), 0
            elif symbol == 18:
                count, value = 20 + bits.take(5), 0
            elif symbol == 19:
                count = 4 + bits.take(1)
                value = (lengths[start] - codes.next(bits)) % 17
            else:
                value = (lengths[start] - symbol) % 17
            count = min(count, end - start)
            lengths[start : start + count] = [value] * count
            start += count

    def _decode(self, end: int) -> None:
        """Octets and copies, until so many stand there."""
        out, bits, main = self._out, self._bits, self._main
        while len(out) < end:
            symbol = main.next(bits)
            if symbol < _OCTETS:
                out.append(symbol)
                continue
            length = symbol & 7
            if length == 7:
                length += self._longer.next(bits)
            distance = self._distance(symbol - _OCTETS >> 3)
            _copy(out, distance, length + 2)

    def _distance(self, slot: int) -> int:
        recent = self._recent
        if slot < 3:
            recent[0], recent[slot] = recent[slot], recent[0]
            return recent[0]
        extra = _EXTRA_BITS[slot]
        distance = _BASES[slot] - 2
        if self._kind == _WITH_ALIGNED and extra >= 3:
            distance += (self._bits.take(extra - 3) << 3) + self._aligned.next(self._bits)
        else:
            distance += self._bits.take(extra)
        self._recent = [distance, recent[0], recent[1]]
        return distance


def _copy(out: bytearray, distance: int, length: int) -> None:
    start = len(out) - distance
    if not distance or start < 0:
        raise BadLzx
    if distance >= length:
        out += out[start : start + length]
        return
    pattern = bytes(out[start:])
    out += (pattern * (length // distance + 1))[:length]


def _translated(frame: bytes, start: int, size: int) -> bytes:
    """Calls of programs, whose targets were made absolute to pack better."""
    out = bytearray(frame)
    at = out.find(_CALL)
    while 0 <= at < len(out) - _CALL_OCTETS:
        target = int.from_bytes(out[at + 1 : at + 5], "little", signed=True)
        place = start + at
        if -place <= target < size:
            told = target - place if target >= 0 else target + size
            out[at + 1 : at + 5] = (told & 0xFFFFFFFF).to_bytes(4, "little")
        at = out.find(_CALL, at + 5)
    return bytes(out)
