"""Outages in LMDB: each change is on disk when the call returns, and every process of the node sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import msgspec

from ecluse.adapters.lmdb.environment import MAX_KEY_BYTES, Environment, failures
from ecluse.domain.errors import Unavailable
from ecluse.domain.outage import Outage

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Outage)


class LmdbOutages:
    """The port `Outages`. Calls raise `Unavailable`, and `NoRoom` when the disk is full.

    A change waits for the disk inside the call (some ms): rare enough for an event loop. What changes nothing does
    not write, so that `end` may be called after every answer.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._environment = Environment(path, creates=True)

    def find(self, destination: str) -> Outage | None:
        """See `Outages.find`."""
        record = self._read(_key(destination))
        return None if record is None else self._decode(record)

    def save(self, outage: Outage) -> None:
        """See `Outages.save`."""
        key, record = _key(outage.destination), _ENCODER.encode(outage)
        if self._read(key) == record:
            return
        with failures(self._path), self._environment.write() as store:
            store.put(key, record)

    def end(self, destination: str) -> None:
        """See `Outages.end`; harmless when there is none."""
        key = _key(destination)
        if self._read(key) is None:
            return
        with failures(self._path), self._environment.write() as store:
            store.delete(key)

    def all(self) -> Iterator[Outage]:
        """See `Outages.all`: as things stood at the call."""
        with failures(self._path), self._environment.read() as store:
            # Taken whole: a generator would keep the transaction open for as long as its caller likes.
            records = [cast("bytes", value) for _, value in store.cursor()]
        return iter([self._decode(record) for record in records])

    def close(self) -> None:
        """Let go of the files; the next call opens them again."""
        self._environment.close()

    def _read(self, key: bytes) -> bytes | None:
        with failures(self._path), self._environment.read() as store:
            return cast("bytes | None", store.get(key))

    def _decode(self, record: bytes) -> Outage:
        try:
            return _DECODER.decode(record)
        except msgspec.MsgspecError as error:
            raise Unavailable(f"{self._path}: {error}") from error


def _key(destination: str) -> bytes:
    key = b"d" + destination.encode("utf-8", "surrogatepass")
    return key if len(key) <= MAX_KEY_BYTES else b"#" + hashlib.sha256(key).digest()
