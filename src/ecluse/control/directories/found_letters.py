"""Who keeps a client's list of addresses is told by mail that found ones wait for his word: once a week at most.

Nothing is ever taken over by itself (`found.py`), and who does not look at the page would hear of none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count, Max, Min
from django_scopes import scopes_disabled

from ecluse.control.accounts.gathered_letters import Gathered, Waiting, tell_each
from ecluse.control.accounts.queries import User
from ecluse.control.accounts.roles import Role
from ecluse.control.directories.found import KEPT_S, found_addresses
from ecluse.control.directories.models import FoundAddress, FoundLetter
from ecluse.control.tenants.models import Client
from ecluse.domain.policy import ServiceState

GATHER_S = 86_400.0  # Most of a domain's addresses are found on its first day.
APART_S = 7 * 86_400.0  # Between two letters to the same person.


@dataclass(frozen=True, slots=True)
class FoundNews:
    """One letter: it names no address."""

    recipient: str
    language: str
    client: Client
    count: int  # Addresses that wait.


Send = Callable[[FoundNews], None]


def tell_of_found(now: float, send: Send) -> int:
    """Write whatever letters are due; how many were sent. Over all clients.

    `send` raises `Unavailable`: then it is tried again; `Refused`: then not that week.
    """
    with scopes_disabled():  # A job of the provider's.
        FoundLetter.objects.filter(told_at__lt=now - KEPT_S).delete()
        owners = FoundAddress.objects.filter(dismissed_at=None, found_at__lte=now - GATHER_S).values("client")
        clients = list(Client.objects.filter(pk__in=owners).exclude(state=ServiceState.ENDED))

    def write(client: Client, user: User, waiting: Waiting) -> None:
        send(FoundNews(user.email, user.language or client.language, client, waiting.count))

    return tell_each(clients, _ABOUT, write, now)


def _waiting(since: float) -> Waiting | None:
    of = "found_at"
    found = found_addresses().filter(found_at__gt=since).aggregate(count=Count("pk"), oldest=Min(of), newest=Max(of))
    return Waiting(**found) if found["count"] else None


_ABOUT = Gathered(
    name="found addresses",
    action="found-addresses.told",
    counted="addresses",
    readers=(Role.OWNER, Role.ADMINISTRATOR),
    letters=FoundLetter,
    waiting=_waiting,
    gather_s=GATHER_S,
    apart_s=APART_S,
)
