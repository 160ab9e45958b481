"""The message log: what became of each message for a year; of content it knows the subject at most."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from django.http import Http404
from ninja import Query, Router
from pydantic import BaseModel, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.mail import log as mail_log
from ecluse.domain.event import Ending
from ecluse.domain.ids import is_id
from ecluse.domain.incoming import Direction
from ecluse.domain.language import Language
from ecluse.domain.log_row import LogRow
from ecluse.domain.log_search import LogPlace, LogSearch
from ecluse.domain.verdict import Category
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, bad_cursor, cursor, place
from ecluse.web.backends import backends
from ecluse.web.pages import or_404

router = Router(tags=["Message log"])


class LogAsked(Asked):
    """Which messages; all that is given must fit."""

    q: Annotated[
        str,
        Field(
            max_length=mail_log.MAX_TEXT,
            pattern=r"^[^\x00-\x1f\x7f]*$",
            description="An address, a domain, an IP address, an id, or a part of a subject where subjects are kept and "
            "the key has the scope see-content.",
        ),
    ] = ""
    what: Ending | None = None
    category: Category | None = None
    answer: Literal[2, 4, 5] | None = None
    direction: Direction | None = None
    since: texts.Time | None = None
    until: texts.Time | None = None


class LogRowOut(BaseModel):
    """One recipient of one message."""

    id: str
    received_at: datetime
    direction: str
    sender: str
    recipient: str
    ip: str
    disposition: str
    category: str
    what: str
    score: float
    code: int
    size: int
    subject: str = Field(description='"" where it is not kept, or the key lacks the scope see-content.')


class FindingOut(BaseModel):
    """One fact that spoke for or against the message."""

    code: str
    detail: str
    points: float
    sentence: str


class VerdictOut(BaseModel):
    """Why one recipient's verdict is what it is."""

    recipient: str
    disposition: str
    category: str
    what: str
    score: float
    opening: str
    findings: list[FindingOut]


class MessageOut(BaseModel):
    """One message from its first record to its last."""

    id: str
    verdicts: list[VerdictOut]
    events: list[dict[str, Any]] = Field(description="As they are kept; fields may come with later releases.")


@operation(router, "GET", "/log", Permission.SEE_LOG)
def search_log(call: Call, asked: Query[LogAsked]) -> Page[LogRowOut]:
    """The newest mail first; a piece may be empty and not the last: go on while `next` is not null."""
    search = _search(asked)
    if search.subject and not _sees_subjects(call):
        return Page(items=[], next=None)
    found = mail_log.rows(
        backends().message_log(), call.client.name, search, time.time(), _place(asked.after), limit=asked.limit
    )
    following = found.following
    return Page(
        items=[_row(each, sees_subject=_sees_subjects(call)) for each in found.rows],
        next=None if following is None else cursor(f"{following.id}.{following.recipient}"),
    )


@operation(router, "GET", "/log/{message_id}", Permission.SEE_LOG)
def show_message(call: Call, message_id: Annotated[str, Field(max_length=64)]) -> MessageOut:
    """One message: its events, and the verdicts explained."""
    if not is_id(message_id):
        raise Http404
    story = or_404(
        mail_log.story(backends().message_log(), call.client.name, message_id, Language.ENGLISH, time.time())
    )
    plain: Any = mail_log.as_plain(story, sees_subject=_sees_subjects(call))
    return MessageOut(id=message_id, events=plain["events"], verdicts=_verdicts(story))


def _search(asked: LogAsked) -> LogSearch:
    read = mail_log.read_box(asked.q) if asked.q.strip() else LogSearch()
    return replace(
        read,
        fates=frozenset({asked.what.value}) if asked.what else frozenset(),
        categories=frozenset({asked.category.value}) if asked.category else frozenset(),
        code_class=asked.answer or 0,
        direction=asked.direction.value if asked.direction else "",
        since=asked.since.timestamp() if asked.since else 0.0,
        until=asked.until.timestamp() if asked.until else read.until,
    )


def _sees_subjects(call: Call) -> bool:
    return call.grant.allows(Permission.SEE_CONTENT)


def _place(text: str) -> LogPlace | None:
    if not text:
        return None
    found = mail_log.read_place(place(text))
    if found is None:
        raise bad_cursor()
    return found


def _row(row: LogRow, *, sees_subject: bool) -> LogRowOut:
    return LogRowOut(
        id=row.id,
        received_at=datetime.fromtimestamp(row.at, UTC),
        direction=row.direction,
        sender=row.sender,
        recipient=row.recipient,
        ip=row.ip,
        disposition=row.disposition,
        category=row.category,
        what=row.fate,
        score=row.score,
        code=row.code,
        size=row.size,
        subject=row.subject if sees_subject else "",
    )


def _verdicts(story: mail_log.Story) -> list[VerdictOut]:
    return [
        VerdictOut(
            recipient=one.address,
            disposition=one.disposition,
            category=one.category,
            what=one.fate,
            score=one.score,
            opening=why.opening,
            findings=[
                FindingOut(
                    code=each.weighed.code,
                    detail=each.weighed.detail,
                    points=each.weighed.points,
                    sentence=each.sentence,
                )
                for each in why.findings
            ],
        )
        for one, why in story.verdicts
    ]
