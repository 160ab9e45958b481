"""The provider's own client whose mail probes send (9-7): it has a domain that leads to the sinks, and is in nobody's figures."""

from __future__ import annotations

import msgspec
from django_scopes import scope

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.policies.queries import wishes
from ecluse.control.policies.services import change_wishes
from ecluse.control.sending.queries import connector_named
from ecluse.control.sending.services import add_connector, renew_secret
from ecluse.control.tenants.models import Client, Domain, Recipients
from ecluse.control.tenants.queries import client_named
from ecluse.control.tenants.services import add_domain, create_client, set_recipients, set_routes
from ecluse.domain.connector import AccountSource
from ecluse.domain.errors import Impossible
from ecluse.wire.connector_terms import ConnectorTerms
from ecluse.wire.notations import NextHop

_CONNECTOR = "probe"


def login_of(domain: str) -> str:
    """By which probes hand in outbound mail."""
    return f"probe@{domain}"


def set_up(name: str, domain: str, sink: NextHop, *, renews: bool, by: Actor) -> str:
    """Make what is missing of it: the password of its login, or "" where it was made before and shall stay.

    Raises `Taken` for a domain of somebody else's, `Impossible` for a client that has others: its filter goes off.
    """
    with change(by=by):
        client = client_named(name) or create_client(name, by=by)
        with scope(client=client):
            _lead_to(client, domain, sink, by=by)
            if wishes().filtered:
                change_wishes(client, lambda before: msgspec.structs.replace(before, filtered=False), by=by)
            return _secret(client, domain, renews=renews, by=by)


def _lead_to(client: Client, name: str, sink: NextHop, *, by: Actor) -> None:
    others = Domain.objects.exclude(name=name)
    if others.exists():
        raise Impossible(f"{client.name}: it has other domains, and the filter is switched off for all of them")
    domain = Domain.objects.first() or add_domain(client, name, [sink.route()], by=by)
    if [(each.host, each.port) for each in domain.routes.all()] != [(sink.host, sink.port)]:
        set_routes(domain, [sink.route()], by=by)
    if domain.recipients != Recipients.ANY:
        set_recipients(domain, Recipients.ANY, by=by)


def _secret(client: Client, domain: str, *, renews: bool, by: Actor) -> str:
    row = connector_named(_CONNECTOR)
    if row is None:
        # By sender: each point is an account of its own, so that all together reach nobody's limit of a day.
        terms = ConnectorTerms(name=_CONNECTOR, login=login_of(domain), account=AccountSource.ENVELOPE)
        return add_connector(client, terms, by=by)
    return renew_secret(row, by=by) if renews else ""
