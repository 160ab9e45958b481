"""False positives and false negatives between two parties: the client says so, the provider confirms or contests (9-2).

Each function is one change, recorded. The caller has opened the client's scope, and looked at whether the actor may.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from enum import StrEnum

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django_scopes import scopes_disabled

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.mail.exclusions import exclusions_of
from ecluse.control.mail.lessons import teach
from ecluse.control.mail.log import Story, as_plain
from ecluse.control.mail.log import story as story_of
from ecluse.control.mail.models import HeldCopy, Objection, ObjectionKind, ObjectionState
from ecluse.control.tenants.models import Client
from ecluse.domain.errors import Impossible
from ecluse.domain.event import TAKEN
from ecluse.domain.incoming import Direction
from ecluse.domain.language import Language
from ecluse.domain.logged_message import LoggedRecipient
from ecluse.domain.verdict import Disposition
from ecluse.ports.message_log import MessageLog

__all__ = ["Objection", "ObjectionKind", "ObjectionState"]

MAX_TEXT = 300
MOST_OPEN = 500
ANSWER_WITHIN_S = 15 * 86_400.0  # What the provider leaves unanswered so long counts as accepted (9-2).


class Standing(StrEnum):
    """How an objection counts."""

    PENDING = "pending"
    ACCEPTED = "accepted"  # By both parties: it counts.
    CONTESTED = "contested"  # It is shown beside, and does not count.
    DROPPED = "dropped"


class RaisedBefore(Impossible):
    """Somebody has said so of this verdict."""


def raise_objection(
    story: Story, client: Client, recipient: str, *, by: Actor, note: str = "", is_user: bool = False
) -> Objection:
    """The verdict on this recipient's copy was wrong, whichever it was; the evidence is frozen with it.

    A user's waits for his administrators. Raises `RaisedBefore`, `Impossible` for who is no recipient of it.
    """
    recipient = recipient.casefold()
    kind = kind_of(_copy_of(story, recipient))
    own = [one for one in story.message.recipients if one.casefold() == recipient]
    now = time.time()
    with change(by=by) as act:
        row = Objection(
            client=client,
            message=story.message.id,
            recipient=recipient,
            received_at=story.events[0].at,
            kind=kind,
            state=ObjectionState.SAID if is_user else ObjectionState.OPEN,
            raised_by=by.name,
            raised_at=now,
            opened_at=None if is_user else now,
            note=note.strip()[:MAX_TEXT],
            evidence=as_plain(story, sees_subject=False) | {"recipients": own},
            exclusions=[
                each.value for each in exclusions_of(story.events, recipient, is_blocked=kind == ObjectionKind.BLOCKED)
            ],
        )
        _save_first(row)
        act.record("objection.raised", row, client_id=client.pk, after=_told(row))
        return row


def raise_reported(log: MessageLog, copies: Iterable[HeldCopy], client: Client, *, by: Actor, is_user: bool) -> bool:
    """Whoever has these copies released reports that blocking them was wrong; False where the log does not know one yet.

    What somebody has said so of before stays as it is. Raises `Unavailable`.
    """
    is_whole = True
    for copy in copies:
        recipients = frozenset({copy.recipient}) if is_user else None
        story = story_of(log, client.name, copy.message_id, Language.ENGLISH, time.time(), recipients=recipients)
        try:
            if story is None:
                raise Impossible("not in the log")  # noqa: TRY301 - as for who is no recipient of it.
            raise_objection(story, client, copy.recipient, by=by, is_user=is_user)
        except RaisedBefore:
            continue
        except Impossible:
            is_whole = False
    return is_whole


def send_on(row: Objection, *, by: Actor) -> None:
    """The client makes a user's word its own: the provider is asked. Raises `Impossible` once it is not the user's alone."""
    _move(row, (ObjectionState.SAID,), "objection.sent-on", by, state=ObjectionState.OPEN, opened_at=time.time())


def withdraw(row: Objection, *, by: Actor) -> None:
    """The client takes it back. Raises `Impossible` after the provider's answer."""
    _move(row, (ObjectionState.SAID, ObjectionState.OPEN), "objection.withdrawn", by, state=ObjectionState.WITHDRAWN)


def answer(row: Objection, *, is_right: bool, reason: str, by: Actor) -> None:
    """The provider confirms, or contests with a reason; what is confirmed teaches.

    Raises `Impossible` without a reason, or once it is answered.
    """
    reason = reason.strip()[:MAX_TEXT]
    if not is_right and not reason:
        raise Impossible("who contests says why")
    if standing_of(row, time.time()) is not Standing.PENDING:
        raise Impossible("it was answered, or left unanswered too long")
    state = ObjectionState.CONFIRMED if is_right else ObjectionState.CONTESTED
    values = {"state": state, "reason": reason, "answered_by": by.name, "answered_at": time.time()}
    with change(by=by) as act:
        _move(row, (ObjectionState.OPEN,), f"objection.{state.value}", by, **values)
        if is_right:
            teach(act, row)


def standing_of(row: Objection, now: float) -> Standing:
    """How it counts at that time; what was left unanswered for 15 days was accepted."""
    if row.state == ObjectionState.OPEN and row.opened_at is not None and now - row.opened_at >= ANSWER_WITHIN_S:
        return Standing.ACCEPTED
    return _STANDINGS[ObjectionState(row.state)]


_STANDINGS = {
    ObjectionState.SAID: Standing.PENDING,
    ObjectionState.OPEN: Standing.PENDING,
    ObjectionState.CONFIRMED: Standing.ACCEPTED,
    ObjectionState.CONTESTED: Standing.CONTESTED,
    ObjectionState.WITHDRAWN: Standing.DROPPED,
}


def objections(state: str = "") -> QuerySet[Objection]:
    """Of the scope's client, the newest first."""
    rows = Objection.objects.all()
    return rows.filter(state=state) if state else rows


def open_everywhere() -> list[Objection]:
    """Those of all clients that wait for the provider's answer, the oldest first; some hundred at most."""
    with scopes_disabled():  # The provider is the other party of each.
        rows = Objection.objects.filter(state=ObjectionState.OPEN, opened_at__gt=time.time() - ANSWER_WITHIN_S)
        return list(rows.select_related("client").order_by("opened_at")[:MOST_OPEN])


def of_message(message_id: str, recipients: Iterable[str]) -> dict[str, Objection]:
    """Those to the verdicts on these recipients' copies, by recipient."""
    keys = [each.casefold() for each in recipients]
    return {each.recipient: each for each in Objection.objects.filter(message=message_id, recipient__in=keys)}


def find_objection(pk: int) -> Objection | None:
    """Of the scope's client."""
    return Objection.objects.filter(pk=pk).first()


def kind_of(one: LoggedRecipient) -> ObjectionKind:
    """What an objection to the verdict on this recipient's copy says."""
    is_passed = one.disposition == Disposition.DELIVER or (not one.disposition and one.fate in TAKEN)
    return ObjectionKind.PASSED if is_passed else ObjectionKind.BLOCKED


def direction_of(row: Objection) -> Direction:
    """Which way its mail went, by the evidence; only what came is in the rates of wrong verdicts (9-1)."""
    return Direction(
        next((each["direction"] for each in row.evidence.get("events", ()) if each.get("direction")), "inbound")
    )


def _copy_of(story: Story, recipient: str) -> LoggedRecipient:
    one = next((each for each in story.message.recipients.values() if each.address.casefold() == recipient), None)
    if one is None:
        raise Impossible("no recipient of this message")
    return one


def _save_first(row: Objection) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise RaisedBefore("somebody has said so before") from None


def _move(row: Objection, before: tuple[str, ...], action: str, by: Actor, **values: object) -> None:
    """Two who act at once: the update of one of them finds nothing."""
    with change(by=by) as act:
        if not Objection.objects.filter(pk=row.pk, state__in=before).update(**values):
            raise Impossible("somebody was faster")
        was = {"state": row.state}
        row.refresh_from_db()
        act.record(action, row, client_id=row.client_id, before=was, after=_told(row))


def _told(row: Objection) -> dict[str, object]:
    names = ("message", "recipient", "kind", "state", "note", "reason", "exclusions")
    return {name: getattr(row, name) for name in names if getattr(row, name)}
