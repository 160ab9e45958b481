"""Months that are over are closed: computed once more, sealed, and what they broke is opened for the client's choice.

A month waits for its claims: fifteen days after its end for what the parties still find, and then until each that was
raised by then is answered, or has been left unanswered for fifteen days (9-2). What is claimed later does not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from django.db.models import OuterRef, QuerySet, Subquery
from django_scopes import scope, scopes_disabled

from ecluse.control.attempts.rows import for_each
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import Change, change
from ecluse.control.contracts.models import Contract
from ecluse.control.mail.models import Objection, ObjectionState
from ecluse.control.mail.objections import ANSWER_WITHIN_S
from ecluse.control.mail.rates import WINDOW_H
from ecluse.control.sla.availability import Month
from ecluse.control.sla.breaches import open_breaches
from ecluse.control.sla.figures import Figures, MonthFacts, figures_of, month_hours
from ecluse.control.sla.gathering import claims_until, facts_of
from ecluse.control.sla.models import Breach, MonthClosing, ServerPair
from ecluse.control.sla.probed import HOUR_S
from ecluse.control.sla.seals import seal_of
from ecluse.ports.message_log import MessageLog

__all__ = ["MonthClosing"]

# The log's year, less the week that is looked back from a month's first hour, and what a month waits for its claims.
_REMEMBERED = timedelta(days=365 - 7 - 31 - 15)
KEPT_YEARS = 5  # After the contract.
_BY = Actor(ActorKind.JOB, "closing")


def close_due(message_log: MessageLog, now: datetime) -> int:
    """Close every month of every client that may be; how many. A job of the provider's. Raises `Unavailable`."""
    with scopes_disabled():  # Contracts of all clients.
        begun = list(_with_what_is_closed(Contract.objects.filter(first_day__isnull=False)).order_by("pk"))

    def close_all(contract: Contract) -> int:
        # Asked for at once: of most contracts no month has ended since.
        first = _first_open(contract, now, contract.served_since, contract.closed_last)  # type: ignore[attr-defined]  # annotated above
        return _close_all(contract, message_log, now) if _is_over(contract, first, now) else 0

    return for_each("close a contract's months", begun, close_all, now)


def _with_what_is_closed(rows: QuerySet[Contract]) -> QuerySet[Contract]:
    closed = MonthClosing.objects.filter(contract=OuterRef("pk")).order_by("-month")
    pairs = ServerPair.objects.filter(client=OuterRef("client")).order_by("since")
    return rows.select_related("client").annotate(
        closed_last=Subquery(closed.values("month")[:1]), served_since=Subquery(pairs.values("since")[:1])
    )


def _close_all(contract: Contract, message_log: MessageLog, now: datetime) -> int:
    count = 0
    with scope(client=contract.client):
        for month in months_due(contract, now):
            close(contract, month, message_log, now)
            count += 1
    return count


def months_due(contract: Contract, now: datetime) -> Iterator[Month]:
    """Those of the contract that are over, waited long enough for their claims, and are not closed; in their order.

    One that waits lets none behind it pass. A client without two servers has its months, too: what was wrongly blocked or
    passed is counted, and its time is unwatched.
    """
    pair, last = ServerPair.objects.first(), MonthClosing.objects.filter(contract=contract).last()
    month = _first_open(contract, now, None if pair is None else pair.since, None if last is None else last.month)
    while month is not None and _is_over(contract, month, now) and not _waits(month, now.timestamp()):
        yield month
        month = month.following


def _first_open(contract: Contract, now: datetime, served_since: int | None, closed_last: date | None) -> Month | None:
    """Behind the last one that is closed of this contract: two of a client may have parts of the same month."""
    if contract.first_day is None:
        return None
    first = Month.of(max(contract.first_day, _measured_since(contract, now, served_since)), contract.zone)
    if closed_last is None:
        return first
    following = Month.of(closed_last, contract.zone).following
    return max(first, following, key=lambda each: each.first_day)


def _measured_since(contract: Contract, now: datetime, served_since: int | None) -> date:
    """As far back as the log remembers; from the day on which the client was given servers, where that is longer ago."""
    remembered = Month.of((now - _REMEMBERED).astimezone(contract.zone).date(), contract.zone).following.first_day
    if served_since is None:
        return remembered
    return min(remembered, datetime.fromtimestamp(served_since, contract.zone).date())


def _is_over(contract: Contract, month: Month | None, now: datetime) -> bool:
    """Whether the contract was in force in it, and the days for its claims have gone by."""
    if month is None or (contract.over_at is not None and month.start >= contract.over_at):
        return False
    return claims_until(month) <= now


def _waits(month: Month, now: float) -> bool:
    hours, until = month_hours(month), claims_until(month).timestamp()
    pending = Objection.objects.filter(state=ObjectionState.OPEN, opened_at__gt=now - ANSWER_WITHIN_S)
    return pending.filter(
        opened_at__lt=until, received_at__gte=(hours[0] - WINDOW_H) * HOUR_S, received_at__lt=hours[-1] * HOUR_S
    ).exists()


def close(contract: Contract, month: Month, message_log: MessageLog, now: datetime) -> MonthClosing:
    """Compute and seal it, and open what was broken. In the client's scope. Raises `Unavailable`."""
    facts = facts_of(contract, month, message_log, now.timestamp())
    figures = figures_of(facts)
    with change(by=_BY) as act:
        row = _write(act, contract, month, facts, figures)
        open_breaches(act, row, figures)
        after = {"month": str(row), "seal": row.seal, "broken": list(figures.broken)}
        act.record("sla.month-closed", row, client_id=row.client_id, after=after)
        return row


def _write(act: Change, contract: Contract, month: Month, facts: MonthFacts, figures: Figures) -> MonthClosing:
    last = MonthClosing.objects.order_by("pk").last()
    previous = "" if last is None else last.seal
    inputs, came_to = as_kept(facts), as_kept(figures)
    return MonthClosing.objects.create(
        client_id=contract.client_id,
        contract=contract,
        month=month.first_day,
        closed_at=act.at,
        inputs=inputs,
        figures=came_to,
        previous=previous,
        seal=seal_of(previous, contract.client_id, month.first_day.isoformat(), inputs, came_to),
    )


def as_kept(value: MonthFacts | Figures) -> dict[str, Any]:
    """As JSON gives it back."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(value))
    return found


def closings() -> QuerySet[MonthClosing]:
    """Of the scope's client, the oldest first."""
    return MonthClosing.objects.all()


def facts_in(row: MonthClosing) -> MonthFacts:
    """What it was computed of."""
    return msgspec.convert(row.inputs, MonthFacts)


def figures_in(row: MonthClosing) -> Figures:
    """What it came to."""
    return msgspec.convert(row.figures, Figures)


def faults_of(row: MonthClosing) -> list[str]:
    """What is wrong with a closing: computed anew of what it keeps, and looked at in its place. None: all is as it was.

    Words: "figures", "seal", "order".
    """
    found = []
    if as_kept(figures_of(facts_in(row))) != row.figures:
        found.append("figures")
    if seal_of(row.previous, row.client_id, row.month.isoformat(), row.inputs, row.figures) != row.seal:
        found.append("seal")
    before = MonthClosing.objects.filter(pk__lt=row.pk).order_by("pk").last()
    if row.previous != ("" if before is None else before.seal):
        found.append("order")
    return found


def forget_old(now: datetime) -> int:
    """Closings of clients whose last contract has been over for five years; how many. A job of the provider's."""
    border = now.replace(year=now.year - KEPT_YEARS, day=min(now.day, 28))
    with scopes_disabled():  # Contracts of all clients.
        kept = Contract.objects.exclude(over_at__lt=border).values("client_id")
        old = MonthClosing.objects.exclude(client_id__in=kept)
        Breach.objects.filter(closing__in=old).delete()
        return old.delete()[0]
