"""How sightings reach the one process that writes them: datagrams on a Unix socket, lost when nobody listens."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Sequence
from pathlib import Path

import structlog

from ecluse.adapters.counters.keys import KEY_OCTETS
from ecluse.adapters.counters.store import Record, Store
from ecluse.domain.errors import EcluseError
from ecluse.domain.history import Kind, Memory, Sighting

log = structlog.get_logger()

BATCH_S = 0.005
TIDY_EVERY_S = 1.0
READER_CHECK_EVERY = 60  # Times of tidying.
MAX_BATCH = 10_000  # Sightings that wait; beyond it a burst is forgotten rather than memory filled.
MAX_IN_DATAGRAM = 1_000  # 41 octets each; the newest are sent where more wait.
SOCKET = "counters.sock"

_RELEASE = b"\x01"
_RECORD = struct.Struct(f"<{KEY_OCTETS}sddd")


class NodeCounters:
    """The port `Counters` of a worker."""

    def __init__(self, store: Store, run_folder: Path) -> None:
        self._store = store
        self._address = str(run_folder / SOCKET)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._unsent = b""

    def find(self, kind: Kind, name: str) -> Memory | None:
        """See `Counters.find`."""
        return self._store.find(kind, name)

    def find_each(self, kind: Kind, names: Sequence[str]) -> tuple[Memory | None, ...]:
        """See `Counters.find_each`."""
        return self._store.find_each(kind, names)

    def note(self, sightings: tuple[Sighting, ...]) -> None:
        """See `Counters.note`."""
        if not sightings:
            return
        key = self._store.keys.key
        fresh = b"".join([_RECORD.pack(key(one.kind, one.name), one.at, one.good, one.bad) for one in sightings])
        octets = (self._unsent + fresh)[-MAX_IN_DATAGRAM * _RECORD.size :]
        try:
            self._socket.sendto(_RELEASE + octets, self._address)
            self._unsent = b""
        except BlockingIOError:
            # Linux lets ten datagrams wait by default: a busy writer gets these with the next.
            self._unsent = octets
        except OSError:
            self._unsent = b""

    def close(self) -> None:
        """Let go of file and socket."""
        self._store.close()
        self._socket.close()


class Writer(asyncio.DatagramProtocol):
    """Gathers sightings for some milliseconds and writes them in one transaction; between times it tidies up."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[Record] = []
        self._batch: asyncio.TimerHandle | None = None
        self._tidying: asyncio.TimerHandle | None = None
        self._times_tidied = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to tidy up."""
        del transport
        self._tidy()

    def connection_lost(self, exc: Exception | None) -> None:
        """Write what still waits."""
        del exc
        for timer in filter(None, (self._batch, self._tidying)):
            timer.cancel()
        self.write()

    def datagram_received(self, data: bytes, addr: object) -> None:
        """One message's sightings, or more."""
        del addr
        if data[:1] != _RELEASE or len(data) % _RECORD.size != 1:
            log.warning("sightings of another release", octets=len(data))
            return
        if len(self._waiting) < MAX_BATCH:
            self._waiting += [Record(*fields) for fields in _RECORD.iter_unpack(data[1:])]
        if self._batch is None:
            self._batch = asyncio.get_running_loop().call_later(BATCH_S, self.write)

    def write(self) -> None:
        """Write what waits."""
        self._batch = None
        batch, self._waiting = self._waiting, []
        if not batch:
            return
        try:
            self._store.write(batch)
        except (EcluseError, OSError) as problem:
            log.error("sightings forgotten", count=len(batch), problem=str(problem))

    def _tidy(self) -> None:
        self._tidying = asyncio.get_running_loop().call_later(TIDY_EVERY_S, self._tidy)
        self._times_tidied += 1
        try:
            self._store.tidy(time.time())
            if self._times_tidied % READER_CHECK_EVERY == 0:
                self._store.reader_check()
        except (EcluseError, OSError) as problem:
            log.error("memories not tidied", problem=str(problem))


async def listen(store: Store, run_folder: Path) -> tuple[asyncio.DatagramTransport, Writer]:
    """Hear the sightings of all workers of the node, until the transport is closed; then close the store."""
    return await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Writer(store), sock=_bound(run_folder / SOCKET)
    )


def _bound(path: Path) -> socket.socket:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    bound.bind(str(path))
    return bound
