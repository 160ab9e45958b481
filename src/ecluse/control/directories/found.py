"""Addresses that a client's own servers have confirmed: seen, taken over into its list, or dismissed. In the client's scope.

Nodes tell them where a domain has its server asked (issue 6: discovery by call-forward). Nothing is ever taken over by
itself: a list is what its client wants it to be.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django_scopes import scopes_disabled

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.directories.models import FoundAddress
from ecluse.control.tenants.models import Address, Client
from ecluse.control.tenants.services import Taken, add_address
from ecluse.domain.policy import ServiceState

__all__ = ["FoundAddress"]

AT_ONCE = 1_000
KEPT_S = 60 * 86_400.0  # Where nobody says anything; it is found again with its next mail.
DISMISSED_KEPT_S = 365 * 86_400.0  # (15-8)
KEPT_AFTER_END = timedelta(days=30)  # Of the service (15-6): until then somebody may have ended it by mistake.


def found_addresses(search: str = "", *, are_dismissed: bool = False) -> QuerySet[FoundAddress]:
    """Those that wait for somebody's word, or that were dismissed; whatever is on the list by now is neither."""
    rows = _not_listed().filter(dismissed_at__isnull=not are_dismissed)
    return rows.filter(address__icontains=search) if search else rows


def find_found(pks: Iterable[int]) -> QuerySet[FoundAddress]:
    """Those of these that are the scope's client's and not on its list, dismissed ones too."""
    return _not_listed().filter(pk__in=list(pks)[:AT_ONCE])


def take_over(client: Client, rows: Iterable[FoundAddress], *, are_aliases: bool = False, by: Actor) -> int:
    """Put them on the client's list; how many are new there. Aliases are no users (3-4)."""
    taken = list(rows)
    with change(by=by) as act:
        added = sum(_add(row, by, is_alias=are_aliases) for row in taken)
        if taken:
            FoundAddress.objects.filter(pk__in=[row.pk for row in taken]).delete()
            after = {"addresses": added, "aliases": are_aliases}
            act.record("found-addresses.taken-over", client, client_id=client.pk, after=after)
    return added


def dismiss(client: Client, rows: Iterable[FoundAddress], *, by: Actor) -> int:
    """They are shown no more for a year, also when more mail comes for them; how many."""
    with change(by=by) as act:
        pks = [row.pk for row in rows if row.dismissed_at is None]
        if pks:
            FoundAddress.objects.filter(pk__in=pks).update(dismissed_at=act.at.timestamp())
            act.record("found-addresses.dismissed", client, client_id=client.pk, after={"addresses": len(pks)})
    return len(pks)


def forget_found(now: datetime) -> None:
    """What nobody has taken over in its time, what is on the list by now, and all of clients that are gone. The provider's job."""
    at = now.timestamp()
    with scopes_disabled():  # Over all clients.
        FoundAddress.objects.filter(dismissed_at__isnull=True, found_at__lt=at - KEPT_S).delete()
        FoundAddress.objects.filter(dismissed_at__lt=at - DISMISSED_KEPT_S).delete()
        listed = Address.objects.filter(key=OuterRef("address"), client=OuterRef("client"))
        FoundAddress.objects.filter(Exists(listed)).delete()
        ended = Client.objects.filter(state=ServiceState.ENDED, state_since__lt=now - KEPT_AFTER_END)
        FoundAddress.objects.filter(client__in=ended).delete()


def _not_listed() -> QuerySet[FoundAddress]:
    listed = Address.objects.filter(key=OuterRef("address"))
    return FoundAddress.objects.filter(~Exists(listed), domain__proven_at__isnull=False).select_related("domain")


def _add(row: FoundAddress, by: Actor, *, is_alias: bool) -> bool:
    with suppress(Taken):  # Somebody was faster.
        add_address(row.domain, row.local, is_alias=is_alias, by=by)
        return True
    return False
