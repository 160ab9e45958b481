"""What ends with time: solved tickets are closed, and what is personal in old ones is forgotten (15-1, 15-8)."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db.models import Max
from django_scopes import scope, scopes_disabled

from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.contracts.models import Contract
from ecluse.control.contracts.states import IN_FORCE
from ecluse.control.support.arrivals import KEPT as UNSORTED_KEPT
from ecluse.control.support.arrivals import forget_unsorted
from ecluse.control.support.desk import Desk
from ecluse.control.support.letters import give_up_old
from ecluse.control.support.models import Entry, LinkedMessage, Ticket, TicketFile
from ecluse.control.support.states import OutOfTurn, TicketState
from ecluse.control.support.tickets import close
from ecluse.control.tenants.models import Client

AT_ONCE = 500
_BY = Actor(ActorKind.JOB, "support")

log = structlog.get_logger()


def keep_house(now: datetime, desk: Desk) -> None:
    """Whatever is due. A job of the provider's."""
    if closed := close_solved(now - timedelta(days=desk.close_after_days)):
        log.info("tickets closed", count=closed)
    delete_files(now - timedelta(days=desk.files_days))
    if left := forget_unsorted(now - UNSORTED_KEPT):
        log.warning("support mail forgotten unsorted", count=left)
    if lost := give_up_old(now):
        log.error("answers given up", count=lost)
    if forgotten := forget_old(now - timedelta(days=desk.keep_days)):
        log.info("tickets forgotten", count=forgotten)


def close_solved(before: datetime) -> int:
    """Nobody has written a word in them since; how many."""
    with scopes_disabled():  # Of all clients.
        silent = Ticket.objects.filter(state=TicketState.SOLVED, moved_at__lt=before).select_related("client")
        due = list(silent[:AT_ONCE])
    return sum(_is_closed(each) for each in due)


def delete_files(before: datetime) -> None:
    """Of tickets that were closed by then."""
    with scopes_disabled():  # As above.
        TicketFile.objects.filter(entry__ticket__closed_at__lt=before).delete()


def forget_old(before: datetime) -> int:
    """Of clients without a contract in force, whose last one ended before that time; how many tickets.

    When they came, how they went, and what was billed for them stays: it names nobody.
    """
    with scopes_disabled():  # As above.
        left = Ticket.objects.filter(forgotten_at=None, moved_at__lt=before)
        clients = list(Client.objects.filter(pk__in=left.values("client")))
    return sum(_forgotten(each, before) for each in clients)


def _is_closed(ticket: Ticket) -> bool:
    try:
        with scope(client=ticket.client):
            close(ticket, by=_BY)
    except OutOfTurn:  # Somebody wrote in it meanwhile.
        return False
    return True


def _forgotten(client: Client, before: datetime) -> int:
    with scope(client=client):
        if Contract.objects.filter(state__in=IN_FORCE).exists():
            return 0
        ended = Contract.objects.aggregate(last=Max("over_at"))["last"]
        if ended is not None and ended >= before:
            return 0
        with change(by=_BY) as act:
            due = Ticket.objects.select_for_update().filter(forgotten_at=None, moved_at__lt=before)
            keys = list(due.values_list("pk", flat=True)[:AT_ONCE])
            Entry.objects.filter(ticket__in=keys).update(text="", by="", message_id="", mail=None)
            TicketFile.objects.filter(entry__ticket__in=keys).delete()
            LinkedMessage.objects.filter(ticket__in=keys).delete()
            Ticket.objects.filter(pk__in=keys).update(
                state=TicketState.CLOSED,
                subject="",
                requester="",
                requester_name="",
                opened_by="",
                decided_by="",
                owner=None,
                forgotten_at=act.at,
            )
            if keys:
                act.record("tickets.forgotten", client, client_id=client.pk, after={"count": len(keys)})
            return len(keys)
