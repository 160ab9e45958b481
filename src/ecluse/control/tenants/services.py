"""What may be done to clients, domains and addresses; each function is one change, recorded and published."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from zoneinfo import available_timezones

from django.utils import timezone

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import Change, change
from ecluse.control.tenants.models import Address, Client, Domain, Recipients, Route
from ecluse.control.tenants.serving import is_taken, serve_shown
from ecluse.domain.address import Address as Mailbox
from ecluse.domain.errors import Impossible
from ecluse.domain.language import Language
from ecluse.domain.policy import Route as NextHop
from ecluse.domain.policy import ServiceState
from ecluse.domain.publication import Kind

_CHALLENGE_OCTETS = 24
LANGUAGES = tuple(Language)


class Taken(Impossible):
    """It exists already, here or at somebody else."""


class LastRoute(Impossible):
    """A domain without a next hop would have no way for its mail."""


class NotProven(Impossible):
    """The domain is a claim: whose it is has not been shown yet."""


def create_client(name: str, *, by: Actor) -> Client:
    """A new client, without domains. Raises `Taken`."""
    if Client.objects.filter(name=name).exists():
        raise Taken(name)
    with change(by=by) as act:
        client = Client.objects.create(name=name)
        act.record("client.created", client, client_id=client.pk, after={"name": name})
        return client


def set_state(client: Client, state: ServiceState, *, by: Actor) -> None:
    """Suspend, end or serve again (3-18, 6-9)."""
    with change(by=by) as act:
        before = {"state": client.state}
        client.state, client.state_since = state, timezone.now()
        client.save(update_fields=["state", "state_since"])
        act.record("client.state-set", client, client_id=client.pk, before=before, after={"state": state})
        for domain in Domain.objects.filter(client=client):
            act.touch(Kind.DOMAIN, domain.name)


def serve(client: Client, state: ServiceState, *, inbound: bool, outbound: bool, by: Actor) -> None:
    """As a contract says: which of the two services, and whether at all; nothing where it is so already (2-5)."""
    with change(by=by) as act:
        client.refresh_from_db()
        bought = {"has_inbound": inbound, "has_outbound": outbound}
        before = {name: getattr(client, name) for name in bought}
        if before != bought:
            Client.objects.filter(pk=client.pk).update(**bought)
            client.refresh_from_db()
            act.record("client.services-set", client, client_id=client.pk, before=before, after=bought)
            for domain in Domain.objects.filter(client=client):
                act.touch(Kind.DOMAIN, domain.name)
        if client.state != state:
            set_state(client, state, by=by)


def set_language_and_zone(client: Client, *, language: str, time_zone: str, by: Actor) -> None:
    """What its people read and when their day begins, where they have not chosen. Raises `Impossible` for unknown ones."""
    if language not in LANGUAGES or time_zone not in available_timezones():
        raise Impossible("no such language or time zone")
    with change(by=by) as act:
        before = {"language": client.language, "time_zone": client.time_zone}
        client.language, client.time_zone = language, time_zone
        client.save(update_fields=["language", "time_zone"])
        after = {"language": language, "time_zone": time_zone}
        if after != before:
            act.record("client.language-set", client, client_id=client.pk, before=before, after=after)


def add_domain(client: Client, name: str, routes: Iterable[NextHop], *, by: Actor) -> Domain:
    """A domain and its next hops, for which the provider vouches; served as `prove_domain` says. Raises `Taken`."""
    with change(by=by) as act:
        domain = _make_domain(act, client, name, routes)
        _own(act, domain)
        return domain


def claim_domain(client: Client, name: str, routes: Iterable[NextHop], *, by: Actor) -> Domain:
    """As `add_domain`, but nothing is published of it until `prove_domain`. Raises `Taken`."""
    with change(by=by) as act:
        return _make_domain(act, client, name, routes)


def prove_domain(domain: Domain, *, by: Actor) -> bool:
    """The record was found: mail for the domain is served from now on. Raises `Taken`.

    False where its client needs permission, and has none for it (3-3): it is served once that is given.
    """
    with change(by=by) as act:
        is_served = _own(act, domain)
        action = "domain.proven" if is_served else "domain.shown"
        act.record(action, domain, client_id=domain.client_id, after={"name": domain.name})
        return is_served


def remove_domain(domain: Domain, *, by: Actor) -> None:
    """From now on its mail is refused; its addresses go with it, their lists and what their users wished."""
    with change(by=by) as act:
        act.record("domain.removed", domain, client_id=domain.client_id, before=_described(domain))
        for address in domain.addresses.all():
            _touch_address(act, address.key)
        act.touch(Kind.DOMAIN, domain.name)
        act.touch(Kind.KEYS, domain.name)
        domain.delete()


def set_routes(domain: Domain, routes: Iterable[NextHop], *, by: Actor) -> None:
    """Other next hops; those that stay keep their ids."""
    with change(by=by) as act:
        before = _described(domain)
        _put_routes(domain, routes)
        act.record("domain.routes-set", domain, client_id=domain.client_id, before=before, after=_described(domain))
        act.touch(Kind.DOMAIN, domain.name)


def add_route(domain: Domain, hop: NextHop, *, by: Actor) -> None:
    """One more next hop. Raises `Taken`."""
    if domain.routes.filter(host=hop.host, port=hop.port).exists():
        raise Taken(f"{hop.host}:{hop.port}")
    set_routes(domain, (*_hops(domain), hop), by=by)


def remove_route(route: Route, *, by: Actor) -> None:
    """One next hop less. Raises `LastRoute`."""
    domain = route.domain
    others = tuple(hop for hop in _hops(domain) if (hop.host, hop.port) != (route.host, route.port))
    if not others:
        raise LastRoute(domain.name)
    set_routes(domain, others, by=by)


def set_recipients(domain: Domain, recipients: Recipients, *, by: Actor) -> None:
    """How the domain's addresses are known."""
    with change(by=by) as act:
        before = {"recipients": domain.recipients}
        domain.recipients = recipients
        domain.save(update_fields=["recipients"])
        after = {"recipients": recipients}
        act.record("domain.recipients-set", domain, client_id=domain.client_id, before=before, after=after)
        act.touch(Kind.DOMAIN, domain.name)


def add_address(domain: Domain, local: str, *, name: str = "", is_alias: bool = False, by: Actor) -> Address:
    """One more address of a domain that is the client's own. Raises `Taken`, `NotProven`."""
    with change(by=by) as act:
        key = Mailbox(local, domain.name).key
        _demand_room(domain, key)
        address = Address.objects.create(
            client_id=domain.client_id, domain=domain, local=local, key=key, name=name, is_alias=is_alias
        )
        act.record("address.added", address, client_id=domain.client_id, after={"address": str(address)})
        act.touch(Kind.ADDRESS, key)
        return address


def set_alias_of(address: Address, mailbox: Address | None, *, by: Actor) -> None:
    """Whose mailbox an alias leads to: its user sees what is held for it, too. Raises `Impossible` for an alias's alias."""
    if mailbox is not None and (mailbox.is_alias or mailbox.pk == address.pk or mailbox.client_id != address.client_id):
        raise Impossible("an alias is another name for a mailbox")
    if mailbox is not None and address.aliases.filter(is_alias=True).exists():
        raise Impossible("a mailbox that has other names is no other name itself")
    with change(by=by) as act:
        before = {"alias_of": str(address.alias_of) if address.alias_of else ""}
        address.alias_of, address.is_alias = mailbox, address.is_alias or mailbox is not None
        address.save(update_fields=["alias_of", "is_alias"])
        after = {"alias_of": str(mailbox or "")}
        act.record("address.alias-set", address, client_id=address.client_id, before=before, after=after)


def set_filter(address: Address, *, is_filtered: bool, by: Actor) -> None:
    """Whether this user's mail is filtered; viruses are looked for in any case (1-2c)."""
    with change(by=by) as act:
        before = {"is_filtered": address.is_filtered}
        address.is_filtered = is_filtered
        address.save(update_fields=["is_filtered"])
        after = {"is_filtered": is_filtered}
        act.record("address.filter-set", address, client_id=address.client_id, before=before, after=after)
        act.touch(Kind.DOMAIN, address.domain.name)


def remove_address(address: Address, *, by: Actor) -> None:
    """The address is refused from now on; its lists go with it, and what its user wished."""
    with change(by=by) as act:
        act.record("address.removed", address, client_id=address.client_id, before={"address": str(address)})
        _touch_address(act, address.key)
        address.delete()


def _make_domain(act: Change, client: Client, name: str, routes: Iterable[NextHop]) -> Domain:
    if Domain.objects.filter(client=client, name=name).exists():
        raise Taken(name)
    domain = Domain.objects.create(client=client, name=name, challenge=secrets.token_urlsafe(_CHALLENGE_OCTETS))
    _put_routes(domain, routes)
    act.record("domain.added", domain, client_id=client.pk, after=_described(domain))
    return domain


def _own(act: Change, domain: Domain) -> bool:
    if is_taken(domain):
        raise Taken(domain.name)
    return serve_shown(act, domain)


def _demand_room(domain: Domain, key: str) -> None:
    if domain.proven_at is None:
        raise NotProven(domain.name)
    if Address.objects.filter(key=key).exists():
        raise Taken(key)


def _touch_address(act: Change, key: str) -> None:
    act.touch(Kind.ADDRESS, key)
    act.touch(Kind.LIST, f"user/{key}")


def _put_routes(domain: Domain, routes: Iterable[NextHop]) -> None:
    """These, in this order: a server that stays keeps its row, whose id programs know.

    Of those with one priority the rows' own order counts, so that one which moves behind a later one is made anew.
    """
    known = {(one.host, one.port): one for one in domain.routes.all()}
    last: dict[int, int] = {}  # Priority -> the row that was put last.
    for hop in routes:
        row = known.pop((hop.host, hop.port), None)
        if row is not None and row.pk < last.get(hop.priority, 0):
            row.delete()
            row = None
        row = row or Route(client_id=domain.client_id, domain=domain, host=hop.host, port=hop.port)
        row.priority, row.tls, row.is_vouched = hop.priority, hop.tls, hop.is_vouched
        row.save()
        last[hop.priority] = row.pk
    Route.objects.filter(pk__in=[one.pk for one in known.values()]).delete()


def _hops(domain: Domain) -> tuple[NextHop, ...]:
    return tuple(one.next_hop for one in domain.routes.all())


def _described(domain: Domain) -> dict[str, object]:
    return {"name": domain.name, "recipients": domain.recipients, "routes": [str(one) for one in domain.routes.all()]}
