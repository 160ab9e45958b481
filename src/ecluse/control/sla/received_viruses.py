"""What a client was sent, or sent itself, carried a virus (9-1, 9-5): it says so of a message that it calls wrongly delivered.

Whether it counts is agreed upon with the objection itself (9-2). No exclusion of spam takes it out: a virus is one from
whoever's address it comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.mail.log import Story
from ecluse.control.mail.models import Objection, ObjectionKind, ObjectionState
from ecluse.control.mail.objections import direction_of, raise_objection
from ecluse.control.mail.rates import Party, parties_of
from ecluse.control.sla.models import ReceivedVirus
from ecluse.control.sla.probed import HOUR_S
from ecluse.control.tenants.models import Client
from ecluse.domain.errors import Impossible
from ecluse.domain.incoming import Direction

_UNANSWERED = (ObjectionState.SAID, ObjectionState.OPEN)


def say_virus(row: Objection, *, by: Actor) -> None:
    """In the client's scope. Raises `Impossible` for what was blocked, once it is answered, and a second time."""
    with change(by=by) as act:
        # Answered at the same time: one of both is first.
        Objection.objects.select_for_update(of=("self",)).get(pk=row.pk)
        row.refresh_from_db()
        if row.kind != ObjectionKind.PASSED or row.state not in _UNANSWERED:
            raise Impossible("what was delivered, and is not answered yet")
        made, is_new = ReceivedVirus.objects.get_or_create(
            objection=row, defaults={"client_id": row.client_id, "said_at": act.at, "said_by": by.name}
        )
        if not is_new:
            raise Impossible("somebody has said so before")
        act.record("sla.virus-said", made, client_id=row.client_id, after={"message": row.message})


def raise_virus(story: Story, client: Client, recipient: str, *, by: Actor, note: str = "") -> Objection:
    """The same of a message of which nobody has said anything: both at once, or nothing. In the client's scope.

    Raises `RaisedBefore`; `Impossible` for what was blocked, and for who is no recipient of it.
    """
    with change(by=by):
        row = raise_objection(story, client, recipient, by=by, note=note)
        say_virus(row, by=by)
        return row


@dataclass(frozen=True, slots=True)
class SaidVirus:
    """One of them, as both parties see it by now."""

    hour: int  # Since the epoch: of its message's receipt.
    service: Direction
    parties: frozenset[Party]


def viruses_in(hours: range, now: float, *, said_before: datetime | None = None) -> Iterator[SaidVirus]:
    """Of mail of these hours, of the scope's client; with `said_before`, only what the provider was told of by then."""
    if not hours:
        return
    rows = ReceivedVirus.objects.select_related("objection").filter(
        objection__received_at__gte=hours[0] * HOUR_S, objection__received_at__lt=(hours[-1] + 1) * HOUR_S
    )
    rows = rows.exclude(objection__state__in=(ObjectionState.SAID, ObjectionState.WITHDRAWN))
    if said_before is not None:
        rows = rows.filter(objection__opened_at__lt=said_before.timestamp(), said_at__lt=said_before)
    for each in (row.objection for row in rows):
        yield SaidVirus(int(each.received_at // HOUR_S), direction_of(each), parties_of(each, now))


def said_viruses(rows: Iterable[Objection]) -> frozenset[int]:
    """Which of these objections say so, by their number."""
    return frozenset(ReceivedVirus.objects.filter(objection__in=list(rows)).values_list("objection_id", flat=True))
