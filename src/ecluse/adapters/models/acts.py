"""The log of learning acts: one file for each client, records with length and checksum, synced one by one.

A record is four octets of length, four of CRC-32 (both little-endian), and a Zstandard frame of a msgpack map.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
import zstandard

from ecluse.adapters.folder.disk import disk_errors, make_folder, sync_folder, write_all
from ecluse.adapters.models.folder import client_folder_name, client_layer, client_snapshot
from ecluse.domain.act import Act
from ecluse.ports.acts import Place

MAX_RECORD_BYTES = 262_144
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Act)


class FolderActs:
    """The port `Acts`. Calls raise `Unavailable`, and `NoRoom` when the disk is full."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._ends: dict[Path, int] = {}  # Up to where a file was found whole.

    def append(self, client: str, act: Act) -> None:
        """See `Acts.append`; a torn tail is cut off first, or nothing behind it would ever be read."""
        path = self._path(client)
        payload = zstandard.compress(_ENCODER.encode(act))
        frame = len(payload).to_bytes(4, "little") + zlib.crc32(payload).to_bytes(4, "little") + payload
        with disk_errors(str(path)):
            make_folder(path.parent)
            is_new = not path.exists()
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                end = self._whole_up_to(path, fd)
                os.lseek(fd, end, os.SEEK_SET)
                write_all(fd, frame)
                os.fdatasync(fd)
                self._ends[path] = end + len(frame)
            finally:
                os.close(fd)
            if is_new:
                sync_folder(path.parent)

    def read(self, client: str) -> Iterator[Act]:
        """See `Acts.read`."""
        path = self._path(client)
        if path.exists():
            with disk_errors(str(path)):
                yield from map(_decoded, _frames(path))

    def read_on(self, client: str, place: Place | None) -> tuple[Place | None, list[Act]]:
        """See `Acts.read_on`."""
        path, acts = self._path(client), list[Act]()
        if place is None and not path.exists():
            return None, acts
        with disk_errors(str(path)), _opened(path) as file:
            if place is not None:
                _go_behind(file, place)
            for last, head, payload in _records(file):
                place = Place(last, last + len(head) + len(payload), head)
                acts.append(_decoded(payload))
        return place, acts

    def erase(self, client: str) -> bool:
        """See `Acts.erase`: its layer and snapshot go too, which were made of them."""
        made_of_them = (client_layer(self._root, client), client_snapshot(self._root, client))
        found = [path for path in (self._path(client), *made_of_them) if path.exists()]
        for path in found:
            with disk_errors(str(path)):
                path.unlink(missing_ok=True)
        return bool(found)

    def _whole_up_to(self, path: Path, fd: int) -> int:
        """Where the next record goes; what is torn there is cut off."""
        size = os.fstat(fd).st_size
        if self._ends.get(path) == size:
            return size
        end = sum(8 + len(each) for each in _frames(path))
        os.ftruncate(fd, end)
        return end

    def _path(self, client: str) -> Path:
        return self._root / "acts" / f"{client_folder_name(client)}.acts"


def _frames(path: Path) -> Iterator[bytes]:
    """Payloads up to the first that is not whole."""
    with path.open("rb") as file:
        yield from (payload for _, _, payload in _records(file))


def _records(file: BinaryIO) -> Iterator[tuple[int, bytes, bytes]]:
    """Where each record begins, its head and its payload, from here up to the first that is not whole."""
    start = file.tell()
    while len(head := file.read(8)) == 8:
        length = int.from_bytes(head[:4], "little")
        if length > MAX_RECORD_BYTES:
            return
        payload = file.read(length)
        if len(payload) < length or zlib.crc32(payload) != int.from_bytes(head[4:], "little"):
            return
        yield start, head, payload
        start += len(head) + length


def _opened(path: Path) -> BinaryIO:
    """Raises `LookupError` where there is none any more."""
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise LookupError(str(path)) from None


def _go_behind(file: BinaryIO, place: Place) -> None:
    """Raises `LookupError` where another record lies there: the checksum of its head tells it from others."""
    file.seek(place.last)
    if file.read(len(place.head)) != place.head:
        raise LookupError(file.name)
    file.seek(place.end)


def _decoded(payload: bytes) -> Act:
    return _DECODER.decode(zstandard.decompress(payload, max_output_size=MAX_RECORD_BYTES))
