"""What may be done to clients, domains and addresses; each function is one change, recorded and published."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import Change, change
from ecluse.control.tenants.models import Address, Client, Domain, Recipients, Route
from ecluse.domain.address import Address as Mailbox
from ecluse.domain.policy import Route as NextHop
from ecluse.domain.policy import ServiceState
from ecluse.domain.publication import Kind


def create_client(name: str, *, by: Actor) -> Client:
    """A new client, without domains."""
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


def add_domain(client: Client, name: str, routes: Iterable[NextHop], *, by: Actor) -> Domain:
    """A domain and its next hops; its addresses are listed until said otherwise."""
    with change(by=by) as act:
        domain = Domain.objects.create(client=client, name=name)
        _put_routes(domain, routes)
        act.record("domain.added", domain, client_id=client.pk, after=_described(domain))
        act.touch(Kind.DOMAIN, name)
        return domain


def remove_domain(domain: Domain, *, by: Actor) -> None:
    """From now on its mail is refused; its addresses and their lists go with it."""
    with change(by=by) as act:
        act.record("domain.removed", domain, client_id=domain.client_id, before=_described(domain))
        for address in domain.addresses.all():
            _touch_address(act, address.key)
        act.touch(Kind.DOMAIN, domain.name)
        domain.delete()


def set_routes(domain: Domain, routes: Iterable[NextHop], *, by: Actor) -> None:
    """Other next hops."""
    with change(by=by) as act:
        before = _described(domain)
        domain.routes.all().delete()
        _put_routes(domain, routes)
        act.record("domain.routes-set", domain, client_id=domain.client_id, before=before, after=_described(domain))
        act.touch(Kind.DOMAIN, domain.name)


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
    """One more address of the domain."""
    with change(by=by) as act:
        key = Mailbox(local, domain.name).key
        address = Address.objects.create(
            client_id=domain.client_id, domain=domain, local=local, key=key, name=name, is_alias=is_alias
        )
        act.record("address.added", address, client_id=domain.client_id, after={"address": str(address)})
        act.touch(Kind.ADDRESS, key)
        return address


def remove_address(address: Address, *, by: Actor) -> None:
    """The address is refused from now on; its lists go with it."""
    with change(by=by) as act:
        act.record("address.removed", address, client_id=address.client_id, before={"address": str(address)})
        _touch_address(act, address.key)
        address.delete()


def _touch_address(act: Change, key: str) -> None:
    act.touch(Kind.ADDRESS, key)
    act.touch(Kind.LIST, f"user/{key}")


def _put_routes(domain: Domain, routes: Iterable[NextHop]) -> None:
    Route.objects.bulk_create(
        Route(
            client_id=domain.client_id, domain=domain, host=one.host, port=one.port, priority=one.priority, tls=one.tls
        )
        for one in routes
    )


def _described(domain: Domain) -> dict[str, object]:
    return {"name": domain.name, "recipients": domain.recipients, "routes": [str(one) for one in domain.routes.all()]}
