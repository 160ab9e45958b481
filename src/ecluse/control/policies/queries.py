"""Reading lists and settings, within an open scope."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django_scopes import scopes_disabled

from ecluse.control.policies.models import ClientWishes, ListEntry, ListKind
from ecluse.control.policies.publishing import policy_of, wishes_in
from ecluse.control.tenants.models import Client, Domain
from ecluse.domain.policy import Policy
from ecluse.wire.wishes import Wishes, read_wishes

__all__ = ["ListEntry", "ListKind"]


@dataclass(frozen=True, slots=True)
class ListCounts:
    """How much a client's lists hold, those of its users included."""

    allowed: int
    blocked: int


def list_counts() -> ListCounts:
    """Of the scope's client."""
    found = ListEntry.objects.aggregate(
        allowed=Count("pk", filter=Q(kind=ListKind.ALLOW)), blocked=Count("pk", filter=Q(kind=ListKind.BLOCK))
    )
    return ListCounts(found["allowed"], found["blocked"])


def list_entries(kind: str = "", search: str = "") -> QuerySet[ListEntry]:
    """Entries of the client and of its users."""
    rows = ListEntry.objects.select_related("address__domain").order_by("entry", "pk")
    if kind:
        rows = rows.filter(kind=kind)
    if search:
        rows = rows.filter(
            Q(entry__icontains=search) | Q(note__icontains=search) | Q(address__key__icontains=search.casefold())
        )
    return rows


def find_list_entry(pk: int) -> ListEntry | None:
    """Of the scope's client."""
    return ListEntry.objects.filter(pk=pk).select_related("client", "address__domain").first()


def wishes() -> Wishes:
    """What the client in scope wishes of its filter."""
    return wishes_in(ClientWishes.objects.all())


def wishes_of(client: Client) -> Wishes:
    """Of one that was read together with them (`select_related("wishes")`): many clients' are asked for at once."""
    row = getattr(client, "wishes", None)
    return read_wishes(row.plain if row else {})


def log_days(client: str) -> int:
    """So many days its messages stand in the log (15-8); in the client's scope."""
    return wishes_in(ClientWishes.objects.filter(client__name=client)).log_days


def shortened_logs() -> dict[int, int]:
    """Of all clients, in a job of the provider's: the number of each that has fewer days than others -> days."""
    with scopes_disabled():  # As above.
        rows = ClientWishes.objects.filter(plain__has_key="log_days").values_list("client", "plain")
        return {client: read_wishes(plain).log_days for client, plain in rows}


def policies_under(wishes: Wishes) -> dict[str, Policy]:
    """By name of the domain: what would be published of the client in scope, if those were its wishes."""
    rows = Domain.objects.filter(proven_at__isnull=False).select_related("client").prefetch_related("routes")
    return {row.name: policy_of(row, wishes) for row in rows}
