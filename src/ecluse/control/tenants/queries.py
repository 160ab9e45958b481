"""Reading clients, domains and addresses; all but clients within an open scope."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from ecluse.control.audit.change import Change
from ecluse.control.tenants.models import Address, Client, Domain, Recipients, Route, ToldRoute
from ecluse.domain.publication import Kind
from ecluse.wire.notations import address_key

_AT_ONCE = 500  # Parameters of one question.
MAX_ALIASES = 20  # Of one user, that his own pages look for.

__all__ = ["Address", "Client", "Domain", "Recipients", "Route", "ToldRoute"]


@dataclass(frozen=True, slots=True)
class Counts:
    """What a client has."""

    domains: int
    claims: int  # Domains that are not proven yet.
    users: int
    aliases: int  # They are no users (3-4).


def client_named(name: str) -> Client | None:
    """By its whole name."""
    return Client.objects.filter(name=name).first()


def counts() -> Counts:
    """Of the scope's client."""
    addresses = Address.objects.aggregate(
        users=Count("pk", filter=Q(is_alias=False)), aliases=Count("pk", filter=Q(is_alias=True))
    )
    domains = Domain.objects.aggregate(all=Count("pk"), claims=Count("pk", filter=Q(proven_at=None)))
    return Counts(domains["all"], domains["claims"], addresses["users"], addresses["aliases"])


def domains() -> QuerySet[Domain]:
    """With their routes and the number of their addresses."""
    return Domain.objects.prefetch_related("routes").annotate(address_count=Count("addresses"))


def proven_domains() -> QuerySet[Domain]:
    """Those that are served."""
    return Domain.objects.filter(proven_at__isnull=False)


def proven_by_name() -> dict[str, Domain]:
    """The same: whoever reads many addresses asks once."""
    return {each.name: each for each in proven_domains()}


def claims() -> QuerySet[Domain]:
    """Those that are still to be proven."""
    return Domain.objects.filter(proven_at=None)


def find_domain(pk: int) -> Domain | None:
    """Of the scope's client."""
    return Domain.objects.filter(pk=pk).first()


def find_proven_domain(pk: int) -> Domain | None:
    """One of the scope's client that is proven to be its own: about somebody else's nothing is looked up or asked."""
    return proven_domains().filter(pk=pk).first()


def find_route(domain: Domain, pk: int) -> Route | None:
    """One of the domain's next hops."""
    return Route.objects.filter(domain=domain, pk=pk).select_related("domain").first()


def told_routes(domain: Domain) -> dict[tuple[str, int], list[ToldRoute]]:
    """By host and port: what each node says of this next hop."""
    found: dict[tuple[str, int], list[ToldRoute]] = {}
    for each in ToldRoute.objects.filter(domain=domain):
        found.setdefault((each.host, each.port), []).append(each)
    return found


def addresses(search: str = "") -> QuerySet[Address]:
    """In order; those that have the text in address or name."""
    rows = Address.objects.select_related("domain", "alias_of__domain").order_by("key")
    if search:
        rows = rows.filter(Q(key__icontains=search) | Q(name__icontains=search))
    return rows


def mailboxes_among(keys: Iterable[str]) -> set[str]:
    """Those of these `Address.key` that are mailboxes."""
    return set(Address.objects.filter(key__in=tuple(keys), is_alias=False).values_list("key", flat=True))


def addresses_named(texts: Iterable[str]) -> dict[str, Address]:
    """By `Address.key`: those of these that the client has, however people write them."""
    wanted = sorted({address_key(text) for text in texts} - {""})
    found: dict[str, Address] = {}
    for first in range(0, len(wanted), _AT_ONCE):
        rows = Address.objects.filter(key__in=wanted[first : first + _AT_ONCE]).select_related("domain")
        found |= {row.key: row for row in rows}
    return found


def find_mailbox(key: str) -> Address | None:
    """The mailbox with this `Address.key`; no other name for one."""
    return Address.objects.filter(key=key, is_alias=False).first()


def keys_of_user(email: str) -> tuple[str, ...]:
    """Whatever reaches one user of the scope's client: his address, and every alias of its mailbox; () for others.

    Where a domain of the client is not listed address by address, his own is his without a row.
    """
    key = email.strip().casefold()
    address = Address.objects.filter(key=key).select_related("alias_of").first()
    if address is None:
        is_ours = proven_domains().filter(name=key.rpartition("@")[2]).exclude(recipients=Recipients.LISTED).exists()
        return (key,) if is_ours else ()
    mailbox = (address.alias_of if address.is_alias else None) or address
    others = mailbox.aliases.filter(is_alias=True).order_by("key").values_list("key", flat=True)[:MAX_ALIASES]
    return tuple(dict.fromkeys((key, mailbox.key, *others)))


def find_address(pk: int) -> Address | None:
    """Of the scope's client."""
    return Address.objects.filter(pk=pk).select_related("domain").first()


def gone_addresses(act: Change) -> set[str]:
    """Those that the change has touched and that are there no longer. Over all clients, without scopes."""
    touched = [key for kind, key in act.touched if kind == Kind.ADDRESS]
    gone = set(touched)
    for first in range(0, len(touched), _AT_ONCE):
        there = Address.objects.filter(key__in=touched[first : first + _AT_ONCE])
        gone.difference_update(there.values_list("key", flat=True))
    return gone


def gone_domains(act: Change) -> set[str]:
    """Those that the change has touched and that nobody owns any longer. Over all clients, without scopes."""
    touched = [key for kind, key in act.touched if kind == Kind.DOMAIN]
    return set(touched).difference(proven_domains().filter(name__in=touched).values_list("name", flat=True))
