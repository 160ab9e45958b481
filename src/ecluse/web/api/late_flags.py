"""What recipients had already received when it was known for what it is."""

from __future__ import annotations

from datetime import datetime

from ninja import Query, Router
from pydantic import BaseModel, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.mail.late_flags import LateCause, LateFlag, late_flags
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of

router = Router(tags=["Mail recognised late"])


class LateFlagOut(BaseModel):
    """One recipient's copy."""

    id: int
    message_id: str
    recipient: str
    sender: str = Field(description='"" is the null sender.')
    received_at: datetime
    flagged_at: datetime
    cause: LateCause = Field(
        description="scanner: the same file was refused later. people: several recipients call the same message spam."
    )
    campaign: str = Field(description="The same for all messages that are nearly the same.")


class LateFlagsAsked(Asked):
    """Which of them."""

    q: texts.Search = ""


@operation(router, "GET", "/late-flags", Permission.SEE_LOG)
def list_late_flags(call: Call, asked: Query[LateFlagsAsked]) -> Page[LateFlagOut]:  # noqa: ARG001 - as all views
    """Who had already received what a scanner, or several people, knew for what it is only afterwards."""
    return page_of(late_flags(asked.q), asked, _out, newest_first=True)


def _out(row: LateFlag) -> LateFlagOut:
    return LateFlagOut(
        id=row.pk,
        message_id=row.message,
        recipient=row.recipient,
        sender=row.sender,
        received_at=row.received,
        flagged_at=row.flagged,
        cause=LateCause(row.cause),
        campaign=row.campaign,
    )
