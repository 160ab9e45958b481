"""What one node sees of senders, told to the others through a stream of the counter server.

Each node answers from its own file of memories, in microseconds and whether the server is there or not; what others have
seen comes into it a moment later. The server keeps no memories, only what was seen last: a node that was away longer, or
is new, has missed what fell out of the stream, and learns it again from what comes.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any

import structlog
from valkey.asyncio import Valkey

from ecluse.adapters.counters.exchange import MAX_BATCH
from ecluse.adapters.counters.keys import SALT_OCTETS
from ecluse.adapters.counters.record import Record, pack, unpack
from ecluse.adapters.counters.store import Store
from ecluse.adapters.valkey.server import PREFIX, CounterServer, failures, go_on
from ecluse.domain.errors import EcluseError, Unavailable

log = structlog.get_logger()

GATHER_S = 0.05
MAX_IN_ENTRY = 500  # Sightings, of 41 octets each.
MAX_ENTRIES = 40_000  # Some 800 MB when all are full, which takes 16 million sightings; usually a hundredth.
MAX_ENTRY_OCTETS = 1 << 16
ENTRIES_AT_ONCE = 10  # So that one write to the memories takes some milliseconds.
BLOCK_MS = 1_000
PATIENCE_S = 5.0
AGAIN_S = 1.0

_STREAM, _SALT = f"{PREFIX}sightings", f"{PREFIX}salt"
_BEGINNING = "0-0"


class SharedSightings:
    """The agent's part: tells what its node sees, and writes what others see into the node's memories."""

    def __init__(
        self, store: Store, salt: bytes, server: CounterServer, position: Path, tell_away: Callable[[bool], None]
    ) -> None:
        """`position` is a file that says how far the stream was read; it goes when the memories go."""
        self._store, self._salt, self._server, self._tell_away = store, salt, server, tell_away
        self._position = position
        self._mark = secrets.token_bytes(8)  # Of what this process told: it is in the memories already.
        self._untold: deque[Record] = deque(maxlen=MAX_BATCH)
        self._is_away: bool | None = None

    @property
    def is_away(self) -> bool:
        """Whether the server does not answer, so that the node is by itself."""
        return self._is_away is not False

    def take(self, records: Iterable[Record]) -> None:
        """What the node has just seen; never waits. While the server is away the oldest are forgotten first."""
        self._untold.extend(records)

    async def serve(self) -> None:
        """Tell and hear, and look for the server while it is away; for ever."""
        while True:
            try:
                async with self._server.connect(PATIENCE_S) as telling, self._server.connect(PATIENCE_S) as hearing:
                    await self._meet(telling)
                    await _first_end(self._tell(telling), self._hear(hearing))
            except Unavailable as problem:
                if self._is_away is not True:
                    log.error("what senders do is remembered on this node alone", problem=str(problem))
                self._note_away(is_away=True)
                await asyncio.sleep(AGAIN_S)

    async def _meet(self, client: Valkey) -> None:
        """All nodes must salt alike. A server that has forgotten the salt is told it by the first that comes."""
        with failures():
            salt = await _agreed_salt(client, self._salt)
        if salt != self._salt:
            raise Unavailable(
                "the counter server: its salt is another than this node's; restart the node to take it over"
            )
        if self._is_away is not False:
            log.info("what senders do is shared with the other nodes")
        self._note_away(is_away=False)

    async def _tell(self, client: Valkey) -> None:
        while go_on():
            await asyncio.sleep(GATHER_S)
            while self._untold:
                batch = [self._untold.popleft() for _ in range(min(MAX_IN_ENTRY, len(self._untold)))]
                entry: dict[Any, Any] = {"by": self._mark, "seen": pack(batch)}
                with failures():
                    await client.xadd(_STREAM, entry, maxlen=MAX_ENTRIES, approximate=True)

    async def _hear(self, client: Valkey) -> None:
        place = self._read_position()
        while go_on():
            with failures():
                found = await client.xread({_STREAM: place}, count=ENTRIES_AT_ONCE, block=BLOCK_MS)
            for _, entries in found:
                place = entries[-1][0].decode("ascii")
                self._remember([one for _, fields in entries for one in self._seen_by_others(fields)], place)

    def _seen_by_others(self, fields: dict[bytes, bytes]) -> list[Record]:
        octets = fields.get(b"seen", b"")
        if fields.get(b"by") == self._mark:
            return []
        records = unpack(octets) if len(octets) <= MAX_ENTRY_OCTETS else None
        if records is None:
            log.warning("sightings of another release", octets=len(octets))
        return records or []

    def _remember(self, records: list[Record], place: str) -> None:
        try:
            self._store.write(records)
            self._position.write_text(place, "ascii")
        except (EcluseError, OSError) as problem:
            log.error("sightings forgotten", count=len(records), problem=str(problem))

    def _read_position(self) -> str:
        try:
            text = self._position.read_text("ascii")
        except (OSError, UnicodeError):
            return _BEGINNING
        head, dash, tail = text.partition("-")
        return text if dash and head.isdecimal() and tail.isdecimal() else _BEGINNING

    def _note_away(self, *, is_away: bool) -> None:
        self._is_away = is_away
        self._tell_away(is_away)


async def agree_on_salt(server: CounterServer, own: bytes, timeout_s: float) -> bytes:
    """The salt of all nodes: the server's, or ours where it has none yet. Raises `Unavailable`."""
    async with server.connect(timeout_s) as client:
        with failures():
            return await _agreed_salt(client, own)


async def known_salt(server: CounterServer, timeout_s: float) -> bytes | None:
    """The salt that nodes have agreed on; None where none has come yet. Writes nothing. Raises `Unavailable`."""
    async with server.connect(timeout_s) as client:
        with failures():
            salt = await client.get(_SALT)
            return salt if isinstance(salt, bytes) else None


async def _agreed_salt(client: Valkey, own: bytes) -> bytes:
    await client.set(_SALT, own, nx=True)
    salt = await client.get(_SALT)
    if not isinstance(salt, bytes) or len(salt) != SALT_OCTETS:
        raise Unavailable("the counter server: what it has is no salt of ours")
    return salt


async def _first_end(*works: Coroutine[Any, Any, None]) -> None:
    """Both for ever: where one fails, so does the other."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except ExceptionGroup as several:
        raise several.exceptions[0] from several
