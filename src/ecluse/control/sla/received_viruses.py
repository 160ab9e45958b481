"""What a client was sent carried a virus (9-5): it says so of a message that it calls wrongly delivered.

Whether it counts is agreed upon with the objection itself (9-2). No exclusion of spam takes it out: a virus is one from
whoever's address it comes.
"""

from __future__ import annotations

from collections.abc import Iterable

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.mail.models import Objection, ObjectionKind, ObjectionState
from ecluse.control.sla.models import ReceivedVirus
from ecluse.domain.errors import Impossible

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


def said_viruses(rows: Iterable[Objection]) -> frozenset[int]:
    """Which of these objections say so, by their number."""
    return frozenset(ReceivedVirus.objects.filter(objection__in=list(rows)).values_list("objection_id", flat=True))
