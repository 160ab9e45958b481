"""Tickets: opened, written in, answered, solved. Each function is one change, recorded; texts never stand in the trail.

The caller has opened the client's scope, and looked at whether the actor may.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from ecluse.control.accounts.models import User
from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import Change, change
from ecluse.control.support.desk import Desk
from ecluse.control.support.files import NewFile, attach
from ecluse.control.support.models import (
    MAX_ADDRESS,
    MAX_NAME,
    MAX_SUBJECT,
    MAX_TEXT,
    Channel,
    Charge,
    Entry,
    LetterKind,
    LinkedMessage,
    Priority,
    Side,
    Ticket,
    TicketLetter,
)
from ecluse.control.support.queries import agents
from ecluse.control.support.quota import quota_of
from ecluse.control.support.states import PROVIDERS_TURN, UNSOLVED, OutOfTurn, Step, TicketState, after
from ecluse.control.tenants.models import Client
from ecluse.domain.errors import Impossible
from ecluse.domain.ids import is_id

__all__ = ["MAX_SUBJECT", "MAX_TEXT", "Channel", "Charge", "Entry", "Priority", "Side", "Ticket"]

MOST_LINKED = 20  # Messages of one ticket.
MOST_UNSOLVED = 500  # Tickets of one client.
MOST_ENTRIES = 1_000  # Of one ticket.
_TOKEN_OCTETS = 16


class TooMany(Impossible):
    """Something must be solved, or a new ticket opened, first."""


@dataclass(frozen=True, slots=True)
class Mailed:
    """What is known of a mail beside its words."""

    id: str  # In the log.
    message_id: str
    is_proven: bool
    is_automatic: bool = False
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants."""

    subject: str
    text: str
    channel: Channel
    requester: str = ""  # His e-mail address; "": he is not told by mail.
    requester_name: str = ""
    language: str = ""  # "": the client's.
    priority: Priority = Priority.NORMAL
    message: str = ""  # Of the log, that it is about.
    at: datetime | None = None  # When it came; None: now.
    mail: Mailed | None = None  # None: it did not come by mail.
    files: tuple[NewFile, ...] = ()


def open_ticket(client: Client, request: Request, *, by: Actor, follows: Ticket | None = None) -> Ticket:
    """A new one. Beyond the month's quota an agent is asked whether it is billed (5-3).

    Raises `Impossible` without words, `TooMany`.
    """
    subject, text = _said(request.subject, MAX_SUBJECT), _said(request.text, MAX_TEXT)
    with change(by=by) as act:
        # Of two that come at once the second counts the first.
        locked = Client.objects.select_for_update().get(pk=client.pk)
        if Ticket.objects.filter(state__in=UNSOLVED).count() >= MOST_UNSOLVED:
            raise TooMany(f"more than {MOST_UNSOLVED} tickets that are not solved")
        came_at = request.at or act.at
        quota = quota_of(locked, came_at)
        ticket = Ticket.objects.create(
            client=client,
            channel=request.channel,
            subject=subject,
            priority=request.priority,
            requester=request.requester.strip().lower()[:MAX_ADDRESS],
            requester_name=request.requester_name.strip()[:MAX_NAME],
            language=request.language or client.language,
            token=secrets.token_hex(_TOKEN_OCTETS),
            follows=follows,
            opened_by=str(by)[:MAX_ADDRESS],
            opened_at=came_at,
            moved_at=act.at,
            turned_at=came_at,
            month=quota.month,
            charge=Charge.ASKED if quota.is_used_up else Charge.NONE,
        )
        asked = _add(act, ticket, Side.CLIENT, request.channel, text, request.requester or by.name, request.mail)
        Entry.objects.filter(pk=asked.pk).update(at=came_at)
        _attach(act, asked, request.files)
        if request.message:
            link(ticket, request.message, by=by)
        told = {"channel": request.channel.value, "charge": ticket.charge, "month": str(ticket.month)}
        act.record("ticket.opened", ticket, client_id=client.pk, after=told)
        return ticket


def write(ticket: Ticket, text: str, channel: Channel, files: Sequence[NewFile] = (), *, by: Actor) -> Entry:
    """The client's word. Raises `OutOfTurn` for one that is closed, `Impossible` without words or for too many files."""
    said = _said(text, MAX_TEXT)
    with change(by=by) as act:
        _step(act, ticket, Step.WRITE)
        entry = _add(act, ticket, Side.CLIENT, channel, said, by.name)
        _attach(act, entry, files)
        return entry


def write_by_mail(ticket: Ticket, text: str, sender: str, mail: Mailed, *, by: Actor) -> Entry:
    """The same, as it came. What a program has written moves nothing. Raises as `write`."""
    said = _said(text, MAX_TEXT)
    with change(by=by) as act:
        if not mail.is_automatic:
            _step(act, ticket, Step.WRITE)
        return _add(act, ticket, Side.CLIENT, Channel.MAIL, said, sender, mail)


def answer(
    ticket: Ticket, text: str, channel: Channel = Channel.CONSOLE, files: Sequence[NewFile] = (), *, by: Actor
) -> Entry:
    """The provider's word. Raises as `write`."""
    said = _said(text, MAX_TEXT)
    with change(by=by) as act:
        first = {} if ticket.first_answer_at else {"first_answer_at": act.at}
        _step(act, ticket, Step.ANSWER, **first)
        entry = _add(act, ticket, Side.PROVIDER, channel, said, by.name)
        _attach(act, entry, files)
        post(act, entry, LetterKind.ANSWER)
        return entry


def answer_and_solve(ticket: Ticket, text: str, files: Sequence[NewFile] = (), *, by: Actor) -> None:
    """The provider's word, which ends it. Raises as `write`."""
    with change(by=by):
        answer(ticket, text, files=files, by=by)
        solve(ticket, by=by)


def note(ticket: Ticket, text: str, *, by: Actor) -> None:
    """What the provider's people write down for themselves; the client's trail has no word of it."""
    said = _said(text, MAX_TEXT)
    with change(by=by) as act:
        written = _add(act, ticket, Side.NOTE, Channel.CONSOLE, said, by.name)
        act.record("ticket.noted", ticket, after={"entry": written.pk})


def solve(ticket: Ticket, *, by: Actor) -> None:
    """It is done, as far as anybody knows. Whoever solves it without a written answer has given it by voice."""
    with change(by=by) as act:
        first = {} if ticket.first_answer_at else {"first_answer_at": act.at}
        _step(act, ticket, Step.SOLVE, solved_at=act.at, **first)


def reopen(ticket: Ticket, *, by: Actor) -> None:
    """It was not done. Raises `OutOfTurn` for one that is not solved, or is closed for good."""
    with change(by=by) as act:
        _step(act, ticket, Step.REOPEN, solved_at=None)


def close(ticket: Ticket, *, by: Actor) -> None:
    """For good."""
    with change(by=by) as act:
        _step(act, ticket, Step.CLOSE, closed_at=act.at)


def assign(ticket: Ticket, user: User | None, *, by: Actor) -> None:
    """Whose it is from now on; None: nobody's. Raises `Impossible` for who answers no tickets."""
    if user is not None and not agents().filter(pk=user.pk).exists():
        raise Impossible("who answers no tickets gets none")
    with change(by=by) as act:
        before = {"owner": str(ticket.owner or "")}
        if user is not None and ticket.state in UNSOLVED:
            _step(act, ticket, Step.TAKE, owner=user)
        else:
            _set(act, ticket, owner=user)
        act.record("ticket.assigned", ticket, before=before, after={"owner": str(user or "")})


def set_priority(ticket: Ticket, priority: Priority, *, by: Actor) -> None:
    """How much it matters."""
    with change(by=by) as act:
        before = {"priority": ticket.priority}
        _set(act, ticket, priority=priority)
        act.record(
            "ticket.priority-set", ticket, client_id=ticket.client_id, before=before, after={"priority": priority}
        )


def link(ticket: Ticket, message: str, *, by: Actor) -> None:
    """It is about this message of the log. Raises `Impossible` for what is no id, and for too many."""
    if not is_id(message):
        raise Impossible("no id of a message")
    with change(by=by) as act:
        if ticket.linked.count() >= MOST_LINKED:
            raise Impossible("too many messages")
        _, is_new = LinkedMessage.objects.get_or_create(
            ticket=ticket,
            client_id=ticket.client_id,
            message=message,
            defaults={"linked_by": by.name[:MAX_ADDRESS], "linked_at": act.at},
        )
        if is_new:
            act.record("ticket.linked", ticket, client_id=ticket.client_id, after={"message": message})


def our_address() -> str:
    """Whom clients write to, in lower case; "" where nothing goes by mail."""
    desk: Desk = settings.ECLUSE_SUPPORT
    return desk.address


def _said(text: str, most: int) -> str:
    text = text.strip()[:most]
    if not text:
        raise Impossible("a ticket, and whoever writes in it, says something")
    return text


def post(act: Change, entry: Entry, kind: LetterKind) -> None:
    """It goes by mail to whom the ticket is with, where he has an address and we have another one."""
    ours = our_address()
    if ours and entry.ticket.requester not in {"", ours}:
        TicketLetter.objects.create(client_id=entry.client_id, entry=entry, kind=kind, made_at=act.at)


def _add(
    act: Change, ticket: Ticket, side: Side, channel: Channel, text: str, by: str, mail: Mailed | None = None
) -> Entry:
    if ticket.entries.count() >= MOST_ENTRIES:
        raise TooMany(f"more than {MOST_ENTRIES} entries")
    mailed = mail or Mailed("", "", is_proven=True)
    return Entry.objects.create(
        client_id=ticket.client_id,
        ticket=ticket,
        side=side,
        channel=channel,
        by=by[:MAX_ADDRESS],
        at=act.at,
        text=text,
        mail=mailed.id or None,
        message_id=mailed.message_id,
        is_proven=mailed.is_proven,
        is_automatic=mailed.is_automatic,
        left_out=mailed.left_out,
    )


def _attach(act: Change, entry: Entry, files: Sequence[NewFile]) -> None:
    attach(entry, files)
    if files:
        told = {"entry": entry.pk, "files": len(files)}
        act.record("ticket.files-added", entry.ticket, client_id=entry.client_id, after=told)


def _step(act: Change, ticket: Ticket, step: Step, **values: object) -> None:
    """Two who act at once: the second finds it where it is not any more. Raises `OutOfTurn`."""
    before = TicketState(ticket.state)
    state = after(before, step)
    rows = Ticket.objects.filter(pk=ticket.pk, state=before)
    if not rows.update(state=state, moved_at=act.at, **_turned(before, state, step, act.at), **values):
        raise OutOfTurn("somebody was faster")
    ticket.refresh_from_db()
    act.record(f"ticket.{step}", ticket, client_id=ticket.client_id, before={"state": before}, after={"state": state})


def _turned(before: TicketState, state: TicketState, step: Step, at: datetime) -> dict[str, object]:
    """Whoever waits for the provider waits on, whatever he adds; each word of the provider's asks the client anew."""
    is_as_before = state is before or {state, before} <= set(PROVIDERS_TURN)
    return {} if is_as_before and step is not Step.ANSWER else {"turned_at": at, "reminded_at": None}


def _set(act: Change, ticket: Ticket, **values: object) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(moved_at=act.at, **values)
    ticket.refresh_from_db()
