"""Connectors: by what a client's outbound mail comes in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.sending import queries, services
from ecluse.control.sending.queries import Connector
from ecluse.domain.errors import Impossible
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.api.problems import CONFLICT, Problem, invalid
from ecluse.web.pages import or_404
from ecluse.wire.connector_terms import BadConnector, ConnectorTerms
from ecluse.wire.wishes import read_text

router = Router(tags=["Sending"])

Terms = Annotated[
    dict[str, Any],
    Field(
        description="In the words of policy.toml (docs/howto/outbound-connectors.md), without secrets.",
        examples=[{"name": "server", "login": "server@example.com", "networks": ["192.0.2.7/32"]}],
    ),
]


class ConnectorOut(BaseModel):
    """A connector, and by what it is known; never by which secret."""

    id: int
    terms: Terms
    proof: str = Field(description="login, certificate, token or network.")
    made_at: datetime
    made_by: str


class ConnectorWithSecret(BaseModel):
    """A connector and its secret, which is told once."""

    connector: ConnectorOut
    secret: str = Field(description='Of its login, or the token of each message; "" where another thing is the proof.')


class ConnectorIn(BaseModel):
    """A new connector."""

    model_config = ConfigDict(extra="forbid")
    terms: Terms
    with_token: Annotated[
        bool, Field(description="true: each message carries a token, as from networks that others share.")
    ] = False


class ConnectorChange(BaseModel):
    """What it is from now on; its name, its login, and whether it has a secret, stay."""

    model_config = ConfigDict(extra="forbid")
    terms: Terms


@operation(router, "GET", "/connectors", Permission.CHANGE_SENDING)
def list_connectors(call: Call, asked: Query[Asked]) -> Page[ConnectorOut]:  # noqa: ARG001 - as all views
    """All connectors."""
    return page_of(queries.connector_rows(), asked, _connector)


@operation(router, "POST", "/connectors", Permission.CHANGE_SENDING, status=201)
def add_connector(call: Call, body: ConnectorIn) -> ConnectorWithSecret:
    """A new connector, and its secret, which is told this once."""
    terms = _terms(body.terms)
    try:
        secret = services.add_connector(call.client, terms, with_token=body.with_token, by=call.by)
    except BadConnector as bad:
        raise _bad(bad) from None
    return ConnectorWithSecret(connector=_connector(or_404(queries.connector_named(terms.name))), secret=secret)


@operation(router, "GET", "/connectors/{int:connector_id}", Permission.CHANGE_SENDING)
def show_connector(call: Call, connector_id: int) -> ConnectorOut:  # noqa: ARG001 - as all views
    """One connector."""
    return _connector(_find(connector_id))


@operation(router, "PUT", "/connectors/{int:connector_id}", Permission.CHANGE_SENDING)
def change_connector(call: Call, connector_id: int, body: ConnectorChange) -> ConnectorOut:
    """Other networks, another certificate, another account; its secret stays as it is."""
    row = _find(connector_id)
    try:
        services.change_connector(row, _terms(body.terms), by=call.by)
    except BadConnector as bad:
        raise _bad(bad) from None
    return _connector(row)


@operation(router, "POST", "/connectors/{int:connector_id}/secret", Permission.CHANGE_SENDING)
def renew_connector_secret(call: Call, connector_id: int) -> ConnectorWithSecret:
    """A fresh secret; the former one is worth nothing from now on."""
    row = _find(connector_id)
    try:
        secret = services.renew_secret(row, by=call.by)
    except Impossible:
        raise Problem(CONFLICT, "This connector has no secret.") from None
    return ConnectorWithSecret(connector=_connector(row), secret=secret)


@operation(router, "DELETE", "/connectors/{int:connector_id}", Permission.CHANGE_SENDING, status=204)
def remove_connector(call: Call, connector_id: int) -> None:
    """Nothing comes in by it any more, within seconds."""
    services.remove_connector(_find(connector_id), by=call.by)


def _find(connector_id: int) -> Connector:
    return or_404(queries.find_connector(connector_id))


def _terms(plain: dict[str, Any]) -> ConnectorTerms:
    """Secrets are made here, never sent."""
    for name in services.SECRETS & plain.keys():
        raise invalid(f"body.terms.{name}", "secrets are made here: send none")
    try:
        return msgspec.convert(plain, ConnectorTerms, dec_hook=read_text)
    except msgspec.ValidationError as problem:
        raise invalid("body.terms", str(problem)[:300]) from None


def _bad(bad: BadConnector) -> Problem:
    return invalid(f"body.terms.{bad.key}", bad.expected)


def _connector(row: Connector) -> ConnectorOut:
    shown = queries.ShownConnector(row, queries.terms_of(row))
    return ConnectorOut(
        id=row.pk, terms=services.described(row), proof=shown.proof, made_at=row.made_at, made_by=row.made_by
    )
