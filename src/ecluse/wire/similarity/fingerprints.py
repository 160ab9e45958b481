"""Fingerprints that near-identical texts and files share (MinHash of shingles in bands, Broder 1997).

Two contents with a share J of common shingles have each band in common with probability J^3: at J = 0.9, as personalised copies
have, one of three bands at least with 98 %; at J = 0.5 with 33 %, at J = 0.2 with 2 %. A band is named by 16 hexadecimal digits
behind its kind: it tells nothing of the content, and compares only with others of the same kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice, repeat

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

BANDS, ROWS = 3, 3
MAX_CHARACTERS = 16_384  # From the beginning: half a millisecond.
MAX_WORDS = 800
MIN_WORDS = 40  # A shorter text is nobody's own: "please find attached", "sent from my phone".
MAX_FILE_OCTETS = 32_768  # From the beginning of a file.
MIN_FILE_OCTETS = 1_024
SAMPLED = 0x0F  # One in so many n-grams of a file, less one, chosen by its content.
MIN_SAMPLES = 12

_AROUND_WORDS = ".,;:!?()[]\"'«»“”„\u2019…*_-"

_U64 = np.uint64
_RANDOM = np.random.default_rng(20_261_127)
_FACTORS = _RANDOM.integers(1, 1 << 63, BANDS * ROWS, dtype=_U64) | _U64(1)
_ADDENDS = _RANDOM.integers(0, 1 << 63, BANDS * ROWS, dtype=_U64)
_SHINGLE = _RANDOM.integers(1, 1 << 63, 3, dtype=_U64) | _U64(1)
_MIX = _U64(0x9E3779B97F4A7C15)


def text_fingerprints(texts: Iterable[str]) -> tuple[str, ...]:
    """Of all texts of a message together, as their reader sees them; none of a text that is too short to be anybody's own.

    No text is asked for behind the last word that counts.
    """
    words = _words(texts)
    if len(words) < MIN_WORDS:
        return ()
    hashed = np.fromiter(map(xxh3_64_intdigest, map(str.encode, words)), _U64, len(words))
    count = len(hashed) - len(_SHINGLE) + 1
    shingles = sum((hashed[at : at + count] * factor for at, factor in enumerate(_SHINGLE)), np.zeros(count, _U64))
    return _bands("t", shingles)


def file_fingerprints(octets: bytes) -> tuple[str, ...]:
    """Of a file's beginning: by n-grams of eight octets that content chooses, so that what is put in moves only its own."""
    if len(octets) < MIN_FILE_OCTETS:
        return ()
    head = octets[:MAX_FILE_OCTETS]
    grams = [np.frombuffer(head, "<u8", (len(head) - at) // 8, at) for at in range(8)]
    hashed = np.concatenate(grams) * _MIX
    hashed ^= hashed >> _U64(32)
    samples = np.unique(hashed[(hashed & _U64(SAMPLED)) == 0])
    return _bands("f", samples) if len(samples) >= MIN_SAMPLES else ()


def _words(texts: Iterable[str]) -> list[str]:
    """Without what a mailing puts in for each reader: links, addresses, and whatever has a digit in it."""
    # Asked one by one: behind the last word that counts nothing is looked at.
    tokens = chain.from_iterable(head.lower().split() for head in _heads(texts))
    stripped = filter(str.isalpha, map(str.strip, tokens, repeat(_AROUND_WORDS)))
    return list(islice((word for word in stripped if len(word) > 1), MAX_WORDS))


def _heads(texts: Iterable[str]) -> Iterator[str]:
    left = MAX_CHARACTERS
    for text in texts:
        yield text[:left]
        left -= len(text)
        if left <= 0:
            return


def _bands(kind: str, shingles: NDArray[np.uint64]) -> tuple[str, ...]:
    """The smallest values under several orders, those of each band made one."""
    mixed = shingles[:, None] * _FACTORS + _ADDENDS
    mixed ^= mixed >> _U64(29)
    smallest = (mixed * _MIX).min(axis=0).reshape(BANDS, ROWS)
    return tuple(f"{kind}{number}{xxh3_64_intdigest(band.tobytes()):016x}" for number, band in enumerate(smallest))
