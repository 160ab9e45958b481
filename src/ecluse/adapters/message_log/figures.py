"""Figures by day, kept while rows come and go: so that a page of them need not count a month of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from ecluse.domain.log_figures import DayFigure
from ecluse.domain.log_row import LogRow, received_at

Kind = tuple[str, str, str, str, str, str]  # The columns of `KINDS`.
KINDS = ("client", "day", "direction", "disposition", "category", "fate")
COUNTED = ("id", "client", "direction", "disposition", "category", "fate", "size")  # What a row counts by.

TABLE = """
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


def _counted(row: LogRow) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in COUNTED)
