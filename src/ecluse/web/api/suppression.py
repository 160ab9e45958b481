"""To whom the client's mail is not sent any more."""

from __future__ import annotations

from datetime import datetime

from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.suppression import queries, services
from ecluse.control.suppression.queries import SuppressedRecipient
from ecluse.domain.errors import Impossible
from ecluse.domain.suppression import SuppressionCause
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.api.problems import CONFLICT, Problem
from ecluse.web.pages import or_404

router = Router(tags=["Suppressed recipients"])


class SuppressedOut(BaseModel):
    """One line of the list."""

    id: int
    recipient: str
    cause: SuppressionCause = Field(
        description="unknown: his server did not know him, twice. complaint: he called the mail spam. person: by hand."
    )
    why: str = Field(description="What the server said last, or a note.")
    since: datetime
    added_by: str


class SuppressedIn(BaseModel):
    """Somebody to whom nothing is to be sent."""

    model_config = ConfigDict(extra="forbid")
    recipient: texts.Email
    why: texts.Note = ""


class SuppressedAsked(Asked):
    """Which lines."""

    q: texts.Search = ""


@operation(router, "GET", "/suppressed", Permission.SEE_LOG)
def list_suppressed(call: Call, asked: Query[SuppressedAsked]) -> Page[SuppressedOut]:  # noqa: ARG001 - as all views
    """Whom the client's mail is refused to."""
    return page_of(queries.suppressed(asked.q), asked, _out)


@operation(router, "POST", "/suppressed", Permission.CHANGE_LISTS, status=201)
def suppress(call: Call, body: SuppressedIn) -> SuppressedOut:
    """One more; who is on the list stays there as he is."""
    try:
        return _out(services.suppress(call.client, body.recipient, SuppressionCause.PERSON, body.why, by=call.by))
    except Impossible:
        raise Problem(CONFLICT, "The list is full: remove somebody first.") from None


@operation(router, "DELETE", "/suppressed/{int:suppressed_id}", Permission.CHANGE_LISTS, status=204)
def unsuppress(call: Call, suppressed_id: int) -> None:
    """It may be written to again, within seconds; what its server said before counts no more."""
    services.unsuppress(or_404(queries.find_suppressed(suppressed_id)), by=call.by)


def _out(row: SuppressedRecipient) -> SuppressedOut:
    return SuppressedOut(
        id=row.pk,
        recipient=row.recipient,
        cause=SuppressionCause(row.cause),
        why=row.why,
        since=row.since,
        added_by=row.added_by,
    )
