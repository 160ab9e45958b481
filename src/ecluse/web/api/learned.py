"""What the client's filter has learned, and taking it back."""

from __future__ import annotations

import time
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from ninja import Query, Router
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.learning import lessons
from ecluse.control.learning.lessons import Lesson, Taught
from ecluse.domain.act import Channel, Standing
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.api.problems import invalid
from ecluse.web.pages import or_404, typed

router = Router(tags=["Lessons"])

_Voter = Annotated[str, Field(max_length=330, description="As the list has it: `person:` and a name, or a digest.")]


class LessonChannel(StrEnum):
    """How somebody said so: `Channel`, by a name of its own, since requests for support have channels, too."""

    ADMINISTRATOR = Channel.ADMINISTRATOR.value
    RECIPIENT = Channel.RECIPIENT.value
    RELEASE = Channel.RELEASE.value
    SENDER_RELEASE = Channel.SENDER_RELEASE.value
    REPORT = Channel.REPORT.value
    FOLDER = Channel.FOLDER.value
    OPERATOR = Channel.OPERATOR.value


class LessonStanding(StrEnum):
    """What became of it: `Standing`, by a name of its own."""

    LEARNED = Standing.LEARNED.value
    WAITING = Standing.WAITING.value
    SHADOW = Standing.SHADOW.value
    IGNORED = Standing.IGNORED.value


class LearnedOut(BaseModel):
    """What somebody said of one message, without content."""

    id: int
    at: datetime
    channel: LessonChannel
    voter: str
    message_id: str = Field(description='In the message log; "": it bore no id of ours.')
    is_spam: bool
    standing: LessonStanding
    is_being_taken_back: bool
    taken_back_at: datetime | None
    taken_back_by: str


class LearnedAsked(Asked):
    """Which of them."""

    voter: _Voter = ""
    channel: LessonChannel | None = None


class WhichLessons(BaseModel):
    """At least one of these."""

    model_config = ConfigDict(extra="forbid")
    voter: _Voter = ""
    channel: LessonChannel | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = Field(None, description="Before this.")


class TakenBackOut(BaseModel):
    """What is on its way to the nodes."""

    lessons: int = Field(description="At most 5,000 in one call.")


@operation(router, "GET", "/lessons", Permission.CHANGE_SETTINGS)
def list_lessons(call: Call, asked: Query[LearnedAsked]) -> Page[LearnedOut]:  # noqa: ARG001 - as all views
    """What the client's people have said of messages, and what the filter made of it."""
    wanted, now = Taught(voter=typed(asked.voter, 330), channel=asked.channel or ""), time.time()
    return page_of(lessons.lessons(wanted), asked, lambda row: _out(row, now), newest_first=True)


@operation(router, "POST", "/lessons/{int:lesson_id}/take-back", Permission.CHANGE_SETTINGS, status=202)
def take_lesson_back(call: Call, lesson_id: int) -> TakenBackOut:
    """The filter forgets it within seconds, as if it had never been said; 0: that was ordered before."""
    row = or_404(lessons.find_lesson(lesson_id))
    return TakenBackOut(lessons=lessons.take_back(call.client, row, by=call.by))


@operation(router, "POST", "/lessons/take-back", Permission.CHANGE_SETTINGS, status=202)
def take_lessons_back(call: Call, body: WhichLessons) -> TakenBackOut:
    """All of one person, channel or time: feedback that was poisoned."""
    wanted = Taught(
        voter=typed(body.voter, 330),
        channel=body.channel or "",
        since=None if body.since is None else body.since.timestamp(),
        until=None if body.until is None else body.until.timestamp(),
    )
    if wanted.is_everything:
        raise invalid("body", "say whose, by which channel or of which time")
    return TakenBackOut(lessons=lessons.take_back_all(call.client, wanted, by=call.by))


def _out(row: Lesson, now: float) -> LearnedOut:
    return LearnedOut(
        id=row.pk,
        at=row.when,
        channel=LessonChannel(row.channel),
        voter=row.voter,
        message_id=row.message_id,
        is_spam=row.is_spam,
        standing=LessonStanding(row.standing),
        is_being_taken_back=lessons.is_under_way(row, now),
        taken_back_at=row.taken_back_when,
        taken_back_by=row.taken_back_by,
    )
