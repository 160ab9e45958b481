"""Clients, and what the key in use may do."""

from __future__ import annotations

from datetime import datetime

from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.queries import Client
from ecluse.control.accounts.roles import Permission
from ecluse.control.contracts.by_hand import set_services_by_hand, set_state_by_hand
from ecluse.control.contracts.service_letters import MAX_REASON
from ecluse.control.policies.queries import list_counts
from ecluse.control.programs import queries as programs
from ecluse.control.tenants import queries, services
from ecluse.domain.policy import ServiceState
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.api.texts import Name, Search

router = Router(tags=["Clients"])


class KeyOut(BaseModel):
    """The key in use."""

    name: str
    client_id: int | None  # null: the provider's.
    scopes: list[str]  # Those that it has now: never more than who made it.
    expires_at: datetime | None


class ClientOut(BaseModel):
    """A client."""

    id: int
    name: str
    state: str
    inbound: bool  # It has this service; whether it is served, `state` says.
    outbound: bool
    language: str
    time_zone: str


class CountsOut(BaseModel):
    """A client, and how much it has."""

    client: ClientOut
    domains: int
    claims: int  # Domains that are not proven yet.
    users: int
    aliases: int
    allowed: int
    blocked: int


class ClientsAsked(Asked):
    """Which clients."""

    q: Search = ""


class ClientIn(BaseModel):
    """A new client."""

    model_config = ConfigDict(extra="forbid")
    name: Name


class ServicesIn(BaseModel):
    """Which of the two services a client has."""

    model_config = ConfigDict(extra="forbid")
    inbound: bool
    outbound: bool


class StateIn(BaseModel):
    """Whether a client is served."""

    model_config = ConfigDict(extra="forbid")
    state: ServiceState
    reason: str = Field(
        "", max_length=MAX_REASON, description="Of a suspension: its owners and administrators get it by letter."
    )


@operation(router, "GET", "key", None, is_of_client=False)
def show_key(call: Call) -> KeyOut:
    """What the key in use is, and may do."""
    key = call.key
    return KeyOut(
        name=key.name, client_id=key.client_id, scopes=sorted(call.grant.permissions), expires_at=key.expires_at
    )


@operation(router, "GET", "clients", None, is_of_client=False)
def list_clients(call: Call, asked: Query[ClientsAsked]) -> Page[ClientOut]:
    """The clients that the key may enter: one, or all of them for the provider's keys."""
    return page_of(programs.clients_for(call.key).filter(name__icontains=asked.q), asked, _client)


@operation(router, "POST", "clients", Permission.CHANGE_CLIENTS, status=201, is_of_client=False)
def add_client(call: Call, body: ClientIn) -> ClientOut:
    """A new client, without domains."""
    return _client(services.create_client(body.name, by=call.by))


@operation(router, "GET", "", Permission.SEE_CLIENT)
def show_client(call: Call) -> CountsOut:
    """One client, and how much it has."""
    counts, lists = queries.counts(), list_counts()
    return CountsOut(
        client=_client(call.client),
        domains=counts.domains,
        claims=counts.claims,
        users=counts.users,
        aliases=counts.aliases,
        allowed=lists.allowed,
        blocked=lists.blocked,
    )


@operation(router, "PUT", "/state", Permission.CHANGE_CLIENTS)
def set_client_state(call: Call, body: StateIn) -> ClientOut:
    """Serve, suspend (451 for five days, then 550) or end a client (550); by the provider's keys alone."""
    if body.state != call.client.state:
        set_state_by_hand(call.client, body.state, reason=body.reason, by=call.by)
    return _client(call.client)


@operation(router, "PUT", "/services", Permission.CHANGE_CLIENTS)
def set_client_services(call: Call, body: ServicesIn) -> ClientOut:
    """One of the two services, or both, where no contract says it; by the provider's keys alone."""
    set_services_by_hand(call.client, inbound=body.inbound, outbound=body.outbound, by=call.by)
    return _client(call.client)


def _client(row: Client) -> ClientOut:
    return ClientOut(
        id=row.pk,
        name=row.name,
        state=row.state,
        inbound=row.has_inbound,
        outbound=row.has_outbound,
        language=row.language,
        time_zone=row.time_zone,
    )
