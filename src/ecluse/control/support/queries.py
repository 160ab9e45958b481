"""Reading tickets: a client's in its scope, all of them for the provider's pages."""

from __future__ import annotations

import re

from django.db.models import Prefetch, Q, QuerySet
from django_scopes import scopes_disabled

from ecluse.control.accounts.queries import User, people_in
from ecluse.control.accounts.roles import PERMISSIONS, PROVIDER_ROLES, Permission
from ecluse.control.support.models import Charge, Entry, Side, Ticket, TicketFile
from ecluse.control.support.states import PROVIDERS_TURN

__all__ = ["Entry", "Ticket", "TicketFile", "User"]

MOST_SHOWN = 500  # Of all clients' tickets, on one list.
_ANSWERING = [role for role in PROVIDER_ROLES if Permission.ANSWER_TICKETS in PERMISSIONS[role]]
_REFERENCE = re.compile(r"[Tt]0*([0-9]{1,18})")


def tickets(*, state: str = "", search: str = "", requester: str = "") -> QuerySet[Ticket]:
    """Of the scope's client, what moved last first; of one requester alone where one is named."""
    rows = Ticket.objects.select_related("client", "owner", "follows")
    if state:
        rows = rows.filter(state=state)
    if requester:
        rows = rows.filter(requester=requester.lower())
    return rows.filter(_found_by(search)) if search else rows


def find_ticket(pk: int, *, requester: str = "") -> Ticket | None:
    """Of the scope's client, and of this requester where one is named."""
    return tickets(requester=requester).filter(pk=pk).first()


def entries_of(ticket: Ticket, *, with_notes: bool) -> list[Entry]:
    """In their order; notes are the provider's own."""
    # Without what files hold: a list of them is short.
    rows = ticket.entries.prefetch_related(Prefetch("files", TicketFile.objects.defer("octets")), "letters")
    return list(rows if with_notes else rows.exclude(side=Side.NOTE))


def find_file(ticket: Ticket, pk: int) -> TicketFile | None:
    """One of a ticket that was found."""
    return TicketFile.objects.filter(entry__ticket=ticket, pk=pk).first()


def tickets_everywhere(*, state: str = "", owner: User | None = None, search: str = "") -> list[Ticket]:
    """Of all clients: what matters most first, then what has waited longest; some hundred at most.

    `state` is one of the table, "todo" for the provider's turn, "charge" for what an agent is asked about; "": all of them.
    """
    with scopes_disabled():  # The provider's own list.
        rows = Ticket.objects.select_related("client", "owner").filter(_STANDINGS.get(state, Q(state=state)))
        if owner is not None:
            rows = rows.filter(owner=owner)
        if search:
            rows = rows.filter(_found_by(search) | Q(client__name__icontains=search))
        order = ("-priority", "moved_at") if state == "todo" else ("-moved_at", "-pk")
        return list(rows.order_by(*order)[:MOST_SHOWN])


def ticket_named(reference: str) -> Ticket | None:
    """Of all clients, by its whole number: "T000012"."""
    number = _REFERENCE.fullmatch(reference)
    with scopes_disabled():  # As above.
        return number and Ticket.objects.select_related("client").filter(pk=int(number[1])).first()


def agents() -> QuerySet[User]:
    """The provider's people who answer tickets."""
    return people_in(_ANSWERING, None)


_STANDINGS = {"": Q(), "todo": Q(state__in=PROVIDERS_TURN), "charge": Q(charge=Charge.ASKED)}


def _found_by(search: str) -> Q:
    number = _REFERENCE.fullmatch(search)
    if number is not None:
        return Q(pk=int(number[1]))
    return Q(subject__icontains=search) | Q(requester__icontains=search)
