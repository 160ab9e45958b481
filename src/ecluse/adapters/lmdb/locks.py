"""Locks in LMDB: each change is on disk when the call returns, and every process of the node sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import msgspec

from ecluse.adapters.lmdb.environment import Environment, failures
from ecluse.domain.errors import Unavailable
from ecluse.domain.lock import Lock, LockScope

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Lock)


class LmdbLocks:
    """The port `Locks`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._environment = Environment(path, creates=True)

    def find(self, client: str, account: str, ip: str, now: float) -> Lock | None:
        """See `Locks.find`: one transaction, three keys."""
        names = ((LockScope.ACCOUNT, account), (LockScope.IP, ip), (LockScope.CLIENT, ""))
        with failures(self._path), self._environment.read() as store:
            records = [cast("bytes | None", store.get(_key(scope, client, name))) for scope, name in names]
        found = (self._decode(record) for record in records if record is not None)
        return next((lock for lock in found if lock.is_in_force(now)), None)

    def of(self, scope: LockScope, client: str, name: str) -> Lock | None:
        """See `Locks.of`."""
        with failures(self._path), self._environment.read() as store:
            record = cast("bytes | None", store.get(_key(scope, client, name)))
        return None if record is None else self._decode(record)

    def put(self, lock: Lock) -> None:
        """See `Locks.put`."""
        with failures(self._path), self._environment.write() as store:
            store.put(_key(*lock.key), _ENCODER.encode(lock))

    def add(self, lock: Lock, now: float) -> Lock:
        """See `Locks.add`: LMDB has one writer at a time, of all processes."""
        with failures(self._path), self._environment.write() as store:
            record = cast("bytes | None", store.get(_key(*lock.key)))
            former = None if record is None else self._decode(record)
            if former is not None and former.makes_needless(lock, now):
                return former
            store.put(_key(*lock.key), _ENCODER.encode(lock))
        return lock

    def all(self) -> Iterator[Lock]:
        """See `Locks.all`: as things stood at the call."""
        with failures(self._path), self._environment.read() as store:
            records = [cast("bytes", value) for _, value in store.cursor()]
        return iter([self._decode(record) for record in records])

    def forget(self, lock: Lock) -> None:
        """See `Locks.forget`."""
        with failures(self._path), self._environment.write() as store:
            store.delete(_key(*lock.key))

    def close(self) -> None:
        """Let go of the files; the next call opens them again."""
        self._environment.close()

    def _decode(self, record: bytes) -> Lock:
        try:
            return _DECODER.decode(record)
        except msgspec.MsgspecError as error:
            raise Unavailable(f"{self._path}: {error}") from error


def _key(scope: str, client: str, name: str) -> bytes:
    return hashlib.sha256(repr((str(scope), client, name)).encode("utf-8", "replace")).digest()
