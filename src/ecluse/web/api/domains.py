"""Domains of a client: whose they are, where their mail comes from and goes to."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated

from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.contracts import naming
from ecluse.control.tenants import ownership, queries, services
from ecluse.control.tenants.queries import Domain, Recipients, Route
from ecluse.control.tenants.serving import Permit, Permits, permits_of
from ecluse.domain.policy import Route as NextHop
from ecluse.domain.policy import Tls
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.api.problems import CONFLICT, Problem, invalid
from ecluse.web.backends import backends
from ecluse.web.console.domains import is_public
from ecluse.web.pages import or_404

router = Router(tags=["Domains"])


class RouteIn(BaseModel):
    """A next hop."""

    model_config = ConfigDict(extra="forbid")
    host: texts.Server
    port: Annotated[int, Field(ge=1, le=65_535)] = 25
    priority: Annotated[int, Field(ge=0, le=65_535, description="The lowest is tried first.")] = 10
    tls: Tls = Tls.MAY


class RouteOut(BaseModel):
    """A next hop."""

    id: int
    host: str
    port: int
    priority: int
    tls: str


class ProofOut(BaseModel):
    """The record that shows whose the domain is."""

    name: str
    type: str = "TXT"
    text: str


class DomainOut(BaseModel):
    """A domain."""

    id: int
    name: str
    recipients: str
    shown_at: datetime | None = Field(description="When its record was found; null: not yet.")
    proven_at: datetime | None = Field(description="null: a claim; nothing is served of it.")
    permit: Permit = Field(
        description="given: it may be served; asked: the provider has not decided; refused; unnamed: it stands on no contract."
    )
    refusal: str = Field(description="Why it was refused.")
    proof: ProofOut
    routes: list[RouteOut]


class DomainIn(BaseModel):
    """A new domain, and its first next hop."""

    model_config = ConfigDict(extra="forbid")
    name: texts.Domain
    route: RouteIn


class RecipientsIn(BaseModel):
    """How the domain's addresses are known."""

    model_config = ConfigDict(extra="forbid")
    recipients: Recipients = Field(description="listed; any: accept all; verify: ask the client's server about each.")


class MxHost(BaseModel):
    """One MX record."""

    preference: int
    host: str


class MxOut(BaseModel):
    """What the MX records say, beside what they should."""

    state: ownership.MxState
    found: list[MxHost]
    strangers: list[str]
    expected: list[str]


@operation(router, "GET", "/domains", Permission.SEE_CLIENT)
def list_domains(call: Call, asked: Query[Asked]) -> Page[DomainOut]:
    """All domains, claims included."""
    return page_of(queries.domains(), asked, partial(_domain, permits_of(call.client)))


@operation(router, "POST", "/domains", Permission.CHANGE_DOMAINS, status=201)
def claim_domain(call: Call, body: DomainIn) -> DomainOut:
    """A new domain; nothing is served of it until it is proven, and, under a contract, approved by the provider."""
    return _shown(call, naming.claim_domain(call.client, body.name, [_hop(call, body.route)], by=call.by))


@operation(router, "GET", "/domains/{int:domain_id}", Permission.SEE_CLIENT)
def show_domain(call: Call, domain_id: int) -> DomainOut:
    """One domain, and the record that proves it."""
    return _shown(call, _find(domain_id))


@operation(router, "DELETE", "/domains/{int:domain_id}", Permission.CHANGE_DOMAINS, status=204)
def remove_domain(call: Call, domain_id: int) -> None:
    """Its mail is refused from now on; its addresses and their lists go with it."""
    services.remove_domain(_find(domain_id), by=call.by)


@operation(router, "POST", "/domains/{int:domain_id}/proof", Permission.CHANGE_DOMAINS, keeps_answers=False)
def prove_domain(call: Call, domain_id: int) -> DomainOut:
    """Look for the record in the DNS, now; once it is there, mail is served, if the provider has approved the domain (`permit`)."""
    domain = _find(domain_id)
    answer = backends().look_up(ownership.challenge_name(domain.name), "TXT")
    if not ownership.is_proof(answer, domain.challenge):
        why = "The DNS gave no answer." if answer.is_temporary else "The record is not there yet."
        raise Problem(CONFLICT, f"{why} Try again in a few minutes.")
    naming.prove_domain(domain, by=call.by)
    return _shown(call, domain)


@operation(router, "GET", "/domains/{int:domain_id}/mx", Permission.SEE_CLIENT)
def check_mx(call: Call, domain_id: int) -> MxOut:  # noqa: ARG001 - every view is called alike
    """What the domain's MX records say now."""
    ours = backends().exchanges
    found = ownership.look_at_mx(backends().look_up(_find(domain_id).name, "MX"), ours)
    return MxOut(
        state=found.state,
        found=[MxHost(preference=each.preference, host=each.host) for each in found.exchanges],
        strangers=list(found.strangers),
        expected=list(ours),
    )


@operation(router, "PUT", "/domains/{int:domain_id}/recipients", Permission.CHANGE_DOMAINS)
def set_recipients(call: Call, domain_id: int, body: RecipientsIn) -> DomainOut:
    """How the domain's addresses are known."""
    domain = _find(domain_id)
    services.set_recipients(domain, body.recipients, by=call.by)
    return _shown(call, domain)


@operation(router, "POST", "/domains/{int:domain_id}/routes", Permission.CHANGE_DOMAINS, status=201)
def add_route(call: Call, domain_id: int, body: RouteIn) -> DomainOut:
    """One more next hop."""
    domain = _find(domain_id)
    services.add_route(domain, _hop(call, body), by=call.by)
    return _shown(call, domain)


@operation(router, "DELETE", "/domains/{int:domain_id}/routes/{int:route_id}", Permission.CHANGE_DOMAINS, status=204)
def remove_route(call: Call, domain_id: int, route_id: int) -> None:
    """One next hop less; the last one stays."""
    services.remove_route(or_404(queries.find_route(_find(domain_id), route_id)), by=call.by)


def _hop(call: Call, body: RouteIn) -> NextHop:
    """Clients reach their own servers, never the provider's inner networks."""
    if call.key.client_id is not None and not is_public(body.host):
        raise invalid("body.host", "cannot be reached from the Internet")
    return NextHop(body.host, body.port, body.priority, body.tls, is_vouched=call.key.client_id is None)


def _find(domain_id: int) -> Domain:
    return or_404(queries.find_domain(domain_id))


def _shown(call: Call, row: Domain) -> DomainOut:
    return _domain(permits_of(call.client), row)


def _domain(permits: Permits, row: Domain) -> DomainOut:
    return DomainOut(
        id=row.pk,
        name=row.name,
        recipients=row.recipients,
        shown_at=row.shown_at,
        proven_at=row.proven_at,
        permit=permits.of(row.name),
        refusal=permits.reason(row.name),
        proof=ProofOut(name=ownership.challenge_name(row.name), text=ownership.challenge_text(row.challenge)),
        routes=[_route(each) for each in row.routes.all()],
    )


def _route(row: Route) -> RouteOut:
    return RouteOut(id=row.pk, host=row.host, port=row.port, priority=row.priority, tls=row.tls)
