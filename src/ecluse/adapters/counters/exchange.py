"""How sightings reach the one process that writes them: datagrams on a Unix socket, lost when nobody listens."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from ecluse.adapters.counters.record import RECORD, RELEASE, Record, unpack
from ecluse.adapters.counters.store import Store
from ecluse.domain.errors import EcluseError
from ecluse.domain.history import Kind, Memory, Sighting

log = structlog.get_logger()

BATCH_S = 0.005
TIDY_EVERY_S = 1.0
READER_CHECK_EVERY = 60  # Times of tidying.
MAX_BATCH = 10_000  # Sightings that wait; beyond it a burst is forgotten rather than memory filled.
MAX_IN_DATAGRAM = 1_000  # 41 octets each; the newest are sent where more wait.
SOCKET = "counters.sock"


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
        fresh = b"".join([RECORD.pack(key(one.kind, one.name), one.at, one.good, one.bad) for one in sightings])
        octets = (self._unsent + fresh)[-MAX_IN_DATAGRAM * RECORD.size :]
        try:
            self._socket.sendto(RELEASE + octets, self._address)
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

    def __init__(self, store: Store, tell: Callable[[Sequence[Record]], None] | None = None) -> None:
        """`tell` hears of each batch, for other nodes."""
        self._store = store
        self._tell = tell
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
        records = unpack(data)
        if records is None:
            log.warning("sightings of another release", octets=len(data))
            return
        if len(self._waiting) < MAX_BATCH:
            self._waiting += records
        if self._batch is None:
            self._batch = asyncio.get_running_loop().call_later(BATCH_S, self.write)

    def write(self) -> None:
        """Write what waits."""
        self._batch = None
        batch, self._waiting = self._waiting, []
        if not batch:
            return
        if self._tell is not None:
            self._tell(batch)
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


async def listen(
    store: Store, run_folder: Path, tell: Callable[[Sequence[Record]], None] | None = None
) -> tuple[asyncio.DatagramTransport, Writer]:
    """Hear the sightings of all workers of the node, until the transport is closed; then close the store."""
    return await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Writer(store, tell), sock=_bound(run_folder / SOCKET)
    )


def _bound(path: Path) -> socket.socket:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    bound.bind(str(path))
    return bound
