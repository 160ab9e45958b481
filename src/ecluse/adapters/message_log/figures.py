"""Figures by day, and verdicts by hour, kept while rows come and go: a page of them need not count a month of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

from ecluse.domain.event import Ending
from ecluse.domain.incoming import Direction
from ecluse.domain.log_figures import HOUR_S, DayFigure
from ecluse.domain.log_row import LogRow, received_at
from ecluse.domain.verdict import Disposition

Kind = tuple[str, str, str, str, str, str]  # The columns of `KINDS`.
KINDS = ("client", "day", "direction", "disposition", "category", "fate")
COUNTED = ("id", "client", "direction", "disposition", "category", "fate", "size")  # What a row counts by.

_DAY_TABLE = """
CREATE TABLE IF NOT EXISTS message_day (
    client TEXT NOT NULL, day TEXT NOT NULL, direction TEXT NOT NULL, disposition TEXT NOT NULL, category TEXT NOT NULL,
    fate TEXT NOT NULL, count BIGINT NOT NULL, octets BIGINT NOT NULL,
    PRIMARY KEY (client, day, direction, disposition, category, fate)
)
"""
ADD_TO = f"""
ON CONFLICT ({", ".join(KINDS)}) DO UPDATE
SET count = message_day.count + excluded.count, octets = message_day.octets + excluded.octets
"""
READ = """
SELECT day, direction, disposition, category, fate, count, octets FROM message_day
WHERE client = :client AND day >= :first AND day <= :last AND count > 0 ORDER BY day, direction, fate
"""

# What rates are shares of (1-9, 1-10, 9-5): mail with a verdict that is no "try again", received and sent apart.
HOURS: Mapping[Direction, str] = MappingProxyType({Direction.INBOUND: "message_hour", Direction.OUTBOUND: "sent_hour"})
TABLES = ("message_day", *HOURS.values())
_FINAL = (Disposition.DELIVER, Disposition.HOLD, Disposition.REFUSE)


def made(count_days: str, hour: str) -> dict[str, tuple[str, str]]:
    """Table -> what makes it, and what counts all rows into it; `hour` is how a database says `hour_of` of a row."""
    return {"message_day": (_DAY_TABLE, count_days)} | {
        table: (_hours_table(table), _count_hours(table, direction, hour)) for direction, table in HOURS.items()
    }


def add_to_hours(table: str) -> str:
    """What an INSERT into one of them ends with."""
    return f"ON CONFLICT (client, hour) DO UPDATE SET count = {table}.count + excluded.count"


def read_hours(table: str) -> str:
    """Asks one of them."""
    return f"""
    SELECT hour, count FROM {table} WHERE client = :client AND hour >= :first AND hour <= :last AND count > 0
    """  # noqa: S608 - names of ours.


def verdicts(
    added: Iterable[LogRow], gone: Iterable[tuple[Any, ...]], direction: Direction
) -> list[tuple[str, int, int]]:
    """What they add to the verdicts of each hour: client, hour, number; as `difference`."""
    counts: dict[tuple[str, int], int] = defaultdict(int)
    for sign, rows in ((1, map(_counted, added)), (-1, gone)):
        for message_id, client, of_row, disposition, _, fate, _ in rows:
            if of_row == direction and fate != Ending.DEFERRED and disposition in _FINAL:
                counts[client, hour_of(message_id)] += sign
    return [(*key, count) for key, count in sorted(counts.items()) if count]


def difference(added: Iterable[LogRow], gone: Iterable[tuple[Any, ...]]) -> list[tuple[object, ...]]:
    """What rows that came, and others of `COUNTED` that went, add to the figures; always in the same order.

    Two writers who take the same figures in another order would wait for each other.
    """
    counts: dict[Kind, list[int]] = defaultdict(lambda: [0, 0])
    for sign, rows in ((1, map(_counted, added)), (-1, gone)):
        for message_id, client, direction, disposition, category, fate, size in rows:
            sums = counts[client, day_of(message_id), direction, disposition, category, fate]
            sums[0] += sign
            sums[1] += sign * size
    return [(*kind, *sums) for kind, sums in sorted(counts.items()) if any(sums)]


def read_figures(rows: Iterable[tuple[Any, ...]]) -> Iterator[DayFigure]:
    """Of what `READ` gave."""
    for day, *rest in rows:
        yield DayFigure(date.fromisoformat(day), *rest)


def day_of(message_id: str) -> str:
    """The day of its receipt, UTC: "2026-11-27"."""
    return datetime.fromtimestamp(received_at(message_id), UTC).strftime("%Y-%m-%d")


def hour_of(message_id: str) -> int:
    """The hour of its receipt, counted since the epoch."""
    return int(received_at(message_id) // HOUR_S)


def _counted(row: LogRow) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in COUNTED)


def _hours_table(table: str) -> str:
    return f"""
    CREATE TABLE IF NOT EXISTS {table} (
        client TEXT NOT NULL, hour BIGINT NOT NULL, count BIGINT NOT NULL, PRIMARY KEY (client, hour)
    )
    """


def _count_hours(table: str, direction: Direction, hour: str) -> str:
    """Of the rows that `verdicts` counts."""
    words = ", ".join(f"'{each}'" for each in _FINAL)
    return f"""
    INSERT INTO {table} SELECT client, {hour}, count(*) FROM message_row
    WHERE direction = '{direction}' AND fate <> '{Ending.DEFERRED}' AND disposition IN ({words}) GROUP BY 1, 2
    """  # noqa: S608 - names of ours.
