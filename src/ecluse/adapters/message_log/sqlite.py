"""The message log of one machine: a SQLite file for each month (UTC), written by the agent alone."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from ecluse.adapters.folder.disk import disk_errors, make_folder, sync_folder
from ecluse.adapters.message_log.busy import busy, busy_statement, values
from ecluse.adapters.message_log.figures import (
    ADD_TO,
    COUNTED,
    HOURS,
    READ,
    TABLES,
    add_to_hours,
    day_of,
    difference,
    hour_of,
    made,
    read_figures,
    read_hours,
    verdicts,
)
from ecluse.adapters.message_log.records import Record, grouped, intake, is_ours, of_client, read
from ecluse.adapters.message_log.statements import STORED, answer, stored
from ecluse.domain.errors import Unavailable
from ecluse.domain.event import MessageEvent
from ecluse.domain.incoming import Direction
from ecluse.domain.log_figures import HOUR_S, BusyAddress, DayFigure
from ecluse.domain.log_row import LogRow, received_at
from ecluse.domain.log_search import LogPage, LogPlace, LogSearch

FORMAT = 1
BUSY_S = 5.0
MAPPED_OCTETS = 1 << 30  # Of a file; address space, no memory of ours.
SUFFIX = ".sqlite"

# A client's rows lie together, by time: most pages are read from one place. The indexes are those that
# bench/message_log.py has found worth their room.
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS message_row (
    id BLOB NOT NULL, recipient TEXT NOT NULL, client TEXT NOT NULL, direction TEXT NOT NULL, sender TEXT NOT NULL,
    ip TEXT NOT NULL, disposition TEXT NOT NULL, category TEXT NOT NULL, fate TEXT NOT NULL, score REAL NOT NULL,
    code INTEGER NOT NULL, size INTEGER NOT NULL, subject TEXT NOT NULL, recipient_domain TEXT NOT NULL,
    sender_domain TEXT NOT NULL,
    PRIMARY KEY (client, id, recipient)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS message_by_time ON message_row (id, recipient);
CREATE INDEX IF NOT EXISTS message_by_recipient ON message_row (recipient, client, id);
CREATE INDEX IF NOT EXISTS message_by_sender ON message_row (sender, client, id);
CREATE INDEX IF NOT EXISTS message_by_sender_domain ON message_row (sender_domain, client, id);
CREATE INDEX IF NOT EXISTS message_by_ip ON message_row (ip, client, id);
CREATE TABLE IF NOT EXISTS message_event (id BLOB NOT NULL, digest BLOB NOT NULL, body BLOB NOT NULL, UNIQUE (id, digest));
PRAGMA user_version = {FORMAT};
"""
_PUT_ROW = f"INSERT OR REPLACE INTO message_row ({', '.join(STORED)}) VALUES ({', '.join('?' * len(STORED))})"  # noqa: S608 - names of ours.
_PUT_RECORD = "INSERT OR IGNORE INTO message_event VALUES (?, ?, ?)"
_RECORDS = "SELECT id, digest, body FROM message_event WHERE id = ?"
_FORGET = f"DELETE FROM message_row INDEXED BY message_by_time WHERE id = ? RETURNING {', '.join(COUNTED)}"  # noqa: S608 - names of ours.
_ADD_FIGURES = f"INSERT INTO message_day VALUES (?, ?, ?, ?, ?, ?, ?, ?) {ADD_TO}"  # noqa: S608 - names of ours.
_COUNT_ALL = """
INSERT INTO message_day SELECT client, day_of(id), direction, disposition, category, fate, count(*), sum(size)
FROM message_row GROUP BY 1, 2, 3, 4, 5, 6
"""
_MAKE = made(_COUNT_ALL, "hour_of(id)")
_ADD_VERDICTS = {each: f"INSERT INTO {table} VALUES (?, ?, ?) {add_to_hours(table)}" for each, table in HOURS.items()}  # noqa: S608 - names of ours.
_PURGE_HOURS = tuple(f"DELETE FROM {table} WHERE hour < ?" for table in HOURS.values())  # noqa: S608 - names of ours.
_PURGE_FIGURES = "DELETE FROM message_day WHERE day < ?"
_PURGE_ROWS = "DELETE FROM message_row WHERE id < ?"
_PURGE_EVENTS = "DELETE FROM message_event WHERE id < ?"
_OLD_OF = "SELECT id FROM message_row WHERE client = ? AND id < ? ORDER BY id LIMIT ?"
_FORGET_RECORDS = "DELETE FROM message_event WHERE id = ?"
_INDEXES = {
    "id": "message_by_time",
    "recipient": "message_by_recipient",
    "sender": "message_by_sender",
    "sender_domain": "message_by_sender_domain",
    "ip": "message_by_ip",
}
_BUSY = busy_statement("sqlite")
_IDS = frozenset({"first_id", "last_id", "after_id"})


class SqliteMessageLog:
    """See `ecluse.ports.message_log.MessageLog`. One thread at a time writes; any number read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, sqlite3.Connection] = {}  # Month -> file.
        self._readers = _Readers()

    def append(self, events: Sequence[MessageEvent]) -> None:
        """See `MessageLog.append`: of each month all or nothing."""
        by_month: dict[str, dict[str, list[MessageEvent]]] = defaultdict(dict)
        for message_id, those in grouped(events).items():
            by_month[_month(message_id)][message_id] = those
        self._close_writers(but=by_month)
        try:
            for month, by_id in by_month.items():
                with _failures():
                    _append(self._writer(month), by_id)
        except Unavailable:
            self.close()
            raise

    def search(self, search: LogSearch, limit: int, after: LogPlace | None = None) -> LogPage:
        """See `MessageLog.search`: the months from the newest to the oldest, until the page is full."""
        rows: list[LogRow] = []
        months = self._months()
        self._close_readers(but=months)
        first, last = _month(search.first_id), _month(min(search.last_id, after.id) if after else search.last_id)
        for month in [month for month in reversed(months) if first <= month <= last]:
            if len(rows) == limit:
                return LogPage(tuple(rows), LogPlace(rows[-1].id, rows[-1].recipient))
            page = self._search_month(month, search, limit - len(rows), after)
            rows += page.rows
            if page.following is not None:
                return LogPage(tuple(rows), page.following)
        return LogPage(tuple(rows), None)

    def events(self, message_id: str, client: str = "") -> tuple[MessageEvent, ...]:
        """See `MessageLog.events`."""
        if not is_ours(message_id) or _month(message_id) not in self._months():
            return ()
        with self._reader(_month(message_id)) as store:
            found = read(_records(store, [message_id]))
        return tuple(found) if not client or any(event.client == client for event in found) else ()

    def events_of(self, message_ids: Sequence[str], client: str) -> tuple[MessageEvent, ...]:
        """See `MessageLog.events_of`."""
        by_month: dict[str, list[str]] = defaultdict(list)
        for message_id in filter(is_ours, message_ids):
            by_month[_month(message_id)].append(message_id)
        found: list[MessageEvent] = []
        for month in by_month.keys() & set(self._months()):
            with self._reader(month) as store:
                found += read(_records(store, by_month[month]))
        return tuple(of_client(found, client))

    def figures(self, client: str, first: date, last: date) -> tuple[DayFigure, ...]:
        """See `MessageLog.figures`."""
        days = {"client": client, "first": first.isoformat(), "last": last.isoformat()}
        found: list[DayFigure] = []
        for month in self._months():
            if days["first"][:7] <= month <= days["last"][:7]:
                with self._reader(month) as store:
                    found += read_figures(store.execute(READ, days)) if _has(store, "message_day") else ()
        return tuple(found)

    def verdicts(self, client: str, first: int, last: int, direction: Direction = Direction.INBOUND) -> dict[int, int]:
        """See `MessageLog.verdicts`."""
        hours = {"client": client, "first": first, "last": last}
        within = [_month_of(hour * HOUR_S) for hour in (first, last)]
        found: dict[int, int] = {}
        table = HOURS[direction]
        for month in self._months():
            if within[0] <= month <= within[1]:
                with self._reader(month) as store:
                    found.update(store.execute(read_hours(table), hours) if _has(store, table) else ())
        return found

    def busy_addresses(
        self, clients: Collection[str], since: float, until: float, least: int
    ) -> dict[str, tuple[BusyAddress, ...]]:
        """See `MessageLog.busy_addresses`."""
        months = [month for month in self._months() if _month_of(since) <= month <= _month_of(until)]
        asked = values(since, until, least if len(months) == 1 else 1) | {"clients": json.dumps(list(clients))}
        stored_values = {name: _stored(name, value) for name, value in asked.items()}
        rows: list[tuple[Any, ...]] = []
        for month in months:
            with self._reader(month) as store:
                rows += store.execute(_BUSY, stored_values)
        return busy(rows, least)

    def purge(self, before: float) -> int:
        """See `MessageLog.purge`: whole months are deleted as files, what is left row by row."""
        floor, removed = LogSearch(since=before).first_id, 0
        for month in self._months():
            if month < _month(floor):
                removed += self._count(month)
                self._delete(month)
            elif month == _month(floor):
                with _failures(), _transaction(self._writer(month)) as store:
                    removed += store.execute(_PURGE_ROWS, (bytes.fromhex(floor),)).rowcount
                    store.execute(_PURGE_EVENTS, (bytes.fromhex(floor),))
                    store.execute(_PURGE_FIGURES, (day_of(floor),))
                    for statement in _PURGE_HOURS:
                        store.execute(statement, (hour_of(floor),))
            else:
                with _failures():
                    self._writer(month)  # Files of an older release get their figures.
        self._close_writers(but=())
        return removed

    def forget(self, client: str, before: float, most: int) -> int:
        """See `MessageLog.forget`: of one month at a time."""
        floor = LogSearch(since=before).first_id
        for month in self._months():
            if month > _month(floor):
                break
            with self._reader(month) as store:  # In most hours there is nothing to write.
                ids = {each for (each,) in store.execute(_OLD_OF, (client, bytes.fromhex(floor), most))}
            if ids:
                with _failures(), _transaction(self._writer(month)) as store:
                    removed = _forget(store, ids)
                self._close_writers(but=())
                return removed
        return 0

    def oldest(self) -> float:
        """See `MessageLog.oldest`."""
        for month in self._months():
            with self._reader(month) as store:
                (first,) = store.execute("SELECT MIN(id) FROM message_row").fetchone()
            if first is not None:
                return received_at(bytes(first).hex())
        return 0.0

    def close(self) -> None:
        """Let go of the files, those that other threads read excepted."""
        self._close_writers(but=())
        self._close_readers(but=())

    # -- Files

    def _months(self) -> list[str]:
        return sorted(path.stem for path in self._folder.glob(f"????-??{SUFFIX}"))

    def _writer(self, month: str) -> sqlite3.Connection:
        if month not in self._writers:
            with disk_errors("message log"):
                make_folder(self._folder)
                path = self._folder / f"{month}{SUFFIX}"
                if not path.exists():
                    _make(path)
            self._writers[month] = _prepared(_open(path, mode="rw"), _prepare_to_write)
        return self._writers[month]

    def _close_writers(self, *, but: Container[str]) -> None:
        for month in [month for month in self._writers if month not in but]:
            self._writers.pop(month).close()

    def _count(self, month: str) -> int:
        """Of a file that is about to be deleted: one that cannot be read goes all the same."""
        with suppress(Unavailable), _failures():
            (count,) = self._writer(month).execute("SELECT COUNT(*) FROM message_row").fetchone()
            return int(count)
        return 0

    def _delete(self, month: str) -> None:
        if month in self._writers:
            self._writers.pop(month).close()
        with disk_errors("message log"):
            for suffix in ("", "-wal", "-shm"):
                (self._folder / f"{month}{SUFFIX}{suffix}").unlink(missing_ok=True)

    @contextmanager
    def _reader(self, month: str) -> Iterator[sqlite3.Connection]:
        """Kept open by each thread: to open a dozen files for each answer takes longer than to read them."""
        mine = self._readers.by_month
        try:
            with _failures():
                if month not in mine:
                    mine[month] = _prepared(_open(self._folder / f"{month}{SUFFIX}", mode="rw"), _prepare_to_read)
                yield mine[month]
        except Unavailable:
            self._close_readers(but=())
            raise

    def _close_readers(self, *, but: Container[str]) -> None:
        mine = self._readers.by_month
        for month in [month for month in mine if month not in but]:
            mine.pop(month).close()

    def _search_month(self, month: str, search: LogSearch, limit: int, after: LogPlace | None) -> LogPage:
        with self._reader(month) as store:

            def ask(statement: str, values: dict[str, object], index: str) -> Iterable[tuple[Any, ...]]:
                stored_values = {name: _stored(name, value) for name, value in values.items()}
                return map(_plain, store.execute(_by_index(statement, index), stored_values))

            return answer(search, limit, after, ask)


def _open(path: Path, *, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_S,
        isolation_level=None,
        # Used by one thread after another: those of a pool.
        check_same_thread=False,
    )


class _Readers(threading.local):
    def __init__(self) -> None:
        self.by_month: dict[str, sqlite3.Connection] = {}


def _make(path: Path) -> None:
    """Under another name first: nobody reads half a file."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with closing(_open(draft, mode="rwc")) as store:
        # Write-ahead: whoever reads does not wait for whoever writes.
        store.execute("PRAGMA journal_mode = WAL")
        store.executescript(_SCHEMA)
    draft.rename(path)
    sync_folder(path.parent)


def _prepared(store: sqlite3.Connection, prepare: Callable[[sqlite3.Connection], None]) -> sqlite3.Connection:
    try:
        _demand_format(store)
        prepare(store)
    except BaseException:
        store.close()
        raise
    return store


def _demand_format(store: sqlite3.Connection) -> None:
    (found,) = store.execute("PRAGMA user_version").fetchone()
    if found > FORMAT:
        raise Unavailable(f"message log: kept by a later release (format {found})")


def _prepare_to_write(store: sqlite3.Connection) -> None:
    # Synced, since the journal is passed over once we have said so.
    store.execute("PRAGMA synchronous = FULL")
    if not all(_has(store, table) for table in TABLES):
        store.create_function("day_of", 1, lambda octets: day_of(octets.hex()), deterministic=True)
        store.create_function("hour_of", 1, lambda octets: hour_of(octets.hex()), deterministic=True)
        with _transaction(store):
            for table, statements in _MAKE.items():
                if not _has(store, table):  # Another process may have been first.
                    for statement in statements:
                        store.execute(statement)


def _has(store: sqlite3.Connection, table: str) -> bool:
    return bool(store.execute("SELECT count(*) FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0])


def _prepare_to_read(store: sqlite3.Connection) -> None:
    store.execute("PRAGMA query_only = ON")
    store.execute(f"PRAGMA mmap_size = {MAPPED_OCTETS}")
    # As PostgreSQL has them; SQLite's own `lower` knows ASCII alone.
    store.create_function("lower", 1, str.lower, deterministic=True)
    store.create_function("strpos", 2, lambda text, part: text.find(part) + 1, deterministic=True)


def _by_index(statement: str, index: str) -> str:
    """Left to itself SQLite takes the table's own order, and reads all of a client's rows for one sender's."""
    name = _INDEXES.get(index)
    return statement.replace("FROM message_row", f"FROM message_row INDEXED BY {name}", 1) if name else statement


def _append(store: sqlite3.Connection, by_id: Mapping[str, list[MessageEvent]]) -> None:
    with _transaction(store):
        known = list(_records(store, by_id))
        found = intake(by_id, known)
        again = {record.id for record in known} & {record.id for record in found.records}
        gone = [_plain(row) for each in again for row in store.execute(_FORGET, (bytes.fromhex(each),))]
        store.executemany(_ADD_FIGURES, difference(found.rows, gone))
        for direction, statement in _ADD_VERDICTS.items():
            store.executemany(statement, verdicts(found.rows, gone, direction))
        store.executemany(_PUT_RECORD, ((bytes.fromhex(one.id), one.digest, one.body) for one in found.records))
        store.executemany(_PUT_ROW, ((bytes.fromhex(row.id), *stored(row)[1:]) for row in found.rows))


def _forget(store: sqlite3.Connection, ids: Collection[bytes]) -> int:
    store.executemany(_FORGET_RECORDS, ((each,) for each in ids))
    return sum(len(store.execute(_FORGET, (each,)).fetchall()) for each in ids)


def _records(store: sqlite3.Connection, ids: Iterable[str]) -> Iterator[Record]:
    for message_id in ids:
        for _, digest, body in store.execute(_RECORDS, (bytes.fromhex(message_id),)):
            yield Record(message_id, digest, body)


def _month(message_id: str) -> str:
    return _month_of(received_at(message_id))


def _month_of(at: float) -> str:
    """The last month of all for what lies beyond the calendar."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m")
    except (ValueError, OverflowError):
        return "9999-12"


def _stored(name: str, value: object) -> object:
    return bytes.fromhex(value) if name in _IDS and isinstance(value, str) else value


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (row[0].hex(), *row[1:]) if isinstance(row[0], bytes) else row


@contextmanager
def _transaction(store: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    store.execute("BEGIN IMMEDIATE")
    try:
        yield store
    except BaseException:
        store.execute("ROLLBACK")
        raise
    store.execute("COMMIT")


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as problem:
        # The text of a driver's error may quote values: its class must do.
        raise Unavailable(f"message log: {type(problem).__name__}") from problem
