"""The loops of the classifier as machine code, where numba is installed (`pip install ecluse[compiled]`); see `Loops`.

Made once by each process that asks for them, which takes some seconds, or by the parent of those that are forked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ecluse.filtering.learning.tokens import (
    BASE,
    GRAM,
    HASH,
    IN_WORD,
    MAX_WORDS,
    PAIRS,
    PLACE_BITS,
    TERMS,
    Hashes,
    View,
)
from ecluse.ports.models import Indices

Octets: TypeAlias = NDArray[np.uint8]
Words: TypeAlias = NDArray[np.uint64]  # Of 64 bits.
_Loop = TypeVar("_Loop", bound=Callable[..., object])

_GRAM_SHIFT, _HASH_SHIFT = np.uint32(32 - PLACE_BITS), np.uint64(64 - PLACE_BITS)
_BASE, _FIRST, _SECOND = np.uint64(BASE), *PAIRS
_IS_IN_WORD = np.frombuffer(IN_WORD, np.bool_)
_HEAD, _TEXT, _WORDS, _FACTS = (np.uint32(view << PLACE_BITS) for view in View)
_LINE_END = 10  # No octet of a word.

# Which places are taken is written down in bits: a word of 64 for each 64 places, and in `groups` a bit for each word
# that is not 0, so that they are read in order without a sort and without a look at what is empty.
_BITS = len(View) << PLACE_BITS >> 6
_ONE = np.uint64(1)
# A word with one bit, times this, has in its topmost six bits a number that no other bit gives (de Bruijn).
_SPREAD = 0x03F79D71B4CB0A89
_LOWEST = np.empty(64, np.int64)
for _bit in range(64):
    _LOWEST[((_SPREAD << _bit) & ((1 << 64) - 1)) >> 58] = _bit


def _compiled(loop: _Loop) -> _Loop:
    """At its first call; numba's own types say nothing of what it returns."""
    return cast(_Loop, njit(loop))


@_compiled
def _take(place: np.uint32, bits: Words, groups: Words) -> None:
    word = np.int64(place >> np.uint32(6))
    bits[word] |= _ONE << np.uint64(place & np.uint32(63))
    groups[word >> 6] |= _ONE << np.uint64(word & 63)


@_compiled
def _lowest(word: np.uint64) -> np.int64:
    lowest: np.int64 = _LOWEST[np.int64(((word & (~word + _ONE)) * np.uint64(_SPREAD)) >> np.uint64(58))]
    return lowest


@_compiled
def _take_grams(octets: Octets, view: np.uint32, bits: Words, groups: Words) -> None:
    if len(octets) < 4:
        return
    gram = (
        np.uint32(octets[0]) << np.uint32(8)
        | np.uint32(octets[1]) << np.uint32(16)
        | np.uint32(octets[2]) << np.uint32(24)
    )
    for at in range(3, len(octets)):
        gram = np.uint32(gram >> np.uint32(8)) | (np.uint32(octets[at]) << np.uint32(24))
        _take(np.uint32((np.uint32(gram * GRAM) >> _GRAM_SHIFT) | view), bits, groups)


@_compiled
def _place(hashed: np.uint64, view: np.uint32) -> np.uint32:
    return np.uint32(((hashed * HASH) >> _HASH_SHIFT) | np.uint64(view))


@_compiled
def _take_words(octets: Octets, bits: Words, groups: Words) -> None:
    """A word's hash is the polynomial of its octets that the array loops get from running sums."""
    count, inside = 0, False
    hashed = power = before = long_before = np.uint64(0)
    for at in range(len(octets) + 1):
        octet = octets[at] if at < len(octets) else np.uint8(_LINE_END)
        if _IS_IN_WORD[octet]:
            if not inside:
                if count == MAX_WORDS:
                    return
                inside, hashed, power = True, np.uint64(0), _ONE
            power *= _BASE
            hashed += TERMS[octet] * power
        elif inside:
            inside = False
            _take(_place(hashed, _WORDS), bits, groups)
            if count > 0:
                _take(_place(before * _FIRST + hashed, _WORDS), bits, groups)
            if count > 1:
                _take(_place(long_before * _SECOND + hashed, _WORDS), bits, groups)
            before, long_before = hashed, before
            count += 1


@_compiled
def _read_out(bits: Words, groups: Words, room: Indices) -> Indices:
    """What was taken, in order; nothing is left behind."""
    count = 0
    for group in range(len(groups)):
        words = groups[group]
        groups[group] = 0
        while words:
            word = np.int64(group * 64) + _lowest(words)
            words &= words - _ONE
            taken = bits[word]
            bits[word] = 0
            while taken:
                room[count] = np.uint32(word * 64 + _lowest(taken))
                count += 1
                taken &= taken - _ONE
    return room[:count].copy()


@_compiled
def _places(
    head: Octets, text: Octets, words: Octets, facts: Hashes, bits: Words, groups: Words, room: Indices
) -> Indices:
    for view in (_HEAD, _TEXT, _WORDS, _FACTS):
        _take(view, bits, groups)
    _take_grams(head, _HEAD, bits, groups)
    _take_grams(text, _TEXT, bits, groups)
    _take_words(words, bits, groups)
    for fact in facts:
        _take(_place(fact, _FACTS), bits, groups)
    return _read_out(bits, groups, room)


@_compiled
def _among(places: Indices, indices: Indices, bits: Words) -> NDArray[np.intp]:
    """By the bits, too: without a branch that nobody could foresee."""
    for index in indices:
        bits[np.int64(index >> np.uint32(6))] |= _ONE << np.uint64(index & np.uint32(63))
    found = np.empty(len(places), np.int64)
    count = 0
    for number in range(len(places)):
        place = places[number]
        found[count] = number
        count += int((bits[np.int64(place >> np.uint32(6))] >> np.uint64(place & np.uint32(63))) & _ONE)
    for index in indices:
        bits[np.int64(index >> np.uint32(6))] = 0
    return found[:count]


@_compiled
def _taken(table: NDArray[Any], indices: Indices) -> NDArray[Any]:
    """Unlike numpy's own without a look whether each place is there, and without wider numbers for them."""
    taken = np.empty(len(indices), table.dtype)
    for number in range(len(indices)):
        taken[number] = table[indices[number]]
    return taken


class CompiledLoops:
    """See `Loops`. Threads may share one: no other runs while the interpreter is inside of a compiled loop."""

    __slots__ = ("_bits", "_groups")

    def __init__(self) -> None:
        """Compiles them: some seconds."""
        self._bits = np.zeros(_BITS, np.uint64)
        self._groups = np.zeros(_BITS >> 6, np.uint64)
        nothing = self.places(b"", b"", b"", np.empty(0, np.uint64))
        self.among(nothing, nothing)
        # A layer that is being taught, and one that is a file.
        halves = np.zeros(1, np.uint16)
        halves.flags.writeable = False
        self.take(np.zeros(1, np.float32), nothing[:0].copy())
        self.take(halves, nothing[:0].copy())

    def places(self, head: bytes, text: bytes, words: bytes, facts: Hashes) -> Indices:
        """See `Loops.places`."""
        # A token for each octet of head and text, three for each word, which has an octet at least and one behind it.
        room = np.empty(len(head) + len(text) + 2 * len(words) + len(facts) + 4 + len(View), np.uint32)
        read, said, worded = (np.frombuffer(octets, np.uint8) for octets in (head, text, words))
        return _places(read, said, worded, facts, self._bits, self._groups, room)

    def among(self, places: Indices, indices: Indices) -> NDArray[np.intp]:
        """See `Loops.among`."""
        return _among(places, indices, self._bits)

    def take(self, table: NDArray[Any], indices: Indices) -> NDArray[Any]:
        """See `Loops.take`."""
        return _taken(table, indices)
