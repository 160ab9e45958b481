"""What a charge is in tables: few statements for each, as every message waits for them."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Sequence
from hashlib import blake2b

from ecluse.domain.errors import Unavailable
from ecluse.domain.quota import DAY_S, HISTORY_DAYS, MAX_MEMBERS, Bucket, Charge, Crowd, Grant, Sum

FORMAT = 1

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
# Joined in this order: SQLite looks each of the few names up, where `IN` would read the whole table.
_FIND_AMOUNTS = """
WITH asked (name, start) AS (VALUES {rows}) SELECT name, start, amount FROM asked CROSS JOIN amount USING (name, start)
"""
_ADD_AMOUNT = """
INSERT INTO amount VALUES (?, ?, ?, ?) ON CONFLICT (name, start) DO UPDATE SET amount = amount + excluded.amount
"""
_FIND_DAYS = "SELECT start, amount FROM amount WHERE name = ? AND start BETWEEN ? AND ?"
_FIND_CROWDS = "SELECT name, members FROM crowd WHERE name IN ({rows})"
_PUT_CROWD = "INSERT OR REPLACE INTO crowd VALUES (?, ?, ?)"
_FIND_BUCKET = "SELECT level, at FROM bucket WHERE name = ?"
_PUT_BUCKET = "INSERT OR REPLACE INTO bucket VALUES (?, ?, ?, ?)"
_DROP_BUCKET = "DELETE FROM bucket WHERE name = ?"
_PURGES = (
    "DELETE FROM amount WHERE ends < ?",
    "DELETE FROM crowd WHERE ends < ?",
    "DELETE FROM bucket WHERE ends < ?",
)
_MEMBER = struct.Struct("<8sd")  # A member's digest, and when it came last.


def prepare(store: sqlite3.Connection) -> None:
    """Make a file ours, or see that it is. Raises `Unavailable`."""
    (found,) = store.execute("PRAGMA user_version").fetchone()
    if found > FORMAT:
        raise Unavailable(f"quotas: kept by a later release (format {found})")
    store.execute("PRAGMA journal_mode = WAL")
    store.executescript(_SCHEMA)
    store.execute(f"PRAGMA user_version = {FORMAT}")


class Counts:
    """Works within the transaction of its caller; what it raises is an `sqlite3.Error`."""

    def __init__(self, salt: bytes) -> None:
        """`salt` makes the names unguessable (15-7)."""
        self._salt = salt

    def take(self, store: sqlite3.Connection, charge: Charge) -> Grant:
        """As `Quotas.take`."""
        rows, amounts, keys, crowds = self._with(store, charge)
        denied = _first_passed(charge, amounts, crowds)
        if denied is not None:
            return Grant(denied)
        store.executemany(_ADD_AMOUNT, [row for row in rows if row[2]])  # Nothing is added where one is only asked.
        put = zip(charge.crowds, keys, crowds, strict=True)
        store.executemany(_PUT_CROWD, [(key, _packed(now), charge.at + crowd.kept_s) for crowd, key, now in put])
        levels = tuple([self._fill(store, one, charge.at) for one in charge.buckets])
        return Grant(None, tuple(amounts), tuple(map(len, crowds)), levels)

    def denied(self, store: sqlite3.Connection, charge: Charge) -> Sum | Crowd | None:
        """The first limit that it would pass; nothing is counted."""
        _, amounts, _, crowds = self._with(store, charge)
        return _first_passed(charge, amounts, crowds)

    def days(self, store: sqlite3.Connection, name: str, days: Sequence[int]) -> tuple[int, ...]:
        """As `Quotas.days`."""
        if not days:
            return ()
        between = (self._key(name), min(days) * DAY_S, max(days) * DAY_S)
        found = dict(store.execute(_FIND_DAYS, between).fetchall())
        return tuple([found.get(day * DAY_S, 0) for day in days])

    def empty(self, store: sqlite3.Connection, names: Sequence[str]) -> None:
        """As `Quotas.empty`."""
        store.executemany(_DROP_BUCKET, [(self._key(name),) for name in names])

    def purge(self, store: sqlite3.Connection, now: float) -> None:
        """Forget what nobody will ask for any more."""
        for purge in _PURGES:
            store.execute(purge, (now,))

    def _with(
        self, store: sqlite3.Connection, charge: Charge
    ) -> tuple[list[tuple[bytes, int, int, float]], list[int], list[bytes], list[dict[bytes, float]]]:
        """Its sums as rows and what they come to with it, its crowds by key and whoever is in them then."""
        at = charge.at
        rows = [(self._key(one.name), one.starts_at(at), one.amount, one.kept_until(at)) for one in charge.sums]
        amounts = _amounts(store, rows)
        keys = [self._key(one.name) for one in charge.crowds]
        return rows, amounts, keys, self._crowds(store, charge, keys)

    def _crowds(self, store: sqlite3.Connection, charge: Charge, keys: list[bytes]) -> list[dict[bytes, float]]:
        if not keys:
            return []
        found = dict(store.execute(_FIND_CROWDS.format(rows=_marks("?", len(keys))), keys).fetchall())
        came: dict[tuple[str, ...], dict[bytes, float]] = {}  # Most crowds of a message are of the same people.
        crowds = []
        for one, key in zip(charge.crowds, keys, strict=True):
            if one.members not in came:
                came[one.members] = dict.fromkeys(map(self._digest, one.members), charge.at)
            crowds.append(_known(found.get(key, b""), charge.at - one.kept_s) | came[one.members])
        return crowds

    def _fill(self, store: sqlite3.Connection, bucket: Bucket, at: float) -> float:
        key = self._key(bucket.name)
        level, since = store.execute(_FIND_BUCKET, (key,)).fetchone() or (0.0, at)
        filled = max(0.0, level - max(0.0, at - since) * bucket.leak_per_s) + bucket.points
        store.execute(_PUT_BUCKET, (key, filled, max(at, since), at + HISTORY_DAYS * DAY_S))
        return float(filled)

    def _key(self, name: str) -> bytes:
        return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16, key=self._salt).digest()

    def _digest(self, member: str) -> bytes:
        return blake2b(member.encode("utf-8", "surrogatepass"), digest_size=8, key=self._salt).digest()


def _amounts(store: sqlite3.Connection, rows: list[tuple[bytes, int, int, float]]) -> list[int]:
    """What each sum comes to with its own amount."""
    if not rows:
        return []
    asked = [value for name, start, _, _ in rows for value in (name, start)]
    found = store.execute(_FIND_AMOUNTS.format(rows=_marks("(?, ?)", len(rows))), asked).fetchall()
    known = {(name, start): amount for name, start, amount in found}
    return [known.get((name, start), 0) + amount for name, start, amount, _ in rows]


def _marks(one: str, count: int) -> str:
    return ", ".join([one] * count)


def _known(packed: bytes, since: float) -> dict[bytes, float]:
    return {member: came for member, came in _MEMBER.iter_unpack(packed) if came > since}


def _packed(members: dict[bytes, float]) -> bytes:
    if len(members) > MAX_MEMBERS:
        members = dict(sorted(members.items(), key=lambda one: one[1])[-MAX_MEMBERS:])
    return b"".join([_MEMBER.pack(member, came) for member, came in members.items()])


def _first_passed(charge: Charge, amounts: list[int], crowds: list[dict[bytes, float]]) -> Sum | Crowd | None:
    for one, count in zip(charge.sums, amounts, strict=True):
        if 0 < one.most < count:
            return one
    for crowd, members in zip(charge.crowds, crowds, strict=True):
        if 0 < crowd.most < len(members):
            return crowd
    return None
