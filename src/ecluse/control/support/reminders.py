"""Whoever's turn it is, and says nothing, is reminded once: the provider's people of who waits, a client of what it was asked.

A client that says nothing for some time after that wants no more: its ticket counts as solved, and is closed as all that are.
Whom no reminder reaches, or who has no address, has said nothing by his silence: his ticket waits on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django_scopes import scope, scopes_disabled

from ecluse.control.accounts.queries import User
from ecluse.control.attempts.letters import send_to_each
from ecluse.control.attempts.rows import for_each, key_of
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.support.desk import Desk
from ecluse.control.support.models import LetterKind, Side, Ticket, TicketLetter
from ecluse.control.support.queries import agents
from ecluse.control.support.states import PROVIDERS_TURN, OutOfTurn, TicketState
from ecluse.control.support.tickets import our_address, post, solve
from ecluse.domain.errors import Unavailable

AT_ONCE = 200
_ENGLISH = "en"  # Of those who have chosen nothing.
_HOUR_S = 3_600
_AGENTS, _CLIENTS, _SILENT = "remind of a ticket", "remind a client of a ticket", "solve a silent ticket"
_BY = Actor(ActorKind.JOB, "support reminders")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One letter to one of the provider's people. No word of what was asked stands in it."""

    recipient: str
    language: str
    ticket: Ticket
    since: datetime


Send = Callable[[Waiting], None]


def remind_agents(now: datetime, desk: Desk, send: Send) -> int:
    """Of tickets that have waited for too many working hours: whose it is, or else all who answer; how many letters.

    `send` raises `Unavailable`: then it is tried again; `Refused`: then never.
    """
    if not desk.remind_agents_hours:
        return 0
    waited = timedelta(hours=desk.remind_agents_hours)
    with scopes_disabled():  # A job of the provider's, over all clients.
        silent = Ticket.objects.filter(state__in=PROVIDERS_TURN, reminded_at=None, turned_at__lte=now - waited)
        rows = list(silent.select_related("client", "owner").order_by("turned_at")[:AT_ONCE])
        return for_each(_AGENTS, rows, lambda row: _remind_agents(row, now, desk, send), now)


def remind_clients(now: datetime, desk: Desk) -> int:
    """Of answers that ask for a word of theirs; how many were reminded. The job `support mail` sends it."""
    if not desk.remind_client_days or not our_address():
        return 0
    asked_before = now - timedelta(days=desk.remind_client_days)
    with scopes_disabled():  # As above.
        waiting = Ticket.objects.filter(state=TicketState.WAITING, reminded_at=None, turned_at__lte=asked_before)
        reached = waiting.exclude(requester__in=("", our_address()))
        rows = list(reached.select_related("client").order_by("turned_at")[:AT_ONCE])
    return for_each(_CLIENTS, rows, _is_reminded, now)


def solve_silent(now: datetime, desk: Desk) -> int:
    """Tickets of clients that were reminded, and have said nothing since; how many."""
    if not desk.solve_after_days:
        return 0
    reminded_before = now - timedelta(days=desk.solve_after_days)
    with scopes_disabled():  # As above.
        silent = Ticket.objects.filter(state=TicketState.WAITING, reminded_at__lte=reminded_before)
        unsent = TicketLetter.objects.filter(kind=LetterKind.REMINDER).values("entry__ticket")
        rows = list(silent.exclude(pk__in=unsent).select_related("client").order_by("reminded_at")[:AT_ONCE])
    return for_each(_SILENT, rows, _is_solved, now)


def _remind_agents(row: Ticket, now: datetime, desk: Desk, send: Send) -> int:
    since = row.turned_at
    if since is None or desk.hours.seconds_between(since, now) < desk.remind_agents_hours * _HOUR_S:
        return 0
    mine = Ticket.objects.filter(pk=row.pk, turned_at=since)
    if not mine.filter(state__in=PROVIDERS_TURN, reminded_at=None).update(reminded_at=now):
        return 0
    own = agents().filter(pk=row.owner_id) if row.owner_id else agents().none()
    try:
        count = send_to_each(
            _AGENTS,
            own or agents(),
            lambda user: send(_waiting(user, row, since)),
            now,
            of=f"{key_of(row)}, {since.isoformat()}",
        )
    except Unavailable:
        mine.filter(reminded_at=now).update(reminded_at=None)
        return 0
    with change(by=_BY) as act:  # The client's trail has no word of it.
        act.record("ticket.agents-reminded", row, after={"letters": count})
    return count


def _waiting(user: User, row: Ticket, since: datetime) -> Waiting:
    return Waiting(user.email, user.language or _ENGLISH, row, since)


def _is_reminded(row: Ticket) -> bool:
    with scope(client=row.client), change(by=_BY) as act:
        mine = Ticket.objects.filter(pk=row.pk, state=TicketState.WAITING, turned_at=row.turned_at, reminded_at=None)
        entry = row.entries.filter(side=Side.PROVIDER).last()
        if entry is None or not mine.update(reminded_at=act.at):
            return False
        post(act, entry, LetterKind.REMINDER)
        act.record("ticket.client-reminded", row, client_id=row.client_id, after={"entry": entry.pk})
        return True


def _is_solved(row: Ticket) -> bool:
    try:
        with scope(client=row.client):
            solve(row, by=_BY)
    except OutOfTurn:  # Somebody wrote in it meanwhile.
        return False
    return True
