"""What objections teach: a node that still holds the message learns of it what both parties say it was, without a release."""

from __future__ import annotations

from contextlib import suppress

from django.db.models import QuerySet

from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import Change, change
from ecluse.control.keystore.services import content_key
from ecluse.control.mail.held import WAITING
from ecluse.control.mail.models import HeldMessage, Objection, ObjectionKind, ObjectionState
from ecluse.control.mail.orders import give_order
from ecluse.domain.act import Channel
from ecluse.domain.errors import Impossible
from ecluse.domain.order import OrderKind, TeachOrder


def teach(act: Change, row: Objection) -> None:
    """Order the lesson of an objection that counts, once; nothing where no node holds the message any more.

    What the provider has confirmed is said by two who have signed in. What he left unanswered is one word alone: it is
    trusted as any recipient's, and what is far from the model waits for a second one.
    """
    message = HeldMessage.objects.filter(pk=row.message, copies__state__in=WAITING).first()
    if message is None or row.lesson_id is not None:
        return
    with suppress(Impossible):  # Its key was destroyed: then nobody learns of it either.
        order = give_order(act, row.client, message.node, OrderKind.TEACH, message.id, _lesson(row, message))
        Objection.objects.filter(pk=row.pk).update(lesson=order)
        told = {"message": row.message, "recipient": row.recipient, "kind": row.kind}
        act.record("objection.taught", row, client_id=row.client_id, after=told)


def teach_unanswered(until: float, *, by: Actor) -> int:
    """Those that nobody has answered since then, and that count by that: how many lessons. In a client's scope."""
    rows = list(_unanswered(until).select_related("client"))
    for row in rows:
        with change(by=by) as act:
            teach(act, row)
    return len(rows)


def clients_unanswered(until: float) -> set[int]:
    """Keys of those who have such a one; asked for at once. Over all clients, without scopes."""
    return set(_unanswered(until).order_by().values_list("client_id", flat=True))


def _unanswered(until: float) -> QuerySet[Objection]:
    waiting = Objection.objects.filter(state=ObjectionState.OPEN, opened_at__lte=until, lesson=None)
    return waiting.filter(message__in=HeldMessage.objects.filter(copies__state__in=WAITING).values("pk"))


def _lesson(row: Objection, message: HeldMessage) -> TeachOrder:
    key = content_key(row.client, bytes(message.seal), message.id) if message.seal else b""
    is_confirmed = row.state == ObjectionState.CONFIRMED
    return TeachOrder(
        is_spam=row.kind == ObjectionKind.PASSED,
        channel=Channel.ADMINISTRATOR if is_confirmed else Channel.RECIPIENT,
        recipient=row.recipient if row.is_a_users else "",
        person="" if row.is_a_users else f"{ActorKind.PERSON}:{row.raised_by}",
        content_key=key,
    )
