"""One layer as a file: a header that says what it is, then plain arrays, mapped and never loaded.

    octets 0-7     magic and version of this format
    octets 8-11    length of the header, little-endian
    then           the header, msgpack (`LayerHeader`); new fields get defaults
    from ARRAYS    dense: float16 for every place; sparse: uint32 places ascending, then float16 for each

A file is written beside its place and renamed into it: who has the old one mapped goes on with it.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import xxhash

from ecluse.adapters.folder.disk import disk_errors, make_folder, sync_folder
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.ports.models import Indices, Weights

MAGIC = b"ECLAYER\x01"
ARRAYS = 4_096  # Where they begin: a page of its own for the header.
MAX_FILE_BYTES = 16_777_216
MAX_SPARSE_ENTRIES = 160_000  # 0.96 MB: a thousand clients' layers fit into 1 GB.
PLACES = 1 << 22
TOKENS = 1  # Version of what tokens mean: another one makes all weights void.


class LayerHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What stands before the arrays."""

    version: str  # Name of what was learned, for people and evidence.
    shape: Literal["dense", "sparse"]
    entries: int
    tokens: int = TOKENS
    checksum: int = 0  # XXH3, 64 bits, of all arrays.
    made_at: float = 0.0
    learned: int = 0  # Messages that it was taught.
    provenance: str = ""  # From what, and by which command.


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(LayerHeader)


class LayerFile:
    """The port `Layer` over a mapped file; `with` is not needed, the last reference lets go."""

    __slots__ = ("_places", "_weights", "header")

    def __init__(self, header: LayerHeader, octets: memoryview) -> None:
        self.header = header
        count, at = header.entries, 0
        self._places: Indices | None = None
        if header.shape == "sparse":
            self._places, at = np.frombuffer(octets, "<u4", count), 4 * count
        self._weights = np.frombuffer(octets, "<f2", count, at)

    def weights_of(self, indices: Indices) -> Weights:
        """See `Layer.weights_of`."""
        if self._places is None:
            return self._weights.take(indices).astype(np.float32)
        if not len(self._places):
            return np.zeros(len(indices), np.float32)
        found = self._places.searchsorted(indices)
        found[found == len(self._places)] = 0
        return np.where(self._places[found] == indices, self._weights[found], np.float16(0)).astype(np.float32)


def read_layer(path: Path) -> LayerFile:
    """Map a file. Raises `Impossible` for one that is no layer of ours or is damaged, `Unavailable` by the disk."""
    with disk_errors(str(path)), path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if not ARRAYS <= size <= MAX_FILE_BYTES:
            raise Impossible(f"{path}: no layer has {size} octets")
        octets = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    header = _header(path, octets)
    arrays = octets[ARRAYS:]
    if len(arrays) != header.entries * _OCTETS[header.shape] or xxhash.xxh3_64_intdigest(arrays) != header.checksum:
        raise Impossible(f"{path}: the layer is damaged")
    if header.tokens != TOKENS or (header.shape == "dense" and header.entries != PLACES):
        raise Impossible(f"{path}: the layer was made for another version of Écluse")
    return LayerFile(header, arrays)


_OCTETS = {"dense": 2, "sparse": 6}


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
    arrays = places.astype("<u4").tobytes() + _halves(weights).tobytes()
    _write(path, msgspec.structs.replace(header, entries=len(places)), arrays)


def _halves(weights: Weights) -> np.ndarray[tuple[int], np.dtype[np.float16]]:
    return weights.clip(-6e4, 6e4).astype("<f2")


def _write(path: Path, header: LayerHeader, arrays: bytes) -> None:
    head = _ENCODER.encode(msgspec.structs.replace(header, checksum=xxhash.xxh3_64_intdigest(arrays)))
    if len(head) > ARRAYS - 12:
        raise Unavailable(f"{path}: the header is too long")
    page = (MAGIC + len(head).to_bytes(4, "little") + head).ljust(ARRAYS, b"\0")
    scratch = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with disk_errors(str(path)):
        make_folder(path.parent)
        with scratch.open("wb") as file:
            file.write(page + arrays)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
        sync_folder(path.parent)
