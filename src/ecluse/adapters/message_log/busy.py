"""Addresses through which much mail goes: counted from the rows, in the client's own order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from ecluse.domain.event import Ending
from ecluse.domain.incoming import Direction
from ecluse.domain.log_figures import BusyAddress
from ecluse.domain.log_search import LogSearch

BUSY = f"""
SELECT direction, CASE direction WHEN '{Direction.OUTBOUND}' THEN sender ELSE recipient END, count(DISTINCT id)
FROM message_row
WHERE client = :client AND id >= :first_id AND id < :last_id AND fate NOT IN ('{Ending.REFUSED}', '{Ending.DEFERRED}')
GROUP BY 1, 2 HAVING count(DISTINCT id) >= :least
"""  # noqa: S608 - names of ours.


def values(client: str, since: float, until: float, least: int) -> dict[str, object]:
    """Those of `BUSY`."""
    first, last = (LogSearch(since=at).first_id for at in (since, until))
    return {"client": client, "first_id": first, "last_id": last, "least": least}


def busy(rows: Iterable[tuple[Any, ...]], least: int) -> Iterator[BusyAddress]:
    """Of what `BUSY` gave, by one store or by several; the busiest first, bounces without a sender left out."""
    sums: Counter[tuple[str, str]] = Counter()
    for direction, address, count in rows:
        sums[direction, address] += count
    return (BusyAddress(*key, count) for key, count in sums.most_common() if key[1] and count >= least)
