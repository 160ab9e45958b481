"""Makes the published form of what a change has touched, in the change's own transaction."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from django.db.models import Max, QuerySet
from django_scopes import scopes_disabled

from ecluse.control.audit.change import Change
from ecluse.control.keystore.services import public_key
from ecluse.control.policies.models import ClientWishes, PolicyChange, PublishedObject
from ecluse.control.policies.models import ListEntry as ListRow
from ecluse.control.sending.queries import published_connector
from ecluse.control.signing.published import published_keys
from ecluse.control.suppression.queries import published_suppression
from ecluse.control.tenants.models import Address as AddressRow
from ecluse.control.tenants.models import Domain, Recipients
from ecluse.domain.address import Address
from ecluse.domain.mass import MassAction
from ecluse.domain.person import Person
from ecluse.domain.policy import Policy, ServiceState
from ecluse.domain.publication import Kind
from ecluse.domain.published import ListEntry
from ecluse.wire.wishes import Wishes, people_in, read_wishes, terms

# Sets and maps in one order: what has not changed is the same octets.
_encode = msgspec.msgpack.Encoder(order="deterministic").encode


def publish(change: Change) -> None:
    """Write the current form of every touched object, and a numbered change for each that is not as before."""
    with scopes_disabled():  # A change may concern several clients; its service has looked at who may do that.
        _publish(change)


def _publish(change: Change) -> None:
    position = PolicyChange.objects.aggregate(last=Max("position"))["last"] or 0
    for kind, key in change.touched:
        made = _MAKERS[Kind(kind)](key)
        body = None if made is None else _encode(made)
        known = PublishedObject.objects.filter(kind=kind, key=key).first()
        if (bytes(known.body) if known and known.body is not None else None) == body:
            continue
        position += 1
        PublishedObject.objects.update_or_create(kind=kind, key=key, defaults={"version": position, "body": body})
        PolicyChange.objects.create(position=position, kind=kind, key=key, at=change.at)


def _domain(key: str) -> Policy | None:
    row = (
        Domain.objects.select_related("client")
        .prefetch_related("routes")
        .filter(name=key, proven_at__isnull=False)
        .first()
    )
    if row is None:
        return None
    return policy_of(row, wishes_in(ClientWishes.objects.filter(client=row.client)))


def wishes_in(rows: QuerySet[ClientWishes]) -> Wishes:
    """Those of the only client that they are of; the defaults where it has none."""
    row = rows.first()
    return read_wishes(row.plain if row else {})


def policy_of(row: Domain, wishes: Wishes) -> Policy:
    """What a domain's policy is under these wishes of its client."""
    client = row.client
    users = tuple(row.filter_wishes.all())
    return Policy(
        client=client.name,
        domain=row.name,
        routes=tuple(one.next_hop for one in row.routes.all()),
        accepts_any_address=row.recipients == Recipients.ANY,
        verifies_addresses=row.recipients == Recipients.VERIFIED,
        unfiltered=frozenset(row.addresses.filter(is_filtered=False).values_list("key", flat=True)),
        greylists_not=frozenset(each.recipient for each in users if not each.is_greylisted),
        mass_mail_of={each.recipient: MassAction(each.mass_mail) for each in users if each.mass_mail},
        state=ServiceState(client.state),
        state_since=client.state_since.timestamp() if client.state_since else 0.0,
        receives_inbound=client.has_inbound,
        sends_outbound=client.has_outbound,
        seal_to=public_key(client),
        **terms(wishes),
    )


def _address(key: str) -> Address | None:
    row = AddressRow.objects.select_related("domain").filter(key=key).first()
    return None if row is None else Address(row.local, row.domain.name)


def _list(key: str) -> tuple[ListEntry, ...] | None:
    scope, _, owner = key.partition("/")
    whose = {"client__name": owner, "address": None} if scope == "client" else {"address__key": owner}
    rows = ListRow.objects.filter(**whose).order_by("pattern")
    return tuple(ListEntry(scope, owner, row.kind, row.entry, row.pattern) for row in rows) or None


def _person(key: str) -> Person | None:
    """An executive; a client's name may have a slash in it, a person's key has none."""
    client, _, name = key.rpartition("/")
    addresses = people_in(wishes_in(ClientWishes.objects.filter(client__name=client))).get(name)
    return None if addresses is None else Person(client, name, addresses, is_executive=True)


_MAKERS: dict[Kind, Callable[[str], object]] = {
    Kind.DOMAIN: _domain,
    Kind.ADDRESS: _address,
    Kind.LIST: _list,
    Kind.KEYS: published_keys,
    Kind.PERSON: _person,
    Kind.CONNECTOR: published_connector,
    Kind.SUPPRESSION: published_suppression,
}
