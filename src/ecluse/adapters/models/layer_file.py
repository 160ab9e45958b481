"""One layer as a file: a header that says what it is, then plain arrays, mapped and never loaded.

    octets 0-7     magic and version of this format
    octets 8-11    length of the header, little-endian
    then           the header, msgpack (`LayerHeader`); new fields get defaults
    from ARRAYS    dense: float16 for every place
                   sparse: a bit for every place that has a weight, 64 a word; how many come before each block of 1,024
                   words (uint32), and before each word within its block (uint16); float16 for each, by place

A file is written beside its place and renamed into it: who has the old one mapped goes on with it.
"""

from __future__ import annotations

import mmap
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from ecluse.adapters.folder.disk import FOR_ALL, disk_errors, make_folder, write_durably
from ecluse.domain.act import TOKENS_VERSION
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.ports.models import Indices, Take, Weights

MAGIC = b"ECLAYER\x01"
ARRAYS = 4_096  # Where they begin: a page of its own for the header.
MAX_FILE_BYTES = 16_777_216
MAX_SPARSE_ENTRIES = 120_000  # 0.9 MB with its bits: a thousand clients' layers fit into 1 GB.
PLACES = 1 << 22
_WORDS = PLACES // 64
_BLOCK = 1_024  # Words: what comes before a word in its block fits into 16 bits.
_BLOCKS = _WORDS // _BLOCK
_INDEX_OCTETS = 8 * _WORDS + 4 * _BLOCKS + 2 * _WORDS


class LayerHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What stands before the arrays."""

    version: str  # Name of what was learned, for people and evidence.
    shape: Literal["dense", "sparse"]
    entries: int
    tokens: int = TOKENS_VERSION  # Weights of another one are void.
    checksum: int = 0  # XXH3, 64 bits, of all arrays.
    made_at: float = 0.0
    learned: int = 0  # Messages that it was taught.
    learned_spam: int | None = None  # Of these; the first layers did not say.
    provenance: str = ""  # From what, and by which command.


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(LayerHeader)


class LayerFile:
    """The port `Layer` over a mapped file; `with` is not needed, the last reference lets go."""

    __slots__ = ("_index", "_weights", "header")

    def __init__(self, header: LayerHeader, octets: memoryview) -> None:
        self.header = header
        is_sparse = header.shape == "sparse"
        self._index = _Index.over(octets) if is_sparse else None
        self._weights = np.frombuffer(octets, "<f2", header.entries, _INDEX_OCTETS if is_sparse else 0)

    @property
    def lessons(self) -> int:
        """See `Layer.lessons`."""
        return self.header.learned

    @property
    def spam_lessons(self) -> int:
        """See `Layer.spam_lessons`; where nobody knows, enough for all lessons to count."""
        spam = self.header.learned_spam
        return self.header.learned if spam is None else spam

    def weights_of(self, indices: Indices, take: Take = np.take) -> Weights:
        """See `Layer.weights_of`."""
        if self._index is None:
            # As whole numbers, since machine code knows no halves.
            return take(self._weights.view("<u2"), indices).view("<f2").astype(np.float32)
        asked, kept_at = self._index.find(indices)
        weights = np.zeros(len(indices), np.float32)
        weights[asked] = self._weights.take(kept_at)
        return weights


@dataclass(frozen=True, slots=True)
class _Index:
    """Which places have a weight, and where it is kept."""

    bits: NDArray[np.uint64]
    before_block: NDArray[np.uint32]
    before_word: NDArray[np.uint16]  # Within its block.

    @classmethod
    def over(cls, octets: memoryview) -> _Index:
        """The index that a sparse layer's arrays begin with."""
        return cls(
            np.frombuffer(octets, "<u8", _WORDS),
            np.frombuffer(octets, "<u4", _BLOCKS, 8 * _WORDS),
            np.frombuffer(octets, "<u2", _WORDS, 8 * _WORDS + 4 * _BLOCKS),
        )

    @classmethod
    def of(cls, places: Indices) -> _Index:
        """The index of these places."""
        has_weight = np.zeros(PLACES, np.bool_)
        has_weight[places] = True
        bits = np.packbits(has_weight, bitorder="little").view("<u8")
        counts = np.bitwise_count(bits).astype(np.int64)
        before = counts.cumsum() - counts
        before_block = before[::_BLOCK].astype("<u4")
        return cls(bits, before_block, (before - before_block.repeat(_BLOCK)).astype("<u2"))

    def find(self, indices: Indices) -> tuple[NDArray[np.intp], NDArray[np.uint32]]:
        """Which of `indices` have a weight, and the number of each in the order of places."""
        word = indices >> np.uint32(6)
        bit = np.uint64(1) << (indices & np.uint32(63)).astype(np.uint64)
        bits = self.bits.take(word)
        asked = np.flatnonzero(bits & bit)
        word = word.take(asked)
        lower = np.bitwise_count(bits.take(asked) & (bit.take(asked) - np.uint64(1)))
        before = self.before_block.take(word // np.uint32(_BLOCK)) + self.before_word.take(word)
        return asked, before + lower

    def tobytes(self) -> bytes:
        """As it stands in the file."""
        return self.bits.tobytes() + self.before_block.tobytes() + self.before_word.tobytes()


def read_layer(path: Path) -> LayerFile:
    """Map a file. Raises `Impossible` for one that is no layer of ours or is damaged, `Unavailable` by the disk."""
    with disk_errors(str(path)), path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if not ARRAYS <= size <= MAX_FILE_BYTES:
            raise Impossible(f"{path}: no layer has {size} octets")
        octets = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    header = _header(path, octets)
    arrays = octets[ARRAYS:]
    if len(arrays) != _OCTETS[header.shape] + 2 * header.entries or xxhash.xxh3_64_intdigest(arrays) != header.checksum:
        raise Impossible(f"{path}: the layer is damaged")
    if header.tokens != TOKENS_VERSION or (header.shape == "dense" and header.entries != PLACES):
        raise Impossible(f"{path}: the layer was made for another version of Écluse")
    return LayerFile(header, arrays)


_OCTETS = {"dense": 0, "sparse": _INDEX_OCTETS}  # Before the weights.


def _header(path: Path, octets: memoryview) -> LayerHeader:
    length = int.from_bytes(octets[8:12], "little")
    if octets[:8] != MAGIC or length > ARRAYS - 12:
        raise Impossible(f"{path}: no layer of this version's format")
    try:
        return _DECODER.decode(octets[12 : 12 + length])
    except msgspec.MsgspecError as problem:
        raise Impossible(f"{path}: {problem}") from problem


def write_dense(path: Path, header: LayerHeader, weights: Weights) -> None:
    """Write a weight for every place. Raises `Unavailable`."""
    _write(path, header, _halves(weights).tobytes())


def write_sparse(path: Path, header: LayerHeader, places: Indices, weights: Weights) -> None:
    """Write the weights of these places, ascending; the weakest are left out above `MAX_SPARSE_ENTRIES`."""
    if len(places) > MAX_SPARSE_ENTRIES:
        # Stable, so that the same weights make the same file.
        kept = np.sort(np.argsort(-np.abs(weights), kind="stable")[:MAX_SPARSE_ENTRIES])
        places, weights = places[kept], weights[kept]
    arrays = _Index.of(places).tobytes() + _halves(weights).tobytes()
    _write(path, msgspec.structs.replace(header, entries=len(places)), arrays)


def _halves(weights: Weights) -> np.ndarray[tuple[int], np.dtype[np.float16]]:
    return weights.clip(-6e4, 6e4).astype("<f2")


def _write(path: Path, header: LayerHeader, arrays: bytes) -> None:
    head = _ENCODER.encode(msgspec.structs.replace(header, checksum=xxhash.xxh3_64_intdigest(arrays)))
    if len(head) > ARRAYS - 12:
        raise Unavailable(f"{path}: the header is too long")
    page = (MAGIC + len(head).to_bytes(4, "little") + head).ljust(ARRAYS, b"\0")
    with disk_errors(str(path)):
        make_folder(path.parent)
        write_durably(path, page, arrays, mode=FOR_ALL)
