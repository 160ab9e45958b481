"""The port `Quotas` of one machine, in an SQLite file that all processes of the node write, one at a time.

Written ahead and not synced: the end of a process loses nothing, a power cut the last moments, and neither harms the file.
"""

from __future__ import annotations

import asyncio
import sqlite3
import struct
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from ecluse.adapters.folder.disk import disk_errors, make_folder
from ecluse.domain.errors import Unavailable
from ecluse.domain.quota import DAY_S, HISTORY_DAYS, MAX_MEMBERS, Bucket, Charge, Crowd, Grant, Sum

FORMAT = 1
BUSY_S = 5.0
PURGE_EVERY_S = 60.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS amount (
    name BLOB NOT NULL, start INTEGER NOT NULL, amount INTEGER NOT NULL, ends REAL NOT NULL, PRIMARY KEY (name, start)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS amount_by_end ON amount (ends);
CREATE TABLE IF NOT EXISTS crowd (name BLOB PRIMARY KEY, members BLOB NOT NULL, ends REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS crowd_by_end ON crowd (ends);
CREATE TABLE IF NOT EXISTS bucket (name BLOB PRIMARY KEY, level REAL NOT NULL, at REAL NOT NULL, ends REAL NOT NULL)
WITHOUT ROWID;
"""
_FIND_AMOUNT = "SELECT amount FROM amount WHERE name = ? AND start = ?"
_ADD_AMOUNT = """
INSERT INTO amount VALUES (?, ?, ?, ?) ON CONFLICT (name, start) DO UPDATE SET amount = amount + excluded.amount
"""
_FIND_CROWD = "SELECT members FROM crowd WHERE name = ?"
_PUT_CROWD = "INSERT OR REPLACE INTO crowd VALUES (?, ?, ?)"
_FIND_BUCKET = "SELECT level, at FROM bucket WHERE name = ?"
_PUT_BUCKET = "INSERT OR REPLACE INTO bucket VALUES (?, ?, ?, ?)"
_PURGES = (
    "DELETE FROM amount WHERE ends < ?",
    "DELETE FROM crowd WHERE ends < ?",
    "DELETE FROM bucket WHERE ends < ?",
)
_MEMBER = struct.Struct("<8sd")  # A member's digest, and when it came last.

Answer = TypeVar("Answer")


class SqliteQuotas:
    """Opened on first use, in the process that uses it; its one thread asks in the order of the calls."""

    def __init__(self, path: Path, salt: bytes) -> None:
        """`salt` makes the names unguessable (15-7)."""
        self._path, self._salt = path, salt
        self._store: sqlite3.Connection | None = None
        self._purge_at = 0.0
        self._thread = ThreadPoolExecutor(1, "quotas")

    async def take(self, charge: Charge) -> Grant:
        """See `Quotas.take`."""
        return await self._ask(lambda store: self._take(store, charge))

    async def denied(self, charge: Charge) -> Sum | Crowd | None:
        """The first limit that it would pass; nothing is counted. Raises `Unavailable`."""
        return await self._ask(lambda store: _first_passed(charge, *self._with(store, charge)))

    async def days(self, name: str, days: Sequence[int]) -> tuple[int, ...]:
        """See `Quotas.days`."""
        key = self._key(name)
        return await self._ask(lambda store: tuple(_amount(store, key, day * DAY_S) for day in days))

    async def empty(self, names: Sequence[str]) -> None:
        """See `Quotas.empty`."""
        keys = [(self._key(name),) for name in names]
        await self._ask(lambda store: store.executemany("DELETE FROM bucket WHERE name = ?", keys))

    def close(self) -> None:
        """Let go of the file."""
        self._thread.shutdown()
        if self._store is not None:
            self._store.close()

    async def _ask(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._do, work)

    def _do(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer:
        with _failures():
            store = self._store = self._store or self._open()
            store.execute("BEGIN IMMEDIATE")
            try:
                answer = work(store)
            except BaseException:
                store.execute("ROLLBACK")
                raise
            store.execute("COMMIT")
            return answer

    def _open(self) -> sqlite3.Connection:
        with disk_errors("quotas"):
            make_folder(self._path.parent)
        store = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            _prepare(store)
        except BaseException:
            store.close()
            raise
        return store

    def _take(self, store: sqlite3.Connection, charge: Charge) -> Grant:
        self._purge(store, charge.at)
        amounts, crowds = self._with(store, charge)
        denied = _first_passed(charge, amounts, crowds)
        if denied is not None:
            return Grant(denied)
        for each in charge.sums:
            store.execute(_ADD_AMOUNT, self._row(each, charge.at))
        for crowd, members in zip(charge.crowds, crowds, strict=True):
            store.execute(_PUT_CROWD, (self._key(crowd.name), _packed(members), charge.at + crowd.kept_s))
        levels = tuple(self._fill(store, one, charge.at) for one in charge.buckets)
        return Grant(None, tuple(amounts), tuple(map(len, crowds)), levels)

    def _with(self, store: sqlite3.Connection, charge: Charge) -> tuple[list[int], list[dict[bytes, float]]]:
        """What its sums and crowds come to with it."""
        amounts = [_amount(store, self._key(one.name), one.starts_at(charge.at)) + one.amount for one in charge.sums]
        return amounts, [self._crowd(store, one, charge.at) for one in charge.crowds]

    def _row(self, one: Sum, at: float) -> tuple[bytes, int, int, float]:
        return (self._key(one.name), one.starts_at(at), one.amount, one.kept_until(at))

    def _crowd(self, store: sqlite3.Connection, crowd: Crowd, at: float) -> dict[bytes, float]:
        row = store.execute(_FIND_CROWD, (self._key(crowd.name),)).fetchone()
        known = (
            {member: came for member, came in _MEMBER.iter_unpack(row[0]) if came > at - crowd.kept_s} if row else {}
        )
        return known | dict.fromkeys(map(self._digest, crowd.members), at)

    def _fill(self, store: sqlite3.Connection, bucket: Bucket, at: float) -> float:
        key = self._key(bucket.name)
        level, since = store.execute(_FIND_BUCKET, (key,)).fetchone() or (0.0, at)
        filled = max(0.0, level - max(0.0, at - since) * bucket.leak_per_s) + bucket.points
        store.execute(_PUT_BUCKET, (key, filled, max(at, since), at + HISTORY_DAYS * DAY_S))
        return float(filled)

    def _purge(self, store: sqlite3.Connection, now: float) -> None:
        if abs(now - self._purge_at) < PURGE_EVERY_S:
            return
        self._purge_at = now
        for purge in _PURGES:
            store.execute(purge, (now,))

    def _key(self, name: str) -> bytes:
        return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16, key=self._salt).digest()

    def _digest(self, member: str) -> bytes:
        return blake2b(member.encode("utf-8", "surrogatepass"), digest_size=8, key=self._salt).digest()


def _prepare(store: sqlite3.Connection) -> None:
    (found,) = store.execute("PRAGMA user_version").fetchone()
    if found > FORMAT:
        raise Unavailable(f"quotas: kept by a later release (format {found})")
    store.execute("PRAGMA journal_mode = WAL")
    store.execute("PRAGMA synchronous = NORMAL")
    store.executescript(_SCHEMA)
    store.execute(f"PRAGMA user_version = {FORMAT}")


def _first_passed(charge: Charge, amounts: list[int], crowds: list[dict[bytes, float]]) -> Sum | Crowd | None:
    limited: list[tuple[Sum | Crowd, int]] = list(zip(charge.sums, amounts, strict=True))
    limited += zip(charge.crowds, map(len, crowds), strict=True)
    return next((one for one, count in limited if 0 < one.most < count), None)


def _amount(store: sqlite3.Connection, key: bytes, start: int) -> int:
    row = store.execute(_FIND_AMOUNT, (key, start)).fetchone()
    return int(row[0]) if row else 0


def _packed(members: dict[bytes, float]) -> bytes:
    newest = sorted(members.items(), key=lambda one: one[1])[-MAX_MEMBERS:]
    return b"".join(_MEMBER.pack(member, came) for member, came in newest)


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as problem:
        raise Unavailable(f"quotas: {problem}") from problem
