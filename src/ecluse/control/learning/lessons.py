"""A client's lessons: seen without content, and taken back at every node that has learned them. In the client's scope."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from django.db.models import Q, QuerySet

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.learning.models import Lesson
from ecluse.control.mail.orders import give_order
from ecluse.control.tenants.models import Client
from ecluse.domain.order import ALL_LESSONS, OrderKind, Outcome, TakeBackOrder

__all__ = ["Lesson"]

MOST = 5_000  # In one act; more of them are taken back by another.
PER_ORDER = 500
# What a node was handed is learned within seconds; where that got lost, it may be ordered once more.
LOST_AFTER_S = 900.0


@dataclass(frozen=True, slots=True)
class Taught:
    """Which lessons; what is empty or None says nothing."""

    voter: str = ""
    channel: str = ""
    since: float | None = None
    until: float | None = None  # Before this.

    @property
    def is_everything(self) -> bool:
        """Whether it leaves none out."""
        return self == Taught()


def lessons(wanted: Taught = Taught()) -> QuerySet[Lesson]:
    """Those of the scope's client, the newest first; of acts that take back nothing but what they took back."""
    rows = Lesson.objects.filter(undoes=0).select_related("order")
    if wanted.voter:
        rows = rows.filter(voter=wanted.voter)
    if wanted.channel:
        rows = rows.filter(channel=wanted.channel)
    if wanted.since is not None:
        rows = rows.filter(at__gte=wanted.since)
    return rows if wanted.until is None else rows.filter(at__lt=wanted.until)


def find_lesson(pk: int) -> Lesson | None:
    """One of the scope's client."""
    return lessons().filter(pk=pk).first()


def still_learned(rows: QuerySet[Lesson], now: float | None = None) -> QuerySet[Lesson]:
    """Those that nobody has taken back, nor ordered to be."""
    lost = (time.time() if now is None else now) - LOST_AFTER_S
    is_free = Q(order=None) | Q(order__outcome=Outcome.FAILED) | Q(order__answered_at__lt=lost)
    return rows.filter(is_free, taken_back_at=None)


def is_under_way(row: Lesson, now: float) -> bool:
    """Whether its node has been told to forget it, and has not said yet that it has."""
    if row.order is None or row.taken_back_at is not None or row.order.outcome == Outcome.FAILED:
        return False
    return row.order.answered_at is None or row.order.answered_at >= now - LOST_AFTER_S


def take_back(client: Client, row: Lesson, *, by: Actor) -> int:
    """Have its node forget it, as if it had never been; 0 where it was taken back before, or is to be."""
    told = {"number": row.number, "node": row.node, "message": row.message}
    return _take_back(client, lessons().filter(pk=row.pk), told, by=by)


def take_back_all(client: Client, wanted: Taught, *, newest: int | None = None, by: Actor) -> int:
    """The same of all of them, up to the one with the key `newest`, where it is given; how many, `MOST` at once."""
    rows = lessons(wanted)
    told = {name: value for name, value in asdict(wanted).items() if value not in ("", None)}
    return _take_back(client, rows if newest is None else rows.filter(pk__lte=newest), told, by=by)


def _take_back(client: Client, rows: QuerySet[Lesson], told: dict[str, object], *, by: Actor) -> int:
    with change(by=by) as act:
        locked = still_learned(rows).select_related(None).select_for_update(of=("self",)).order_by("-pk")
        found = list(locked[:MOST])
        for node, some in _by_node(found):
            body = TakeBackOrder(client.name, tuple(row.number for row in some))
            order = give_order(act, client, node, OrderKind.TAKE_BACK, ALL_LESSONS, body)
            Lesson.objects.filter(pk__in=[row.pk for row in some]).update(order=order)
        if found:
            act.record("lessons.taken-back", client, client_id=client.pk, after={**told, "lessons": len(found)})
        return len(found)


def _by_node(rows: Iterable[Lesson]) -> Iterable[tuple[str, list[Lesson]]]:
    """In pieces of what one order holds."""
    found: defaultdict[str, list[Lesson]] = defaultdict(list)
    for row in rows:
        found[row.node].append(row)
    for node, some in sorted(found.items()):
        for start in range(0, len(some), PER_ORDER):
            yield node, some[start : start + PER_ORDER]
