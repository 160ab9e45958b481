"""Mail to support: into the ticket that it answers, into a new one, or before an agent, who sorts it (5-1).

A mail is believed where the domain of its author is proven. It goes on with a ticket only if it names one of its mails and
comes from whom the ticket is with; a new ticket counts for the client whose domain that is. Everything else waits: nobody
must be able to write in somebody else's ticket, or use up the requests of a client, by what he puts into From.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import structlog
from django.db import DataError, IntegrityError
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from ecluse.control.attempts.rows import for_each, ready
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import Change, change
from ecluse.control.support.files import room_in
from ecluse.control.support.models import (
    Channel,
    Entry,
    LetterKind,
    Side,
    SupportMail,
    SupportMailFile,
    Ticket,
    TicketFile,
    TicketLetter,
)
from ecluse.control.support.states import Step, TicketState, steps_from
from ecluse.control.support.tickets import Mailed, Request, note, open_ticket, our_address, post, write_by_mail
from ecluse.control.tenants.models import Client, Domain
from ecluse.domain.errors import Impossible

__all__ = ["SupportMail"]

AT_ONCE = 100
KEPT = timedelta(days=30)  # What nobody has sorted.
MOST_A_DAY = 20  # Tickets that one sender opens by mail; what is more waits for an agent.
# To one sender: a program that answers receipts as if it were a person makes no more (RFC 3834 section 2).
RECEIPTS_A_DAY = 5
MOST_WITH_FILES = 200  # Mails that wait for an agent; of what comes beyond, anybody's, the words are kept.
MOST_UNSORTED = 5_000  # Of what comes beyond, nothing is: the mailbox has it.
_MAX_BOUNCE = 2_000  # Of what a server says, as much is noted.
NO_SUBJECT = NO_TEXT = "?"  # A ticket says something.
_SORT = "sort a support mail"
_TOKEN = re.compile(r"([0-9a-f]{32})\.([0-9]{1,18})@.+")
_BY = Actor(ActorKind.JOB, "support mail")

log = structlog.get_logger()


def sort_mail() -> int:
    """What came since; how many found their ticket. A job of the provider's."""
    now = timezone.now()
    waiting = ready(_SORT, SupportMail.objects.filter(is_looked_at=False).order_by("received_at").only("pk"), now)
    return for_each(_SORT, list(waiting[:AT_ONCE]), lambda mail: _is_sorted(mail.pk), now)


def unsorted() -> QuerySet[SupportMail]:
    """What waits for an agent, the newest first."""
    return SupportMail.objects.filter(is_looked_at=True)


def find_mail(pk: str) -> SupportMail | None:
    """One of those."""
    return unsorted().filter(pk=pk).first()


def take_as_ticket(mail: SupportMail, client: Client, *, by: Actor) -> Ticket:
    """An agent says whose request it is. Raises `Impossible` where somebody was faster."""
    with scope(client=client), change(by=by) as act:
        return _open(act, _claimed(mail), client, by)


def add_to_ticket(mail: SupportMail, ticket: Ticket, *, by: Actor) -> None:
    """An agent says what it belongs to. Raises `Impossible` for a ticket that is closed, and as above."""
    with scope(client=ticket.client), change(by=by) as act:
        _write(act, _claimed(mail), ticket, by)


def discard(mail: SupportMail, *, by: Actor) -> None:
    """It is no request of anybody's. Raises `Impossible` where somebody was faster."""
    with change(by=by) as act:
        claimed = _claimed(mail)
        act.record("support-mail.discarded", claimed, after={"is_proven": bool(claimed.proven)})
        claimed.delete()


def guessed_client(mail: SupportMail) -> Client | None:
    """Whose domain stands in From, proven or not: for an agent to look at."""
    return _owner_of(mail.sender.rpartition("@")[2])


def forget_unsorted(before: datetime) -> int:
    """What nobody has sorted by then; how many. A job of the provider's."""
    _, deleted = SupportMail.objects.filter(received_at__lt=before.timestamp()).delete()
    return deleted.get("support.SupportMail", 0)


def _is_sorted(key: str) -> bool:
    """One that makes trouble keeps no other waiting: an agent looks at it."""
    try:
        return _sort(key)
    except (Impossible, DataError, IntegrityError) as problem:
        log.warning("support mail not sorted", id=key, problem=type(problem).__name__)
        _set_aside(key)
        return False


def _sort(key: str) -> bool:
    with change(by=_BY) as act:
        # Of two workers the second finds it gone.
        mail = SupportMail.objects.select_for_update().filter(pk=key, is_looked_at=False).first()
        if mail is None:
            return False
        if _is_known(mail):
            mail.delete()
            return False
        if _found_its_place(act, mail):
            return True
        _set_aside(key)
        return False


def _set_aside(key: str) -> None:
    """An agent looks at it. Whoever floods the address must not fill the database with it."""
    waiting, mail, files = unsorted().count(), SupportMail.objects.filter(pk=key), 0
    if waiting >= MOST_UNSORTED:
        log.warning("support mail not kept", id=key)
        mail.delete()
        return
    if waiting >= MOST_WITH_FILES:
        files, _ = SupportMailFile.objects.filter(mail=key).delete()
    mail.update(is_looked_at=True, left_out=F("left_out") + files)


def _is_known(mail: SupportMail) -> bool:
    """A node that does not know whether we have it tells it once more."""
    with scopes_disabled():  # As below.
        return Entry.objects.filter(mail=mail.pk).exists()


def _found_its_place(act: Change, mail: SupportMail) -> bool:
    if mail.returned and _came_back(act, mail):
        return True
    # What we wrote, and somebody sends back, is nobody's request.
    if not mail.proven or mail.sender == our_address() or _is_shared(mail.proven):
        return False
    ticket = _answered(mail)
    if ticket is not None:
        with scope(client=ticket.client):
            _go_on(act, mail, ticket)
        return True
    client = _owner_of(mail.sender.rpartition("@")[2])
    if client is None or mail.is_automatic:
        return False
    with scope(client=client):
        if _opened_of_late(act, mail.sender) >= MOST_A_DAY:
            return False
        _open(act, mail, client, _BY)
        return True


def _came_back(act: Change, mail: SupportMail) -> bool:
    """Whether a server gives an answer of ours back. Nobody else than whom it went to knows its number: what the server says is a note."""
    number = _TOKEN.fullmatch(mail.returned)
    if number is None:
        return False
    with scopes_disabled():  # Whose ticket it is stands in the ticket.
        mailed = Entry.objects.select_related("ticket__client").filter(side=Side.PROVIDER, mailed_at__isnull=False)
        entry = mailed.filter(pk=int(number[2]), ticket__token=number[1]).first()
    if entry is None:
        return False
    with scope(client=entry.client):
        Entry.objects.filter(pk=entry.pk).update(mailed_at=None, refused_at=mail.when)
        note(entry.ticket, (mail.text or NO_TEXT)[:_MAX_BOUNCE], by=_BY)
        act.record("ticket.answer-came-back", entry.ticket, client_id=entry.client_id, after={"entry": entry.pk})
        mail.delete()
    return True


def _answered(mail: SupportMail) -> Ticket | None:
    """The ticket of one of the mails that it names, where that is with its sender: the nearest of them."""
    named = mail.thread.splitlines()
    tokens = [found[1] for each in named if (found := _TOKEN.fullmatch(each))]
    with scopes_disabled():  # Whose ticket it is stands in the ticket.
        own = Ticket.objects.select_related("client").filter(requester=mail.sender, forgotten_at=None)
        by_token = {each.token: each for each in own.filter(token__in=tokens)}
        entries = Entry.objects.select_related("ticket__client").filter(message_id__in=named, ticket__in=own)
        by_id = {each.message_id: each.ticket for each in entries}
    candidates = [by_token.get(each) for each in tokens] + [by_id.get(each) for each in named]
    return next((each for each in candidates if each is not None), None)


def _go_on(act: Change, mail: SupportMail, ticket: Ticket) -> None:
    """A ticket that is closed for good is followed by another one."""
    if mail.is_automatic or Step.WRITE in steps_from(TicketState(ticket.state)):
        _write(act, mail, ticket, _BY)
    else:
        _open(act, mail, ticket.client, _BY, follows=ticket)


def _write(act: Change, mail: SupportMail, ticket: Ticket, by: Actor) -> None:
    entry = write_by_mail(ticket, mail.text or NO_TEXT, mail.sender, _known(mail), by=by)
    act.record("ticket.mail-added", ticket, client_id=ticket.client_id, after={"mail": mail.pk})
    _move_files(mail, entry)
    mail.delete()


def _open(act: Change, mail: SupportMail, client: Client, by: Actor, *, follows: Ticket | None = None) -> Ticket:
    request = Request(
        mail.subject or NO_SUBJECT,
        mail.text or NO_TEXT,
        Channel.MAIL,
        requester=mail.sender,
        requester_name=mail.sender_name,
        at=mail.when,
        mail=_known(mail),
    )
    ticket = open_ticket(client, request, by=by, follows=follows)
    entry = ticket.entries.get()
    _move_files(mail, entry)
    if mail.proven and not mail.is_automatic and _receipts_of_late(act, mail.sender) < RECEIPTS_A_DAY:
        post(act, entry, LetterKind.RECEIPT)
    mail.delete()
    return ticket


def _known(mail: SupportMail) -> Mailed:
    return Mailed(mail.pk, mail.message_id, bool(mail.proven), mail.is_automatic, mail.left_out)


def _move_files(mail: SupportMail, entry: Entry) -> None:
    room, files = room_in(entry.ticket_id), list(mail.files.all())
    if len(files) > room:
        Entry.objects.filter(pk=entry.pk).update(left_out=F("left_out") + len(files) - room)
    TicketFile.objects.bulk_create(
        TicketFile(
            client_id=entry.client_id,
            entry=entry,
            name=each.name,
            kind=each.kind,
            size=len(each.octets),
            octets=each.octets,
        )
        for each in files[:room]
    )


def _claimed(mail: SupportMail) -> SupportMail:
    """Locked: of two agents the second finds it gone."""
    found = SupportMail.objects.select_for_update().filter(pk=mail.pk).first()
    if found is None:
        raise Impossible("somebody was faster")
    return found


def _owner_of(domain: str) -> Client | None:
    with scopes_disabled():  # Who owns a domain is asked over all clients.
        row = Domain.objects.select_related("client").filter(name=domain, proven_at__isnull=False).first()
    return None if row is None else row.client


def _is_shared(registered: str) -> bool:
    """Whether several clients are served below this name: what proves one of them proves each (RFC 9989: relaxed)."""
    below = Q(name=registered) | Q(name__endswith=f".{registered}")
    with scopes_disabled():  # As above.
        rows = Domain.objects.filter(below, proven_at__isnull=False).order_by()
        return rows.values("client_id").distinct().count() > 1


def _opened_of_late(act: Change, sender: str) -> int:
    return Ticket.objects.filter(
        requester=sender, channel=Channel.MAIL, opened_at__gt=act.at - timedelta(days=1)
    ).count()


def _receipts_of_late(act: Change, sender: str) -> int:
    """Those that were sent, and those that wait."""
    day = act.at - timedelta(days=1)
    sent = Entry.objects.filter(ticket__requester=sender, receipt_at__gt=day).count()
    waiting = TicketLetter.objects.filter(entry__ticket__requester=sender, kind=LetterKind.RECEIPT).count()
    return sent + waiting
