"""Detours in LMDB: each change is on disk when the call returns, and every process of the node sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import msgspec

from ecluse.adapters.lmdb.environment import Environment, failures
from ecluse.domain.detour import Detour, keys_for
from ecluse.domain.errors import Unavailable

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Detour)


class LmdbDetours:
    """The port `Detours`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._environment = Environment(path, creates=True)

    def find(self, client: str, destination: str, now: float) -> Detour | None:
        """See `Detours.find`: one transaction, three keys."""
        with failures(self._path), self._environment.read() as store:
            records = [cast("bytes | None", store.get(_key(*key))) for key in keys_for(client, destination)]
        found = (self._decode(record) for record in records if record is not None)
        return next((detour for detour in found if now < detour.until), None)

    def put(self, detour: Detour) -> None:
        """See `Detours.put`."""
        with failures(self._path), self._environment.write() as store:
            store.put(_key(*detour.key), _ENCODER.encode(detour))

    def end(self, client: str, destination: str) -> bool:
        """See `Detours.end`."""
        with failures(self._path), self._environment.write() as store:
            return bool(store.delete(_key(client, destination)))

    def all(self) -> Iterator[Detour]:
        """See `Detours.all`: as things stood at the call."""
        with failures(self._path), self._environment.read() as store:
            records = [cast("bytes", value) for _, value in store.cursor()]
        return iter([self._decode(record) for record in records])

    def close(self) -> None:
        """Let go of the files; the next call opens them again."""
        self._environment.close()

    def _decode(self, record: bytes) -> Detour:
        try:
            return _DECODER.decode(record)
        except msgspec.MsgspecError as error:
            raise Unavailable(f"{self._path}: {error}") from error


def _key(client: str, destination: str) -> bytes:
    return hashlib.sha256(repr((client, destination)).encode("utf-8", "replace")).digest()
