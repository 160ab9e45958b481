"""The audit trail: who did what, when, from where; a client's, and the provider's own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Query, Router
from pydantic import BaseModel, Field

from ecluse.control.accounts.roles import Permission
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.trail import Entry, trail_of, trail_of_provider

router = Router(tags=["Audit trail"])


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
