"""The message log of many nodes: two tables of PostgreSQL, partitioned by week (UTC), which agents fill by COPY."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

from ecluse.adapters.controldb.database import Database, Transaction, in_psycopg
from ecluse.adapters.message_log.busy import busy, busy_statement, values
from ecluse.adapters.message_log.figures import (
    ADD_TO,
    COUNTED,
    HOURS,
    KINDS,
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
from ecluse.adapters.message_log.records import Intake, Record, grouped, intake, is_ours, of_client, read
from ecluse.adapters.message_log.statements import STORED, answer, stored
from ecluse.domain.errors import Unavailable
from ecluse.domain.event import MessageEvent
from ecluse.domain.incoming import Direction
from ecluse.domain.log_figures import BusyAddress, DayFigure
from ecluse.domain.log_row import received_at
from ecluse.domain.log_search import LogPage, LogPlace, LogSearch

_TABLES = ("message_row", "message_event")
_LOCK = 0x6563_6C75_7365  # "ecluse".
_NAME = re.compile(r"message_(?:row|event)_(\d{8})")
_BUSY = in_psycopg(busy_statement("postgresql"))
_IDS = frozenset({"first_id", "last_id", "after_id"})

# Compared octet by octet, as we do ourselves; the subject alone is looked at in lower case, by the rules of its letters.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS message_row (
    id uuid NOT NULL, score real NOT NULL, size bigint NOT NULL, code smallint NOT NULL,
    recipient text COLLATE "C" NOT NULL, client text COLLATE "C" NOT NULL, direction text COLLATE "C" NOT NULL,
    sender text COLLATE "C" NOT NULL, ip text COLLATE "C" NOT NULL, disposition text COLLATE "C" NOT NULL,
    category text COLLATE "C" NOT NULL, fate text COLLATE "C" NOT NULL, subject text NOT NULL,
    recipient_domain text COLLATE "C" NOT NULL, sender_domain text COLLATE "C" NOT NULL,
    PRIMARY KEY (id, recipient)
) PARTITION BY RANGE (id);
CREATE INDEX IF NOT EXISTS message_by_client ON message_row (client, id, recipient);
CREATE INDEX IF NOT EXISTS message_by_recipient ON message_row (recipient, client, id);
CREATE INDEX IF NOT EXISTS message_by_sender ON message_row (sender, client, id, recipient);
CREATE INDEX IF NOT EXISTS message_by_sender_domain ON message_row (sender_domain, client, id, recipient);
CREATE INDEX IF NOT EXISTS message_by_ip ON message_row (ip, client, id, recipient);
CREATE TABLE IF NOT EXISTS message_event (
    id uuid NOT NULL, digest bytea NOT NULL, body bytea NOT NULL, PRIMARY KEY (id, digest)
) PARTITION BY RANGE (id);
"""
_HAS_SCHEMA = "SELECT to_regclass('message_row') IS NOT NULL AND to_regclass('message_event') IS NOT NULL"
_PARTITIONS = """
SELECT child.relname FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
WHERE inhparent = to_regclass('message_row') OR inhparent = to_regclass('message_event')
"""
_RECORDS = """
SELECT id, digest, body FROM message_event
WHERE id = ANY(%(ids)s::uuid[]) AND id >= %(first)s::uuid AND id <= %(last)s::uuid
"""
_FORGET = f"""
DELETE FROM message_row WHERE id = ANY(%(ids)s::uuid[]) AND id >= %(first)s::uuid AND id <= %(last)s::uuid
RETURNING {", ".join(COUNTED)}
"""  # noqa: S608 - names of ours.
_OLD_OF = """
SELECT id FROM message_row WHERE client = %(client)s AND id < %(floor)s ORDER BY id LIMIT %(most)s
"""
_FORGET_RECORDS = """
DELETE FROM message_event WHERE id = ANY(%(ids)s::uuid[]) AND id >= %(first)s::uuid AND id <= %(last)s::uuid
"""
_FIGURES = (*KINDS, "count", "octets")
_ADD_FIGURES = f"""
INSERT INTO message_day SELECT * FROM unnest(
    {", ".join(f"%({name})s::text[]" for name in KINDS)}, %(count)s::bigint[], %(octets)s::bigint[]
) {ADD_TO}
"""  # noqa: S608 - names of ours.
_RECEIVED = "('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint"  # Milliseconds.
_COUNT_ALL = f"""
INSERT INTO message_day SELECT client, to_char(
    to_timestamp({_RECEIVED} / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD'
), direction, disposition, category, fate, count(*), sum(size) FROM message_row GROUP BY 1, 2, 3, 4, 5, 6
"""  # noqa: S608 - names of ours.
_HOURS = ("client", "hour", "count")
_ADD_VERDICTS = {
    each: f"""
    INSERT INTO {table} SELECT * FROM unnest(%(client)s::text[], %(hour)s::bigint[], %(count)s::bigint[]) {add_to_hours(table)}
    """  # noqa: S608 - names of ours.
    for each, table in HOURS.items()
}
_MAKE = made(_COUNT_ALL, f"{_RECEIVED} / 3600000")
_PURGE_FIGURES = {"message_day": "DELETE FROM message_day WHERE day < %(day)s"} | {
    table: f"DELETE FROM {table} WHERE hour < %(hour)s"  # noqa: S608 - names of ours.
    for table in HOURS.values()
}
_COUNT_BEFORE = "SELECT COUNT(*) FROM message_row WHERE id < %(floor)s"
_OLDEST = "SELECT id FROM message_row ORDER BY id LIMIT 1"  # The smallest partition first, by its index.
_PURGE = ("DELETE FROM message_row WHERE id < %(floor)s", "DELETE FROM message_event WHERE id < %(floor)s")
COPY_ROWS = f"COPY message_row ({', '.join(STORED)}) FROM STDIN"
COPY_RECORDS = "COPY message_event (id, digest, body) FROM STDIN"


class PostgresqlMessageLog:
    """See `ecluse.ports.message_log.MessageLog`. One connection: not for two threads at once.

    The tables are made by the first agent that writes: its role owns them. Who only searches needs no more than SELECT.
    """

    def __init__(self, url: str) -> None:
        """Raises `Impossible` for the URL of another database."""
        self._database = Database(url)
        self._weeks: set[str] = set()  # Those that are known to have partitions.

    def append(self, events: Sequence[MessageEvent]) -> None:
        """See `MessageLog.append`: all or nothing."""
        by_id = grouped(events)
        if not by_id:
            return
        with self._ours():
            self._prepare({_week(received_at(message_id)) for message_id in by_id})
            with self._database.transaction() as transaction:
                known = list(_records(transaction, by_id))
                _put(transaction, intake(by_id, known), {record.id for record in known})

    def search(self, search: LogSearch, limit: int, after: LogPlace | None = None) -> LogPage:
        """See `MessageLog.search`."""
        with self._database.transaction(is_snapshot=True) as transaction:
            if not _has_schema(transaction):
                return LogPage((), None)

            def ask(statement: str, values: dict[str, object], _index: str) -> Iterable[tuple[Any, ...]]:
                stored_values = {name: _stored(name, value) for name, value in values.items()}
                return map(_plain, transaction.ask(in_psycopg(statement), stored_values))

            return answer(search, limit, after, ask)

    def events(self, message_id: str, client: str = "") -> tuple[MessageEvent, ...]:
        """See `MessageLog.events`."""
        if not is_ours(message_id):
            return ()
        with self._database.transaction() as transaction:
            found = read(_records(transaction, [message_id])) if _has_schema(transaction) else []
        return tuple(found) if not client or any(event.client == client for event in found) else ()

    def events_of(self, message_ids: Sequence[str], client: str) -> tuple[MessageEvent, ...]:
        """See `MessageLog.events_of`."""
        ids = list(filter(is_ours, message_ids))
        if not ids:
            return ()
        with self._database.transaction() as transaction:
            found = read(_records(transaction, ids)) if _has_schema(transaction) else []
        return tuple(of_client(found, client))

    def figures(self, client: str, first: date, last: date) -> tuple[DayFigure, ...]:
        """See `MessageLog.figures`."""
        days: dict[str, object] = {"client": client, "first": first.isoformat(), "last": last.isoformat()}
        with self._database.transaction() as transaction:
            rows = transaction.ask(in_psycopg(READ), days) if _has(transaction, "message_day") else ()
            return tuple(read_figures(rows))

    def verdicts(self, client: str, first: int, last: int, direction: Direction = Direction.INBOUND) -> dict[int, int]:
        """See `MessageLog.verdicts`."""
        hours: dict[str, object] = {"client": client, "first": first, "last": last}
        table = HOURS[direction]
        with self._database.transaction() as transaction:
            return dict(transaction.ask(in_psycopg(read_hours(table)), hours) if _has(transaction, table) else ())

    def busy_addresses(
        self, clients: Collection[str], since: float, until: float, least: int
    ) -> dict[str, tuple[BusyAddress, ...]]:
        """See `MessageLog.busy_addresses`."""
        asked = {name: _stored(name, value) for name, value in values(since, until, least).items()}
        with self._database.transaction() as transaction:
            if not _has_schema(transaction):
                return {}
            return busy(transaction.ask(_BUSY, asked | {"clients": list(clients)}), least)

    def purge(self, before: float) -> int:
        """See `MessageLog.purge`: weeks that are over by then are dropped, of the one that is not its beginning is deleted."""
        floor: dict[str, object] = {"floor": UUID(LogSearch(since=before).first_id)}
        with self._ours(), self._database.transaction() as transaction:
            _wait_for_turn(transaction)
            _take_time(transaction)
            removed = _count_before(transaction, floor)
            for (name,) in transaction.ask(_PARTITIONS, {}):
                found = _NAME.fullmatch(name)
                if found and found[1] < _week(before):
                    transaction.ask(f"DROP TABLE {name}", {})
            for statement in _PURGE if _has_schema(transaction) else ():
                transaction.ask(statement, floor)
            first = LogSearch(since=before).first_id
            for table, statement in _PURGE_FIGURES.items():
                if _has(transaction, table):
                    transaction.ask(statement, {"day": day_of(first), "hour": hour_of(first)})
            return removed

    def forget(self, client: str, before: float, most: int) -> int:
        """See `MessageLog.forget`."""
        asked = {"client": client, "floor": UUID(LogSearch(since=before).first_id), "most": most}
        with self._ours(), self._database.transaction() as transaction:
            _wait_for_turn(transaction)  # Each node's agent does the same.
            if not _has_schema(transaction):
                return 0
            ids = sorted({message_id.hex for (message_id,) in transaction.ask(_OLD_OF, asked)})
            if not ids:
                return 0
            transaction.ask(_FORGET_RECORDS, _span(ids))
            return len(list(transaction.ask(_FORGET, _span(ids))))

    def oldest(self) -> float:
        """See `MessageLog.oldest`."""
        with self._database.transaction() as transaction:
            if not _has_schema(transaction):
                return 0.0
            found = [first for (first,) in transaction.ask(_OLDEST, {})]
            return received_at(found[0].hex) if found else 0.0

    def close(self) -> None:
        """Let go of the connection."""
        self._database.close()

    @contextmanager
    def _ours(self) -> Iterator[None]:
        """After trouble nothing is taken for granted: another node may have dropped a week."""
        try:
            yield
        except Unavailable:
            self._weeks.clear()
            raise

    def _prepare(self, weeks: set[str]) -> None:
        missing = weeks - self._weeks
        if not missing:
            return
        with self._database.transaction() as transaction:
            _wait_for_turn(transaction)
            if not _has_schema(transaction):
                transaction.ask(_SCHEMA, {})
            for table in TABLES:
                if not _has(transaction, table):
                    _make_figures(transaction, table)
            present = {name for (name,) in transaction.ask(_PARTITIONS, {})}
            for table, week in product(_TABLES, sorted(missing)):
                if f"{table}_{week}" not in present:
                    _make_partition(transaction, table, week)
        self._weeks |= missing


def _wait_for_turn(transaction: Transaction) -> None:
    """One of us at a time makes and drops tables, and deletes what is old."""
    transaction.ask("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _LOCK})


def _take_time(transaction: Transaction) -> None:
    """What goes through millions of rows is not to be cut off: it would begin anew for ever."""
    transaction.ask("SET LOCAL statement_timeout = 0", {})


def _make_partition(transaction: Transaction, table: str, week: str) -> None:
    """Made aside and then attached: readers and writers of other weeks do not wait."""
    begin = datetime.strptime(week, "%Y%m%d").replace(tzinfo=UTC)
    first, last = (LogSearch(since=at.timestamp()).first_id for at in (begin, begin + timedelta(days=7)))
    transaction.ask(f"CREATE TABLE {table}_{week} (LIKE {table})", {})
    transaction.ask(
        f"ALTER TABLE {table} ATTACH PARTITION {table}_{week} FOR VALUES FROM ('{first}') TO ('{last}')", {}
    )


def _put(transaction: Transaction, new: Intake, known: set[str]) -> None:
    again = sorted(known & {record.id for record in new.records})
    gone = list(map(_plain, transaction.ask(_FORGET, _span(again)) if again else ()))
    transaction.copy(COPY_RECORDS, ((record.id, record.digest, record.body) for record in new.records))
    transaction.copy(COPY_ROWS, map(stored, new.rows))
    # Last, and always in this order: whoever else counts the same waits until we have committed.
    _add(transaction, _ADD_FIGURES, _FIGURES, difference(new.rows, gone))
    for direction, statement in _ADD_VERDICTS.items():
        _add(transaction, statement, _HOURS, verdicts(new.rows, gone, direction))


def _add(
    transaction: Transaction, statement: str, names: tuple[str, ...], figures: Sequence[tuple[object, ...]]
) -> None:
    if figures:
        columns = zip(names, zip(*figures, strict=True), strict=True)
        transaction.ask(statement, {name: list(column) for name, column in columns})


def _make_figures(transaction: Transaction, table: str) -> None:
    """Of what other releases have written, too. Nobody may write rows meanwhile."""
    _take_time(transaction)
    transaction.ask("LOCK TABLE message_row IN SHARE ROW EXCLUSIVE MODE", {})
    for statement in _MAKE[table]:
        transaction.ask(statement, {})


def _records(transaction: Transaction, ids: Iterable[str]) -> Iterator[Record]:
    for message_id, digest, body in transaction.ask(_RECORDS, _span(sorted(ids))):
        yield Record(message_id.hex, bytes(digest), bytes(body))


def _span(ids: list[str]) -> dict[str, object]:
    """Bounds beside the list spare the planner the other days."""
    return {"ids": ids, "first": ids[0], "last": ids[-1]}


def _count_before(transaction: Transaction, floor: dict[str, object]) -> int:
    if not _has_schema(transaction):
        return 0
    ((count,),) = transaction.ask(_COUNT_BEFORE, floor)
    return int(count)


def _has_schema(transaction: Transaction) -> bool:
    ((found,),) = transaction.ask(_HAS_SCHEMA, {})
    return bool(found)


def _has(transaction: Transaction, table: str) -> bool:
    ((found,),) = transaction.ask("SELECT to_regclass(%(table)s) IS NOT NULL", {"table": table})
    return bool(found)


def _week(at: float) -> str:
    """Its Monday."""
    day = datetime.fromtimestamp(at, UTC)
    return (day - timedelta(days=day.weekday())).strftime("%Y%m%d")


def _stored(name: str, value: object) -> object:
    return UUID(value) if name in _IDS and isinstance(value, str) else value


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (row[0].hex, *row[1:]) if isinstance(row[0], UUID) else row
