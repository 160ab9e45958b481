"""Answers that the provider keeps ready. For its own programs."""

from __future__ import annotations

from datetime import datetime

from ninja import Query, Router
from pydantic import BaseModel, ConfigDict

from ecluse.control.accounts.roles import Permission
from ecluse.control.support import ready_answers
from ecluse.control.support.ready_answers import Ready, ReadyAnswer
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.api.support import Subject, Text
from ecluse.web.pages import or_404

router = Router(tags=["Support"])


class ReadyAnswerIn(BaseModel):
    """What one says, whole."""

    model_config = ConfigDict(extra="forbid")
    title: Subject
    text_fr: Text
    text_en: Text


class ReadyAnswerOut(BaseModel):
    """One of them."""

    id: int
    title: str
    text_fr: str
    text_en: str
    changed_at: datetime


@operation(router, "GET", "support/ready-answers", Permission.ANSWER_TICKETS, is_of_client=False)
def list_ready_answers(_call: Call, asked: Query[Asked]) -> Page[ReadyAnswerOut]:
    """All of them, in the order in which they were made."""
    return page_of(ready_answers.ready_answers(), asked, _shown)


@operation(router, "POST", "support/ready-answers", Permission.ANSWER_TICKETS, status=201, is_of_client=False)
def add_ready_answer(call: Call, body: ReadyAnswerIn) -> ReadyAnswerOut:
    """Keep one more. 409 for a title that another one has."""
    return _shown(ready_answers.add_ready_answer(_said(body), by=call.by))


@operation(router, "PUT", "support/ready-answers/{int:answer_id}", Permission.ANSWER_TICKETS, is_of_client=False)
def change_ready_answer(call: Call, answer_id: int, body: ReadyAnswerIn) -> ReadyAnswerOut:
    """It says this from now on. 409 for a title that another one has."""
    row = or_404(ready_answers.find_ready_answer(answer_id))
    return _shown(ready_answers.change_ready_answer(row, _said(body), by=call.by))


@operation(
    router, "DELETE", "support/ready-answers/{int:answer_id}", Permission.ANSWER_TICKETS, status=204, is_of_client=False
)
def remove_ready_answer(call: Call, answer_id: int) -> None:
    """It is offered no more."""
    ready_answers.remove_ready_answer(or_404(ready_answers.find_ready_answer(answer_id)), by=call.by)


def _said(body: ReadyAnswerIn) -> Ready:
    return Ready(body.title, body.text_fr, body.text_en)


def _shown(row: ReadyAnswer) -> ReadyAnswerOut:
    return ReadyAnswerOut(
        id=row.pk, title=row.title, text_fr=row.text_fr, text_en=row.text_en, changed_at=row.changed_at
    )
