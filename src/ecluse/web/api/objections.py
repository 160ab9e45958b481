"""Verdicts that somebody calls wrong: the client's word, the provider's answer, and what counts (9-2)."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated, Any

from django.http import Http404
from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.mail import log as mail_log
from ecluse.control.mail import objections
from ecluse.control.mail.objections import Objection, ObjectionState, Standing
from ecluse.control.sla import received_viruses
from ecluse.domain.ids import is_id
from ecluse.domain.language import Language
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.api.problems import invalid
from ecluse.web.backends import backends
from ecluse.web.pages import or_404

router = Router(tags=["Objections"])


class ObjectionOut(BaseModel):
    """What one party says of a verdict, and the other of that."""

    id: int
    message_id: str
    recipient: str
    received_at: datetime
    kind: str = Field(description="blocked: it should have come through; passed: it should not.")
    state: str
    standing: Standing = Field(description="How it counts now: what was left unanswered for 15 days was accepted.")
    exclusions: list[str] = Field(description="Reasons of the contract for which it does not count.")
    raised_by: str
    raised_at: datetime
    note: str
    answered_by: str
    answered_at: datetime | None
    reason: str


class WithEvidence(ObjectionOut):
    """The same, with what was known of the message when it was raised."""

    evidence: dict[str, Any] = Field(description="Frozen then; fields may come with later releases.")


class ObjectionIn(BaseModel):
    """The verdict on this recipient's copy was wrong, whichever it was."""

    model_config = ConfigDict(extra="forbid")
    recipient: texts.Mailbox
    note: texts.Reason = ""
    has_virus: Annotated[bool, Field(description="Of what was delivered, or went out: it carried a virus (9-5).")] = (
        False
    )


class AnswerIn(BaseModel):
    """What the provider says."""

    model_config = ConfigDict(extra="forbid")
    is_right: Annotated[bool, Field(description="false: contested, and `reason` says why.")]
    reason: texts.Reason = ""


class ObjectionsAsked(Asked):
    """Which of them."""

    state: ObjectionState | None = None


@operation(router, "GET", "/objections", Permission.SEE_LOG)
def list_objections(call: Call, asked: Query[ObjectionsAsked]) -> Page[ObjectionOut]:  # noqa: ARG001 - as all views
    """The newest first."""
    return page_of(objections.objections(asked.state or ""), asked, objection_out, newest_first=True)


@operation(router, "GET", "/objections/{int:objection_id}", Permission.SEE_LOG)
def show_objection(call: Call, objection_id: int) -> WithEvidence:  # noqa: ARG001 - as all views
    """One of them, with its evidence."""
    row = _find(objection_id)
    return WithEvidence(**objection_out(row).model_dump(), evidence=row.evidence)


@operation(router, "POST", "/log/{message_id}/objections", Permission.REPORT_VERDICTS, status=201)
def raise_objection(call: Call, message_id: Annotated[str, Field(max_length=64)], body: ObjectionIn) -> ObjectionOut:
    """The client says that a verdict was wrong; the provider answers within 15 days, or has accepted it."""
    call.demand_client_side()
    if not is_id(message_id):
        raise Http404
    log, client = backends().message_log(), call.client
    story = or_404(mail_log.story(log, client.name, message_id, Language.ENGLISH, time.time()))
    if body.recipient.casefold() not in {each.address.casefold() for each in story.message.recipients.values()}:
        raise invalid("body.recipient", "no recipient of this message")
    raise_it = received_viruses.raise_virus if body.has_virus else objections.raise_objection
    return objection_out(raise_it(story, client, body.recipient, by=call.by, note=body.note))


@operation(router, "POST", "/objections/{int:objection_id}/send-on", Permission.REPORT_VERDICTS)
def send_on_objection(call: Call, objection_id: int) -> ObjectionOut:
    """The client makes a user's word its own: the provider is asked."""
    call.demand_client_side()
    row = _find(objection_id)
    objections.send_on(row, by=call.by)
    return objection_out(row)


@operation(router, "POST", "/objections/{int:objection_id}/withdraw", Permission.REPORT_VERDICTS)
def withdraw_objection(call: Call, objection_id: int) -> ObjectionOut:
    """The client takes it back, as long as it is not answered."""
    call.demand_client_side()
    row = _find(objection_id)
    objections.withdraw(row, by=call.by)
    return objection_out(row)


@operation(router, "POST", "/objections/{int:objection_id}/virus", Permission.REPORT_VERDICTS)
def say_received_virus(call: Call, objection_id: int) -> ObjectionOut:
    """What was delivered, and is not answered yet, carried a virus: it counts as one, too, once both parties agree (9-5)."""
    call.demand_client_side()
    row = _find(objection_id)
    received_viruses.say_virus(row, by=call.by)
    return objection_out(row)


@operation(router, "POST", "/objections/{int:objection_id}/answer", Permission.ANSWER_OBJECTIONS)
def answer_objection(call: Call, objection_id: int, body: AnswerIn) -> ObjectionOut:
    """The provider confirms it, or contests it with a reason; by the provider's keys alone."""
    row = _find(objection_id)
    if not body.is_right and not body.reason.strip():
        raise invalid("body.reason", "who contests says why")
    objections.answer(row, is_right=body.is_right, reason=body.reason, by=call.by)
    return objection_out(row)


def _find(objection_id: int) -> Objection:
    return or_404(objections.find_objection(objection_id))


def objection_out(row: Objection) -> ObjectionOut:
    """As all operations answer."""
    return ObjectionOut(
        id=row.pk,
        message_id=row.message,
        recipient=row.recipient,
        received_at=datetime.fromtimestamp(row.received_at, UTC),
        kind=row.kind,
        state=row.state,
        standing=objections.standing_of(row, time.time()),
        exclusions=row.exclusions,
        raised_by=row.raised_by,
        raised_at=datetime.fromtimestamp(row.raised_at, UTC),
        note=row.note,
        answered_by=row.answered_by,
        answered_at=None if row.answered_at is None else datetime.fromtimestamp(row.answered_at, UTC),
        reason=row.reason,
    )
