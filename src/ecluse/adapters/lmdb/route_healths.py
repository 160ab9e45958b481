"""What is known of next hops, in LMDB: written where a state begins, so that it may be told after every transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import msgspec

from ecluse.adapters.lmdb.environment import Environment, failures
from ecluse.domain.route_health import RouteHealth

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(RouteHealth)


class LmdbRouteHealths:
    """The port `RouteHealths`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._environment = Environment(path, creates=True)

    def note(self, health: RouteHealth) -> None:
        """See `RouteHealths.note`."""
        key = _key(health)
        with failures(self._path):
            with self._environment.read() as store:
                known = _decoded(cast("bytes | None", store.get(key)))
            new = health.after(known)
            if new is not None:
                with self._environment.write() as store:
                    store.put(key, _ENCODER.encode(new))

    def all(self) -> Iterator[RouteHealth]:
        """See `RouteHealths.all`."""
        with failures(self._path), self._environment.read() as store:
            records = [cast("bytes", value) for _, value in store.cursor()]
        return iter([each for each in map(_decoded, records) if each is not None])

    def forget(self, health: RouteHealth) -> None:
        """See `RouteHealths.forget`."""
        with failures(self._path), self._environment.write() as store:
            store.delete(_key(health))

    def close(self) -> None:
        """Let go of the files; the next call opens them again."""
        self._environment.close()


def _decoded(record: bytes | None) -> RouteHealth | None:
    """What cannot be read, of a later release for instance, is made anew."""
    if record is None:
        return None
    try:
        return _DECODER.decode(record)
    except msgspec.MsgspecError:
        return None


def _key(health: RouteHealth) -> bytes:
    return hashlib.sha256(repr(health.key).encode("utf-8", "replace")).digest()
