"""Whether a client's old servers are still open to the world."""

from __future__ import annotations

from datetime import datetime

from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.tenants import queries
from ecluse.control.tenants.old_servers import MOST_SERVERS, OldServer
from ecluse.control.tenants.queries import Domain
from ecluse.domain.stranger import Openness
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.problems import TOO_OFTEN, Problem
from ecluse.web.console.old_servers import QUESTIONS, ask
from ecluse.web.pages import or_404

router = Router(tags=["Domains"])


class OldServerOut(BaseModel):
    """What a server answered last, as a stranger would ask it."""

    host: str
    port: int
    openness: Openness = Field(description="open: spammers get past us. unknown: it cannot be told from here.")
    ending: str = Field(
        description="How the question ended: answered, nobody-listens, no-connection, not-public, broken-off."
    )
    said: str = Field(description="Its own words.")
    asked_at: datetime


class OldServersOut(BaseModel):
    """The newest answers first."""

    items: list[OldServerOut]


class OldServerIn(BaseModel):
    """Which server is asked."""

    model_config = ConfigDict(extra="forbid")
    host: texts.Server


@operation(router, "GET", "/domains/{int:domain_id}/old-servers", Permission.CHANGE_DOMAINS)
def list_old_servers(call: Call, domain_id: int) -> OldServersOut:  # noqa: ARG001 - every view is called alike
    """What was answered so far."""
    return OldServersOut(items=[_server(each) for each in _proven(domain_id).old_servers.all()[:MOST_SERVERS]])


@operation(router, "POST", "/domains/{int:domain_id}/old-servers", Permission.CHANGE_DOMAINS, keeps_answers=False)
def ask_old_server(call: Call, domain_id: int, body: OldServerIn) -> OldServerOut:
    """Ask it now, once; no mail is sent. Takes up to twenty seconds."""
    domain = _proven(domain_id)
    if QUESTIONS.is_reached(str(call.client.pk)):
        raise Problem(TOO_OFTEN, wait_s=QUESTIONS.within_s)
    return _server(ask(domain, body.host, by=call.by))


def _proven(domain_id: int) -> Domain:
    return or_404(queries.find_proven_domain(domain_id))


def _server(row: OldServer) -> OldServerOut:
    return OldServerOut(
        host=row.host,
        port=row.port,
        openness=Openness(row.openness),
        ending=row.ending,
        said=row.said,
        asked_at=row.asked_at,
    )
