"""Addresses through which much mail goes: counted from the rows, in the client's own order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from ecluse.domain.event import Ending
from ecluse.domain.incoming import Direction
from ecluse.domain.log_figures import BusyAddress
from ecluse.domain.log_search import LogSearch

# Of one client after another SQLite reads its own rows; PostgreSQL goes once through those of that time.
FROM_NAMES = {"sqlite": "client IN (SELECT value FROM json_each(:clients))", "postgresql": "client = ANY(:clients)"}


def busy_statement(database: str) -> str:
    """For one of `FROM_NAMES`."""
    return f"""
    SELECT client, direction, CASE direction WHEN '{Direction.OUTBOUND}' THEN sender ELSE recipient END, count(DISTINCT id)
    FROM message_row
    WHERE {FROM_NAMES[database]} AND id >= :first_id AND id < :last_id
        AND fate NOT IN ('{Ending.REFUSED}', '{Ending.DEFERRED}')
    GROUP BY 1, 2, 3 HAVING count(DISTINCT id) >= :least
    """  # noqa: S608 - names of ours.


def values(since: float, until: float, least: int) -> dict[str, object]:
    """Those of it, but for the clients."""
    first, last = (LogSearch(since=at).first_id for at in (since, until))
    return {"first_id": first, "last_id": last, "least": least}


def busy(rows: Iterable[tuple[Any, ...]], least: int) -> dict[str, tuple[BusyAddress, ...]]:
    """Of what it gave, by one store or by several; the busiest first, bounces without a sender left out."""
    sums: Counter[tuple[str, str, str]] = Counter()
    for client, direction, address, count in rows:
        sums[client, direction, address] += count
    found: dict[str, list[BusyAddress]] = defaultdict(list)
    for (client, direction, address), count in sums.most_common():
        if address and count >= least:
            found[client].append(BusyAddress(direction, address, count))
    return {client: tuple(addresses) for client, addresses in found.items()}
