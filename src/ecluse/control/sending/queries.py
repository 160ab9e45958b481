"""A client's connectors, as pages and nodes read them."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from django.db.models import QuerySet

from ecluse.control.sending.models import Connector
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.queries import proven_domains
from ecluse.domain.connector import Connector as PublishedConnector
from ecluse.wire.connector_terms import BadConnector, ConnectorTerms, connector_of
from ecluse.wire.wishes import read_text

__all__ = ["Connector", "ShownConnector", "connectors", "find_connector", "own_domains", "published_connector"]


@dataclass(frozen=True, slots=True)
class ShownConnector:
    """One line of the page."""

    row: Connector
    terms: ConnectorTerms

    @property
    def proof(self) -> str:
        """By what it is known: "login", "certificate", "token" or "network"."""
        names = ("login", "certificate", "token")
        return next((name for name in names if getattr(self.terms, name)), "network")


def connectors() -> list[ShownConnector]:
    """All of the scope's client."""
    return [ShownConnector(row, terms_of(row)) for row in connector_rows()]


def connector_rows() -> QuerySet[Connector]:
    """The same, as they are written down."""
    return Connector.objects.all()


def connector_named(name: str) -> Connector | None:
    """One of the scope's client."""
    return Connector.objects.filter(name=name).first()


def find_connector(connector_id: int) -> Connector | None:
    """One of the scope's client."""
    return Connector.objects.filter(pk=connector_id).first()


def own_domains(client: Client) -> set[str]:
    """The names that are proven to be the client's."""
    return set(proven_domains().filter(client=client).values_list("name", flat=True))


def terms_of(row: Connector) -> ConnectorTerms:
    """What is written down of it."""
    return msgspec.convert(row.terms, ConnectorTerms, dec_hook=read_text)


def published_connector(key: str) -> PublishedConnector | None:
    """As nodes get it; None once it is gone, or its login's domain is the client's no longer."""
    client, _, name = key.rpartition("/")
    row = Connector.objects.select_related("client").filter(client__name=client, name=name).first()
    if row is None:
        return None
    try:
        return connector_of(client, own_domains(row.client), terms_of(row))
    except BadConnector:
        return None
