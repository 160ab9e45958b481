"""Answers, receipts and reminders go out by mail, each once.

A letter is claimed before it is sent. Whoever was killed in between may have sent it: it is repeated once, under the same
id, and then no more. One that could not be sent for some days is given up, and the ticket's page says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django_scopes import scope, scopes_disabled

from ecluse.control.attempts.letters import send_claimed
from ecluse.control.attempts.rows import for_each, ready
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.support.files import NewFile, within
from ecluse.control.support.models import Entry, LetterKind, Side, Ticket, TicketLetter
from ecluse.control.support.quota import Quota, quota_of
from ecluse.control.support.states import TicketState

__all__ = ["LetterKind"]

AT_ONCE = 50
MOST_MAILED_OCTETS = 5_242_880  # Of the files of one answer: a third more as mail, which every server takes.
TRIED_FOR = timedelta(days=5)
CLAIMED_S = 900.0  # No letter takes so long: who claimed it was killed.
_ONCE_AGAIN = 2
_SEND = "send a support mail"
_MOST_NAMED = 10  # Ids of earlier mails.
_REMINDERS = 10**17  # Their numbers begin there, beyond all entries: an answer to one finds its ticket, too.
_BY = Actor(ActorKind.JOB, "support mail")


@dataclass(frozen=True, slots=True)
class News:
    """One letter."""

    kind: LetterKind
    ticket: Ticket
    entry: Entry
    id: str  # Left of our domain: `arrivals` knows the ticket by it.
    own: tuple[str, ...]  # Such ids of what we sent before, the oldest first.
    theirs: tuple[str, ...]  # Whole ids of what the client sent, the same.
    quota: Quota
    files: tuple[NewFile, ...] = ()  # Of an answer; those that a mail has room for.
    left_out: tuple[str, ...] = ()  # Names of the others: they are in the console.


Send = Callable[[News], None]


def send_letters(now: datetime, send: Send) -> int:
    """Whatever is due; how many were sent. Over all clients.

    `send` raises `Unavailable`: then it is tried again; `Refused`: then never.
    """
    with scopes_disabled():  # A job of the provider's.
        due = ready(_SEND, _due(now), now).select_related("client", "entry__ticket__client")
        letters = list(due[:AT_ONCE])

    def send_one(letter: TicketLetter) -> bool:
        with scope(client=letter.client):
            return _is_sent(letter, now, send)

    return for_each(_SEND, letters, send_one, now)


def give_up_old(now: datetime) -> int:
    """What could not be sent for days; how many. A job of the provider's."""
    with scopes_disabled():  # As above.
        old = TicketLetter.objects.filter(made_at__lt=now - TRIED_FOR)
        reminders = old.filter(kind=LetterKind.REMINDER)
        Ticket.objects.filter(entries__letters__in=reminders).update(**_NOT_REMINDED)
        Entry.objects.filter(letters__in=old.exclude(kind=LetterKind.REMINDER)).update(refused_at=now)
        return old.delete()[0]


def _due(now: datetime) -> QuerySet[TicketLetter]:
    is_new, is_left = Q(times=0), Q(times__lt=_ONCE_AGAIN, tried_at__lt=now.timestamp() - CLAIMED_S)
    return TicketLetter.objects.filter(is_new | is_left)


def _is_sent(letter: TicketLetter, now: datetime, send: Send) -> bool:
    if not _claim(letter, now):
        return False
    if not _still_wanted(letter):
        letter.delete()
        return False
    mine = TicketLetter.objects.filter(pk=letter.pk)
    if not send_claimed(
        lambda: send(_news(letter, now)),
        refused=lambda: _refuse(letter, now),
        put_back=lambda: mine.update(times=letter.times),
    ):
        return False
    with change(by=_BY) as act:
        ticket = letter.entry.ticket
        act.record(
            "ticket.mailed", ticket, client_id=letter.client_id, after={"entry": letter.entry_id, "kind": letter.kind}
        )
        _end(letter, **{name: now for kind, name in _NOTED.items() if kind == letter.kind})
    return True


_NOTED = {LetterKind.ANSWER: "mailed_at", LetterKind.RECEIPT: "receipt_at"}
# Whom no reminder reaches has said nothing by his silence: his ticket waits on.
_NOT_REMINDED = {"turned_at": None, "reminded_at": None}


def _still_wanted(letter: TicketLetter) -> bool:
    """Not where its ticket was forgotten meanwhile, or he who was to be reminded has written."""
    ticket = letter.entry.ticket
    is_reminder = letter.kind == LetterKind.REMINDER
    return bool(ticket.requester) and (not is_reminder or ticket.state == TicketState.WAITING)


def _claim(letter: TicketLetter, now: datetime) -> bool:
    """Whether it is ours to be sent."""
    as_seen = TicketLetter.objects.filter(pk=letter.pk, times=letter.times, tried_at=letter.tried_at)
    return bool(as_seen.update(times=F("times") + 1, tried_at=now.timestamp()))


def _refuse(letter: TicketLetter, now: datetime) -> None:
    if letter.kind == LetterKind.REMINDER:
        Ticket.objects.filter(pk=letter.entry.ticket_id).update(**_NOT_REMINDED)
        letter.delete()
    else:
        _end(letter, refused_at=now)


def _end(letter: TicketLetter, **noted: datetime) -> None:
    if noted:
        Entry.objects.filter(pk=letter.entry_id).update(**noted)
    letter.delete()


def _news(letter: TicketLetter, now: datetime) -> News:
    entry, ticket = letter.entry, letter.entry.ticket
    before = ticket.entries.filter(pk__lt=entry.pk) if letter.kind == LetterKind.ANSWER else ticket.entries.all()
    mailed = before.filter(side=Side.PROVIDER, mailed_at__isnull=False)
    written = before.filter(side=Side.CLIENT).exclude(message_id="")
    files, left_out = within(entry, MOST_MAILED_OCTETS) if letter.kind == LetterKind.ANSWER else ((), ())
    return News(
        kind=LetterKind(letter.kind),
        ticket=ticket,
        entry=entry,
        id=_id(ticket, entry.pk + (_REMINDERS if letter.kind == LetterKind.REMINDER else 0)),
        own=tuple(_id(ticket, each) for each in _newest(mailed, "pk")),
        theirs=tuple(_newest(written, "message_id")),
        quota=quota_of(ticket.client, now),
        files=files,
        left_out=left_out,
    )


def _newest(rows: QuerySet[Entry], name: str) -> list[str]:
    return list(reversed(rows.order_by("-pk").values_list(name, flat=True)[:_MOST_NAMED]))


def _id(ticket: Ticket, number: object) -> str:
    """Of the mail about this entry: an answer's own, or the receipt of what the client wrote."""
    return f"{ticket.token}.{number}"
