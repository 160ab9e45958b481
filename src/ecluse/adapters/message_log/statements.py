"""Searches as SQL that SQLite and PostgreSQL both understand; :name stands for a value.

What an index answers stands inside, what must be looked at row by row outside, and only so many rows are: a page of a
rare thing among millions says how far it looked instead of taking its time.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from ecluse.domain.log_row import LogRow
from ecluse.domain.log_search import LogPage, LogPlace, LogSearch

MOST_LOOKED_AT = 20_000  # Rows a page and branch.
COLUMNS = (
    "id", "recipient", "client", "direction", "sender", "ip",
    "disposition", "category", "fate", "score", "code", "size", "subject",
)  # fmt: skip
INDEXED = ("recipient", "sender", "ip", "sender_domain")  # The one that leaves least, first.
STORED = (*COLUMNS, "recipient_domain", "sender_domain")


@dataclass(frozen=True, slots=True)
class Statement:
    """One branch of a search: rows, and the last of those that were looked at, where there are as many as are allowed."""

    rows: str
    last_looked_at: str
    values: dict[str, object]  # Ids are hexadecimal digits.
    limit: int
    is_exact: bool  # The index tells all: what was looked at fits.
    index: str  # The column whose index answers; "" = the client's own order, "id" = that of all clients.


@dataclass(frozen=True, slots=True)
class Found:
    """What a branch gave."""

    rows: list[LogRow]
    stopped_at: LogPlace | None = None  # Beyond it nothing was looked at.


# Statement, values and the column whose index answers -> rows, their ids as digits first.
Ask = Callable[[str, dict[str, object], str], Iterable[tuple[Any, ...]]]


def answer(search: LogSearch, limit: int, after: LogPlace | None, ask: Ask) -> LogPage:
    """One page, asked of one store."""
    return _page([_found(one, ask) for one in _statements(search, limit, after)], limit)


def stored(row: LogRow) -> tuple[object, ...]:
    """The values of `STORED`."""
    values = tuple(getattr(row, column) for column in COLUMNS)
    return (*values, row.recipient.rpartition("@")[2], row.sender.rpartition("@")[2])


def _statements(search: LogSearch, limit: int, after: LogPlace | None) -> Iterator[Statement]:
    """Its branches: who is asked for as a party may be the sender or the recipient."""
    if not search.party:
        yield _statement(search, limit, after)
        return
    rest = replace(search, party="")
    if search.sender in {"", search.party}:
        yield _statement(replace(rest, sender=search.party), limit, after)
    if search.recipient in {"", search.party}:
        yield _statement(replace(rest, recipient=search.party), limit, after)


def _page(found: Sequence[Found], limit: int) -> LogPage:
    """The branches as one, cut where the first of them has stopped looking."""
    rows = heapq.merge(*(each.rows for each in found), key=_place, reverse=True)
    once = list(islice(_each_once(rows), limit + 1))
    stops = [(stop.id, stop.recipient) for each in found if (stop := each.stopped_at)]
    if stops:
        newest = max(stops)
        once = [row for row in once if _place(row) >= newest]
        if len(once) <= limit:
            return LogPage(tuple(once), LogPlace(*newest))
    if len(once) <= limit:
        return LogPage(tuple(once), None)
    return LogPage(tuple(once[:limit]), LogPlace(*_place(once[limit - 1])))


def _found(statement: Statement, ask: Ask) -> Found:
    rows = [LogRow(*row) for row in ask(statement.rows, statement.values, statement.index)]
    if statement.is_exact or len(rows) >= statement.limit:
        return Found(rows)
    last = ask(statement.last_looked_at, statement.values, statement.index)
    return Found(rows, next((LogPlace(*place) for place in last), None))


def _statement(search: LogSearch, limit: int, after: LogPlace | None) -> Statement:
    equal = dict(_equal(search))
    index = next((column for column in INDEXED if column in equal), "")
    inner, values = _span(search, after)
    inner += [f"{column} = :{column}" for column in ("client", index) if column in equal]
    outer = [f"{column} = :{column}" for column in equal if column not in {"client", index}]
    for column, words in _few(search):
        names = [f"{column}_{chr(ord('a') + number)}" for number in range(len(words))]
        outer.append(f"{column} IN ({', '.join(f':{name}' for name in names)})")
        values |= dict(zip(names, words, strict=True))
    if search.code_class:
        outer.append("code BETWEEN :code_first AND :code_last")
        values |= {"code_first": search.code_class * 100, "code_last": search.code_class * 100 + 99}
    if search.subject:
        outer.append("strpos(lower(subject), :subject) > 0")
        values["subject"] = search.subject.lower()
    return _written(inner, outer, {**values, **equal}, limit, index if "client" in equal or index else "id")


def _written(inner: list[str], outer: list[str], values: dict[str, object], limit: int, index: str) -> Statement:
    # Names of ours alone are put in: what somebody asks for stands in the values.
    source = f"FROM message_row WHERE {' AND '.join(inner)} ORDER BY id DESC, recipient DESC"
    where = f"WHERE {' AND '.join(outer)}" if outer else ""
    return Statement(
        # In the order of the rows within: to sort them again, all of them would have to be read.
        rows=f"SELECT {', '.join(COLUMNS)} FROM (SELECT {', '.join(STORED)} {source} LIMIT :most) AS looked {where} LIMIT :limit",  # noqa: S608 - as above.
        last_looked_at=f"SELECT id, recipient {source} LIMIT 1 OFFSET :most - 1",
        values={**values, "most": MOST_LOOKED_AT if outer else limit + 1, "limit": limit + 1},
        limit=limit + 1,
        is_exact=not outer,
        index=index,
    )


def _span(search: LogSearch, after: LogPlace | None) -> tuple[list[str], dict[str, object]]:
    """Between which rows; the values."""
    last_id = min(search.last_id, after.id) if after else search.last_id
    values: dict[str, object] = {"first_id": search.first_id, "last_id": last_id}
    conditions = ["id >= :first_id", "id <= :last_id"]
    if after:
        conditions.append("(id, recipient) < (:after_id, :after_recipient)")
        values |= {"after_id": after.id, "after_recipient": after.recipient}
    return conditions, values


def _equal(search: LogSearch) -> Iterator[tuple[str, str]]:
    """Columns and what must stand in them."""
    if search.client:
        yield "client", search.client
    for side, asked in (("sender", search.sender), ("recipient", search.recipient)):
        if asked:
            yield (side if "@" in asked.lstrip("@") else f"{side}_domain"), asked.lstrip("@")
    if search.ip:
        yield "ip", search.ip


def _few(search: LogSearch) -> Iterator[tuple[str, list[str]]]:
    """Columns of few values: no index of theirs would be worth its room."""
    if search.direction:
        yield "direction", [search.direction]
    for column in ("disposition", "category", "fate"):
        if words := getattr(search, {"category": "categories"}.get(column, f"{column}s")):
            yield column, sorted(words)


def _place(row: LogRow) -> tuple[str, str]:
    return row.id, row.recipient


def _each_once(rows: Iterator[LogRow]) -> Iterator[LogRow]:
    last = None
    for row in rows:
        if row != last:
            yield row
        last = row
