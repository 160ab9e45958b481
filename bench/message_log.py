"""How fast the message log answers with a year of mail in it, on SQLite and on PostgreSQL.

    .venv/bin/python bench/message_log.py                       5 million rows each: some 4 GB, half an hour
    .venv/bin/python bench/message_log.py --rows 200000 --only sqlite
    .venv/bin/python bench/message_log.py --folder /fast/disk --keep     and search again what is there already

Rows are spread over 365 days, 200 clients and many senders, the busy ones busy: the largest client has a sixth of all. They are
written past `append`, which would take hours; `append` is measured on its own. Exit status 1: a page takes 300 ms or more at
the 95th percentile.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).parent.parent))

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.message_log import postgresql, sqlite
from ecluse.adapters.message_log.figures import TABLES
from ecluse.adapters.message_log.postgresql import COPY_RECORDS, COPY_ROWS
from ecluse.adapters.message_log.records import grouped, intake
from ecluse.adapters.message_log.statements import STORED, stored
from ecluse.domain.event import Ending, EvidenceEvent, MessageEvent, RecipientEvent, Stage
from ecluse.domain.log_row import LogRow
from ecluse.domain.log_search import LogSearch
from ecluse.ports.message_log import MessageLog
from tests.control import postgresql as server

GOAL_MS = 300
DAYS, DAY_S = 365, 86_400
END = 1_790_000_000
CLIENTS, SENDER_DOMAINS, PAGE = 200, 100_000, 50
CHUNK = 50_000
LARGE_DOMAINS = ("gmail.com", "outlook.com", "orange.fr", "yahoo.com", "free.fr")
FATES = (
    # share, fate, disposition, category, code
    (0.62, "relayed", "deliver", "", 250),
    (0.10, "relayed", "deliver", "M", 250),
    (0.20, "refused", "refuse", "Q", 550),
    (0.02, "refused", "refuse", "P", 550),
    (0.04, "deferred", "defer", "", 451),
    (0.015, "delivered", "deliver", "", 250),
    (0.005, "held", "hold", "Q", 250),
)
WORDS = [
    "facture",
    "commande",
    "réunion",
    "projet",
    "devis",
    "contrat",
    "livraison",
    "réponse",
    "relance",
    "congés",
    "budget",
    "planning",
    "été",
    "offre",
]


@dataclass(frozen=True, slots=True)
class Asked:
    """One kind of search."""

    name: str
    make: Callable[[random.Random], LogSearch]
    pages_before: int = 0  # How many pages are turned before the one that is measured.


def _client(chance: random.Random) -> int:
    """The first has a sixth of all, the last next to nothing."""
    return chance.choices(range(CLIENTS), cum_weights=_CLIENT_WEIGHTS)[0]


_CLIENT_WEIGHTS = list(accumulate(1 / (number + 1) for number in range(CLIENTS)))


def _domain(chance: random.Random) -> str:
    if chance.random() < 0.35:
        return chance.choice(LARGE_DOMAINS)
    return f"company{int(chance.paretovariate(0.6)) % SENDER_DOMAINS}.example"


def _sender(chance: random.Random) -> str:
    return f"user{int(chance.paretovariate(0.5)) % 50_000}@{_domain(chance)}"


def _recipient(chance: random.Random, client: int) -> str:
    return f"employee{int(chance.paretovariate(0.8)) % 500}@client{client}-{chance.randrange(3)}.example"


def _name(client: int) -> str:
    return f"Client number {client}"


def rows(count: int, chance: random.Random) -> Iterator[LogRow]:
    """From the oldest to the newest."""
    shares = list(accumulate(fate[0] for fate in FATES))
    for number in range(count):
        client = _client(chance)
        _, fate, disposition, category, code = chance.choices(FATES, cum_weights=shares)[0]
        at = END - DAYS * DAY_S + number * DAYS * DAY_S / count
        yield LogRow(
            id=f"{int(at * 1_000):012x}7{chance.getrandbits(76):019x}",
            recipient=_recipient(chance, client),
            client=_name(client),
            direction="inbound" if chance.random() < 0.8 else "outbound",
            sender=_sender(chance),
            ip=f"{chance.randrange(1, 224)}.{chance.randrange(256)}.0.{chance.randrange(8)}",
            disposition=disposition,
            category=category,
            fate=fate,
            score=round(chance.uniform(-5, 25), 2),
            code=code,
            size=chance.randrange(1_000, 200_000),
            subject=" ".join(chance.choices(WORDS, k=4)) if client % 3 == 0 else "",
        )


def _of_large(chance: random.Random) -> str:
    return _name(chance.randrange(3))


SEARCHES = (
    Asked("newest mail of a client", lambda chance: LogSearch(client=_name(_client(chance)))),
    Asked("the same, 20 pages on", lambda chance: LogSearch(client=_name(_client(chance))), 20),
    Asked("sender", lambda chance: LogSearch(client=_of_large(chance), party=_sender(chance))),
    Asked("recipient", lambda chance: LogSearch(client=_name(c := _client(chance)), party=_recipient(chance, c))),
    Asked("nobody", lambda chance: LogSearch(client=_of_large(chance), party=f"x{chance.random()}@nobody.example")),
    Asked("domain of senders", lambda chance: LogSearch(client=_of_large(chance), party=_domain(chance))),
    Asked("domain of recipients", lambda chance: LogSearch(client=_name(c := _client(chance)), recipient=f"client{c}-1.example")),
    Asked("IP", lambda chance: LogSearch(client=_of_large(chance), ip=f"{chance.randrange(1, 224)}.7.0.1")),
    Asked("class P", lambda chance: LogSearch(client=_name(_client(chance)), categories=frozenset({"P"}))),
    Asked("5xx from one domain", lambda chance: LogSearch(client=_of_large(chance), party=_domain(chance), code_class=5)),
    Asked("held", lambda chance: LogSearch(client=_of_large(chance), fates=frozenset({"held"}))),
    Asked("word of a subject", lambda chance: LogSearch(client=_name(0), subject=chance.choice(WORDS))),
    Asked("no such subject", lambda chance: LogSearch(client=_of_large(chance), subject="nobody writes this")),
    Asked("one day", lambda chance: LogSearch(client=_of_large(chance), since=(d := END - chance.randrange(DAYS) * DAY_S) - DAY_S, until=d)),
    Asked("all clients: newest", lambda _: LogSearch()),
    Asked("all clients: sender", lambda chance: LogSearch(party=_sender(chance))),
    Asked("all clients: IP", lambda chance: LogSearch(ip=f"{chance.randrange(1, 224)}.9.0.2")),
)  # fmt: skip


def event_of(row: LogRow) -> MessageEvent:
    """As the journal would tell of it: nine findings, as most messages have."""
    findings = tuple(f"FINDING_NUMBER_{number}: company{number}.example" for number in range(9))
    one = RecipientEvent(row.recipient, Ending(row.fate), row.disposition, row.category, row.score, findings, "250 ok")
    points = {finding.partition(":")[0]: 1.25 for finding in findings}
    timings = {"evidence": 12.5, "judge": 0.5, "act": 35.0, "record": 2.0}
    return MessageEvent(
        row.id, Stage.OUTCOME, row.at, row.direction, row.client, row.ip, "mail.sender.example", "TLSv1.3", row.sender,
        (one,), row.size, "250 2.0.0 taken", "smtp://192.0.2.1:25", "ok", timings, evidence=EvidenceEvent(points),
    )  # fmt: skip


def _chunks(count: int) -> Iterator[tuple[list[LogRow], bytes, bytes]]:
    """Some rows, and what lies beside each of them: the same octets, since nobody searches in them."""
    chance = random.Random(1)  # noqa: S311 - repeatable rows, no secret.
    made = rows(count, chance)
    sample = event_of(next(rows(1, random.Random(2))))  # noqa: S311 - repeatable rows, no secret.
    (record,) = intake(grouped([sample]), ()).records
    while chunk := [row for row, _ in zip(made, range(CHUNK), strict=False)]:
        yield chunk, record.digest, record.body


def fill_sqlite(folder: Path, count: int) -> MessageLog:
    """A file for each month."""
    log = sqlite.SqliteMessageLog(folder)
    for chunk, digest, body in _chunks(count):
        by_month: dict[str, list[LogRow]] = {}
        for row in chunk:
            by_month.setdefault(time.strftime("%Y-%m", time.gmtime(row.at)), []).append(row)
        for month, those in by_month.items():
            log.append([event_of(those[0])])  # Makes the file.
            with sqlite3.connect(folder / f"{month}.sqlite") as store:
                store.execute("PRAGMA cache_size = -200000")
                marks = ", ".join("?" * len(STORED))
                names = ", ".join(STORED)
                put = f"INSERT OR REPLACE INTO message_row ({names}) VALUES ({marks})"  # noqa: S608 - names of ours.
                store.executemany(put, ((bytes.fromhex(row.id), *stored(row)[1:]) for row in those))
                store.executemany(
                    "INSERT OR IGNORE INTO message_event VALUES (?, ?, ?)",
                    ((bytes.fromhex(row.id), digest, body) for row in those),
                )
            store.close()
    for path in folder.glob("*.sqlite"):  # What stands there was not counted as it came.
        with sqlite3.connect(path) as store:
            for table in TABLES:
                store.execute(f"DROP TABLE {table}")
        store.close()
    log = sqlite.SqliteMessageLog(folder)
    begun = time.perf_counter()
    log.purge(0.0)
    print(f"all rows counted by day and hour in {time.perf_counter() - begun:.1f} s")
    return log


def fill_postgresql(url: str, count: int) -> MessageLog:
    """A partition for each week."""
    log = postgresql.PostgresqlMessageLog(url)
    days = [event_of(row) for row in rows(DAYS * 2, random.Random(3))]  # noqa: S311 - repeatable rows, no secret.
    log.append(days)  # Makes the tables.
    database = Database(url)
    for chunk, digest, body in _chunks(count):
        with database.transaction() as transaction:
            transaction.ask("SET LOCAL statement_timeout = 0", {})
            transaction.copy(COPY_RECORDS, ((UUID(row.id), digest, body) for row in chunk))
            transaction.copy(COPY_ROWS, map(stored, chunk))
    with database.transaction() as transaction:
        transaction.ask("SET LOCAL statement_timeout = 0", {})
        transaction.ask("ANALYZE message_row", {})
        for table in TABLES:
            transaction.ask(f"DROP TABLE {table}", {})  # What stands there was not counted as it came.
    database.close()
    log.close()
    log = postgresql.PostgresqlMessageLog(url)
    begun = time.perf_counter()
    log.append(days[:1])
    print(f"all rows counted by day and hour in {time.perf_counter() - begun:.1f} s")
    return log


def octets_a_row_sqlite(folder: Path, count: int) -> str:
    """Files as they lie there."""
    return f"{sum(path.stat().st_size for path in folder.glob('*.sqlite')) / count:.0f}"


def octets_a_row_postgresql(url: str, count: int) -> str:
    """Table, indexes, and the events beside."""
    asked = (
        "SELECT sum(pg_relation_size(inhrelid)), sum(pg_indexes_size(inhrelid)) FROM pg_inherits "
        "JOIN pg_class ON pg_class.oid = inhrelid WHERE relkind = 'r' AND relname LIKE {}"
    )
    with Database(url).transaction() as transaction:
        ((table, indexes),) = transaction.ask(asked.format("'message_row_%'"), {})
        ((beside, more),) = transaction.ask(asked.format("'message_event_%'"), {})
    return f"{table / count:.0f} + indexes {indexes / count:.0f} + evidence {(beside + more) / count:.0f}"


def measure(log: MessageLog, asked: Asked, times: int) -> list[float]:
    """Milliseconds of each page, sorted; the first call warms up, as somebody's page before has."""
    chance = random.Random(7)  # noqa: S311 - repeatable rows, no secret.
    took = []
    log.search(LogSearch(), 1)
    for _ in range(times):
        search, place = asked.make(chance), None
        for _ in range(asked.pages_before):
            place = log.search(search, PAGE, place).following or place
        begun = time.perf_counter()
        log.search(search, PAGE, place)
        took.append((time.perf_counter() - begun) * 1_000)
    return sorted(took)


def measure_figures(log: MessageLog, days: int, times: int) -> list[float]:
    """Milliseconds of what a dashboard of the largest client asks for, sorted."""
    last, took = datetime.fromtimestamp(END, UTC).date(), []
    for _ in range(times):
        begun = time.perf_counter()
        log.figures(_name(0), last - timedelta(days=days - 1), last)
        took.append((time.perf_counter() - begun) * 1_000)
    return sorted(took)


def appended_a_second(log: MessageLog) -> float:
    """New messages, in batches as the agent ships them."""
    chance = random.Random(9)  # noqa: S311 - repeatable rows, no secret.
    events = [event_of(row) for row in rows(5_000, chance)]
    recent = [
        MessageEvent(**{**_fields(event), "id": f"{END * 1_000 + n:012x}{event.id[12:]}"})
        for n, event in enumerate(events)
    ]
    begun = time.perf_counter()
    for start in range(0, len(recent), 1_000):
        log.append(recent[start : start + 1_000])
    return len(recent) / (time.perf_counter() - begun)


def _fields(event: MessageEvent) -> dict[str, object]:
    return {name: getattr(event, name) for name in MessageEvent.__dataclass_fields__}


def report(name: str, log: MessageLog, times: int) -> bool:
    """Print the table; whether the goal is met."""
    print(f"\n{name}\n\n| search | median, ms | p95, ms | longest, ms |\n|---|--:|--:|--:|")
    slowest = 0.0
    for asked in SEARCHES:
        took = measure(log, asked, times)
        p95 = took[min(len(took) - 1, round(len(took) * 0.95))]
        slowest = max(slowest, p95)
        print(f"| {asked.name} | {statistics.median(took):.1f} | {p95:.1f} | {took[-1]:.1f} |", flush=True)
    for days in (30, 90):
        took = measure_figures(log, days, times)
        print(
            f"| figures of {days} days | {statistics.median(took):.1f} | {took[round((times - 1) * 0.95)]:.1f} | {took[-1]:.1f} |"
        )
    print(f"\nappend: {appended_a_second(log):,.0f} messages a second")
    return slowest < GOAL_MS


def main() -> int:
    """Fill, measure, print."""
    options = _options()
    os.nice(5)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="ecluse-log-"))
    try:
        results = [run(folder, options) for run in (_sqlite, _postgresql) if options.only in {"", run.__name__[1:]}]
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    return 0 if all(results) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--times", type=int, default=100, help="pages of each kind")
    parser.add_argument("--only", choices=("", "sqlite", "postgresql"), default="")
    parser.add_argument("--folder", type=Path, help="of the SQLite files; a temporary one when not given")
    parser.add_argument("--keep", action="store_true", help="leave the SQLite files; they are searched as they are")
    return parser.parse_args()


def _sqlite(folder: Path, options: argparse.Namespace) -> bool:
    begun = time.monotonic()
    is_there = any(folder.glob("*.sqlite"))
    log = sqlite.SqliteMessageLog(folder) if is_there else fill_sqlite(folder, options.rows)
    print(f"SQLite {sqlite3.sqlite_version}: filled in {time.monotonic() - begun:.0f} s")
    met = report(f"SQLite, {options.rows:,} rows", log, options.times)
    print(f"octets a row, indexes and evidence included: {octets_a_row_sqlite(folder, options.rows)}")
    return met


def _postgresql(_folder: Path, options: argparse.Namespace) -> bool:
    with server.running() as socket:
        begun = time.monotonic()
        url = f"postgresql:///ecluse?host={socket}&user=postgres"
        log = fill_postgresql(url, options.rows)
        print(f"\nPostgreSQL: filled in {time.monotonic() - begun:.0f} s")
        met = report(f"PostgreSQL, {options.rows:,} rows", log, options.times)
        print(f"octets a row: {octets_a_row_postgresql(url, options.rows)}")
        log.close()
    return met


if __name__ == "__main__":
    sys.exit(main())
