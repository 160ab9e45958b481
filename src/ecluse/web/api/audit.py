"""The audit trail: who did what, when, from where; a client's, and the provider's own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Query, Router
from pydantic import BaseModel, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.audit.queries import head, verify_newest
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.backoffice.audit import MOST_VERIFIED
from ecluse.web.trail import Entry, trail_of, trail_of_provider

router = Router(tags=["Audit trail"])

_FAULTS_TOLD = 100


class EntryOfTrail(BaseModel):
    """One act."""

    number: int
    at: datetime
    actor_kind: str
    actor: str
    on_behalf_of: str
    ip: str | None
    act: str
    subject: str
    before: Any
    after: Any
    hash: str = Field(description="Of this entry and all before it; `ecluse audit verify` recomputes it.")


class FaultOut(BaseModel):
    """Where the chain does not hold."""

    number: int
    reason: str


class VerificationOut(BaseModel):
    """What was found; `ecluse audit verify` looks at all entries, and at the checkpoint's signature."""

    looked_at: int = Field(description="So many of the newest entries.")
    faults: list[FaultOut] = Field(description="None: they are as they were written. The first 100.")
    number: int = Field(description="Of the last entry.")
    hash: str = Field(description="Its own: what somebody else keeps of it proves later that none was cut off.")


class TrailAsked(Asked):
    """Which acts."""

    q: texts.Search = ""
    since: texts.Time | None = None
    until: texts.Time | None = None


@operation(router, "GET", "/audit", Permission.SEE_AUDIT)
def list_audit(call: Call, asked: Query[TrailAsked]) -> Page[EntryOfTrail]:
    """The newest act first."""
    found = trail_of(call.client.pk, call.grant, search=asked.q, since=asked.since, until=asked.until)
    return page_of(found, asked, _entry, newest_first=True)


@operation(router, "GET", "audit", Permission.SEE_AUDIT, is_of_client=False)
def list_provider_audit(call: Call, asked: Query[TrailAsked]) -> Page[EntryOfTrail]:
    """What is of no client, as far as the key's other scopes let it see that: the newest act first."""
    found = trail_of_provider(call.grant, search=asked.q, since=asked.since, until=asked.until)
    return page_of(found, asked, _entry, newest_first=True)


@operation(router, "GET", "audit/verification", Permission.SEE_AUDIT, is_of_client=False)
def verify_audit(_call: Call) -> VerificationOut:
    """Whether the newest 20,000 entries, of all clients, are as they were written; takes a second or two."""
    looked_at, faults = verify_newest(MOST_VERIFIED)
    number, digest = head()
    told = [FaultOut(number=each.number, reason=each.reason) for each in faults[:_FAULTS_TOLD]]
    return VerificationOut(looked_at=looked_at, faults=told, number=number, hash=digest.hex())


def _entry(row: Entry) -> EntryOfTrail:
    return EntryOfTrail(
        number=row.number,
        at=row.at,
        actor_kind=row.actor_kind,
        actor=row.actor_name,
        on_behalf_of=row.on_behalf_of,
        ip=row.ip,
        act=row.action,
        subject=row.subject,
        before=row.before,
        after=row.after,
        hash=bytes(row.hash).hex(),
    )
