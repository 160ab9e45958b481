"""Tokens of a letter: for each view, the places in a model where the weights of what it sees are kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Protocol, TypeAlias

import numpy as np
import xxhash
from numpy.typing import NDArray

from ecluse.filtering.learning.letter import Letter
from ecluse.ports.models import Indices

Hashes: TypeAlias = NDArray[np.uint64]


class Loops(Protocol):
    """The two loops over a message's octets and tokens in which the time goes; all of them find the same."""

    def places(self, head: bytes, text: bytes, words: bytes, facts: Hashes) -> Indices:
        """Of all views: grams of the first two, words and their pairs, and facts by their hashes."""
        ...

    def among(self, places: Indices, indices: Indices) -> NDArray[np.intp]:
        """Which of `places`, by their numbers, are among `indices`; both are distinct and ascending."""
        ...

    def take(self, table: NDArray[Any], indices: Indices) -> NDArray[Any]:
        """What stands at these places of a table, all of which it has."""
        ...


class View(IntEnum):
    """What one learner looks at."""

    HEAD = 0  # Four octets in a row of the header fields.
    TEXT = 1  # The same of subject and texts.
    WORDS = 2  # Words, and sparse pairs of words.
    FACTS = 3


VIEW_BITS, PLACE_BITS = 2, 20
INDEX_BITS = VIEW_BITS + PLACE_BITS
TEXT_OCTETS = 3_000
MAX_WORDS = 800
WINDOW = 2  # A word is paired with each of the next two (orthogonal sparse bigrams).

# Odd multipliers spread what they multiply over all bits; the topmost are used.
GRAM = np.uint32(0x9E3779B1)
HASH = np.uint64(0xD6E8FEB86659FD93)
PAIRS = [np.uint64(0xA24BAED4963EE407 * (2 * n + 1) % (1 << 64)) for n in range(1, WINDOW + 1)]
# A word's hash is a polynomial of its octets, so that running sums give the hashes of all words at once.
BASE, _MAX_OCTETS = 0x9FB21C651E98DF25, 8_192
_POWERS = np.cumprod(np.full(_MAX_OCTETS, BASE, np.uint64))
_INVERSES = np.cumprod(np.full(_MAX_OCTETS, pow(BASE, -1, 1 << 64), np.uint64))
_BORDERS = np.arange((1 << VIEW_BITS) + 1, dtype=np.uint32) << np.uint32(PLACE_BITS)
_WORD = re.compile(rb"[a-z0-9$'!%_\x80-\xff-]+")
_OCTETS = [bytes((number,)).lower() for number in range(256)]
IN_WORD = bytes(_WORD.fullmatch(octet) is not None for octet in _OCTETS)
TERMS = np.array([xxhash.xxh3_64_intdigest(octet) for octet in _OCTETS], np.uint64)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What all views see of one message."""

    indices: Indices  # Distinct, ascending; the topmost bits are the view.
    edges: NDArray[np.int64]  # Where each view begins, and the last one ends; none is empty.

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where each view begins."""
        return self.edges[:-1]

    @property
    def counts(self) -> NDArray[np.int64]:
        """Tokens of each view."""
        return self.edges[1:] - self.edges[:-1]


class ArrayLoops:
    """The loops over whole arrays, by numpy alone."""

    def places(self, head: bytes, text: bytes, words: bytes, facts: Hashes) -> Indices:
        """See `Loops.places`."""
        indices = np.concatenate(
            (
                # One token of each view stands in every message: it learns how much of all mail is spam.
                np.arange(len(View), dtype=np.uint32) << np.uint32(PLACE_BITS),
                _grams(head, View.HEAD),
                _grams(text, View.TEXT),
                _words(words),
                _placed(facts, View.FACTS),
            )
        )
        indices.sort()
        distinct = np.empty(len(indices), np.bool_)
        distinct[0] = True
        np.not_equal(indices[1:], indices[:-1], out=distinct[1:])
        # Half as dear as to choose by the mask itself.
        found: Indices = indices.take(distinct.nonzero()[0])
        return found

    def among(self, places: Indices, indices: Indices) -> NDArray[np.intp]:
        """See `Loops.among`."""
        found: NDArray[np.bool_] = indices.take(indices.searchsorted(places), mode="clip") == places
        return found.nonzero()[0]

    def take(self, table: NDArray[Any], indices: Indices) -> NDArray[Any]:
        """See `Loops.take`."""
        return table.take(indices)


ARRAYS = ArrayLoops()


def tokens_of(letter: Letter, loops: Loops = ARRAYS) -> Tokens:
    """The tokens of a letter: the same on every machine, and by all loops."""
    text = letter.subject + b"\n" + letter.text[:TEXT_OCTETS]
    return tokens_at(loops.places(letter.head, text, _read(letter), _hashes(letter.facts)))


def tokens_at(indices: Indices) -> Tokens:
    """Tokens that were made before, of their places: distinct, ascending, every view among them."""
    return Tokens(indices, indices.searchsorted(_BORDERS))


def named_tokens(letter: Letter) -> tuple[list[str], Indices]:
    """The tokens that people can read, of the last two views, and their places: "casino", "prize ... claim", "hour:03"."""
    words = words_of(letter)
    names = [
        *words,
        *(b"%b ... %b" % pair for n in range(1, WINDOW + 1) for pair in zip(words, words[n:], strict=False)),
    ]
    names += letter.facts
    places = np.concatenate((_words(_read(letter)), fact_places(letter.facts)))
    return [name.decode("utf-8", "replace") for name in names], places


def words_of(letter: Letter) -> list[bytes]:
    """The words that its reader sees, in order and in small letters: those of the view."""
    found: list[bytes] = _WORD.findall(_read(letter).lower())
    return found[:MAX_WORDS]


def word_places(words: Sequence[bytes]) -> Indices:
    """Where the weights of single words are kept, each of small letters; no word holds a space."""
    return _placed(_word_hashes(b" ".join(words)), View.WORDS)


def fact_places(facts: Sequence[bytes]) -> Indices:
    """Where the weights of facts are kept."""
    return _placed(_hashes(facts), View.FACTS)


def _grams(octets: bytes, view: View) -> Indices:
    if len(octets) < 4:
        return np.empty(0, np.uint32)
    grams = np.ndarray((len(octets) - 3,), "<u4", octets, strides=(1,))
    places: Indices = grams * GRAM
    places >>= np.uint32(32 - PLACE_BITS)
    places |= np.uint32(view << PLACE_BITS)
    return places


def _words(octets: bytes) -> Indices:
    words = _word_hashes(octets)
    pairs = (words[:-n] * factor + words[n:] for n, factor in enumerate(PAIRS, 1))
    return _placed(np.concatenate((words, *pairs)), View.WORDS)


def _read(letter: Letter) -> bytes:
    return (letter.subject + b"\n" + letter.visible)[: _MAX_OCTETS - 2]


def _word_hashes(octets: bytes) -> Hashes:
    """One for each of the words in order, without case: those that `words_of` names."""
    octets = b"\n%b\n" % octets
    in_word = np.frombuffer(octets.translate(IN_WORD), np.int8)
    edges = (in_word[1:] != in_word[:-1]).nonzero()[0][: 2 * MAX_WORDS]
    before, last = edges[::2], edges[1::2]
    # Behind the last word that counts nothing is looked at.
    codes = np.frombuffer(octets, np.uint8, edges[-1] + 1 if len(edges) else 0)
    sums = TERMS.take(codes)
    sums *= _POWERS[: len(codes)]
    sums.cumsum(out=sums)
    hashes: Hashes = sums.take(last)
    hashes -= sums.take(before)
    hashes *= _INVERSES.take(before)
    return hashes


def _hashes(pieces: Sequence[bytes]) -> Hashes:
    return np.fromiter(map(xxhash.xxh3_64_intdigest, pieces), np.uint64, len(pieces))


def _placed(hashes: Hashes, view: View) -> Indices:
    spread = hashes * HASH
    spread >>= np.uint64(64 - PLACE_BITS)
    places: Indices = spread.astype(np.uint32)
    places |= np.uint32(view << PLACE_BITS)
    return places
