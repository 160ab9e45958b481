"""A client leaves by a right that its contract gives, and asks for its money back: in time, once (3-8, 6-11, 10-1).

Who has a right to offer (a change of terms, a broken SLA) calls `ask_refund` with what has happened; nothing else is needed.
From then on it goes by itself: the contract ends on the day the client has named (`leave_due`, a job), and what its invoices
asked for the months not begun then is credited (`control/billing/refund_notes.py`, a job).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import structlog
from django_scopes import scope, scopes_disabled

from ecluse.control.attempts.rows import for_each
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import Change, change
from ecluse.control.contracts.models import Contract, RefundRequest, RefundState
from ecluse.control.contracts.moves import move, note_change
from ecluse.control.contracts.prices import refund_of
from ecluse.control.contracts.refunds import is_refund_in_time
from ecluse.control.contracts.states import IN_FORCE, OutOfTurn, Step
from ecluse.domain.errors import Impossible

__all__ = ["RefundRequest", "RefundState"]

log = structlog.get_logger()

_BY = Actor(ActorKind.JOB, "contracts")


class Cause(StrEnum):
    """The article by which a client may leave and is given back."""

    CHANGE = "3-8"  # The provider changed terms or prices to its disadvantage.
    BREACH = "10-1"  # A threshold of the SLA was broken.


@dataclass(frozen=True, slots=True)
class Event:
    """What gives the right. Days are those of the contract's time zone."""

    cause: Cause
    source: str  # Names it: "change-notice:5", "sla-breach:12".
    on: date  # The month to ask in runs from here (6-11).
    known_on: date  # It may be asked from here on: a change is announced before it takes effect.


class TooLate(Impossible):
    """The month is over (6-11), or has not begun."""


class AskedAlready(Impossible):
    """A contract is left once."""


def ask_refund(contract: Contract, event: Event, *, leaves_on: date, by: Actor) -> RefundRequest:
    """The client leaves on that day, and is given back the whole months that have not begun then. In its scope.

    `leaves_on` is today or later, within the period. Raises `TooLate`, `AskedAlready`, `OutOfTurn` for a contract not in
    force, `Impossible` for another day. The refund itself is no request of anybody's: it follows.
    """
    with change(by=by) as act:
        Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
        contract.refresh_from_db()
        period = contract.period
        if contract.state not in IN_FORCE or period is None:
            raise OutOfTurn("the contract is not in force")
        today = act.at.astimezone(contract.zone).date()
        if not is_in_time(event, today):
            raise TooLate("a refund is asked for within a month (6-11)")
        if contract.refund_requests.exists():
            raise AskedAlready("the client leaves already")
        if not today <= leaves_on < period.ends_on:
            raise Impossible("a client leaves today or later, before its period is over")
        row = RefundRequest.objects.create(
            client_id=contract.client_id,
            contract=contract,
            cause=event.cause,
            source=event.source,
            event_on=event.on,
            asked_at=act.at,
            asked_by=str(by),
            leaves_on=leaves_on,
        )
        note_change(act, contract, "leaves", f"{event.cause}, {event.source}: {leaves_on}", leaves_on=leaves_on)
        if leaves_on == today:
            _leave(act, row)
        return row


def is_in_time(event: Event, today: date) -> bool:
    """From when it is known until a month after it happened, that day included (6-11)."""
    return event.known_on <= today and (today <= event.on or is_refund_in_time(event.on, today))


def leave_due(now: datetime) -> int:
    """End the contracts whose clients have named this day; how many. A job of the provider's."""
    with scopes_disabled():  # Requests of all clients.
        asked = list(RefundRequest.objects.filter(state=RefundState.ASKED).select_related("contract__client"))

    def leave(row: RefundRequest) -> bool:
        if row.leaves_on > now.astimezone(row.contract.zone).date():
            return False
        with scope(client=row.contract.client), change(by=_BY) as act:
            _leave(act, row)
        return True

    return for_each("let a client leave", asked, leave, now)


def _leave(act: Change, row: RefundRequest) -> None:
    """Claimed first: of two workers the second finds it done."""
    if not RefundRequest.objects.filter(pk=row.pk, state=RefundState.ASKED).update(state=RefundState.DUE):
        return
    contract = row.contract
    contract.refresh_from_db()
    if contract.state in IN_FORCE:
        net = refund_of(contract, row.leaves_on)
        RefundRequest.objects.filter(pk=row.pk).update(net=net)
        move(act, contract, Step.TERMINATE, f"{row.cause}, {row.source}", over_at=act.at)
    else:
        RefundRequest.objects.filter(pk=row.pk).update(state=RefundState.VOID)
        note_change(act, contract, "refund-void", row.source)
        log.warning("refund void", contract=contract.reference)
    row.refresh_from_db()
