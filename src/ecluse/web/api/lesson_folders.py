"""Folders of a client's mailbox (IMAP) that teach its filter: which they are, and whether they can be read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from ninja import Router
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.learning import folders
from ecluse.control.learning.folders import LessonMailbox, MailboxSettings
from ecluse.domain.lesson_folder import FolderFailed
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.problems import CONFLICT, TOO_OFTEN, Problem
from ecluse.web.backends import backends
from ecluse.web.console.lesson_folders import TRIALS
from ecluse.web.console.server_form import MAX_AUTHORITY, authority_in
from ecluse.web.pages import or_404

router = Router(tags=["Lessons"])

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class _Mailbox(BaseModel):
    model_config = ConfigDict(extra="forbid")
    host: texts.Server
    port: Annotated[int, Field(ge=1, le=65_535)] = 993
    starts_tls: Annotated[bool, Field(description="false: TLS from the beginning (imaps).")] = False
    authority: Annotated[
        str,
        Field(max_length=MAX_AUTHORITY, pattern=r"^[^\x00]*$", description="PEM; empty: a public one."),
        AfterValidator(authority_in),
    ] = ""
    user: Name
    spam_folder: Name
    ham_folder: Name
    every_minutes: Literal[10, 60, 1440] = 60


class LessonMailboxIn(_Mailbox):
    """Where it is, who we are there, and what lies where."""

    password: Annotated[
        str, Field(max_length=200, pattern=r"^[^\x00]*$", description="Empty: the one that is stored.")
    ] = ""


class LessonMailboxOut(_Mailbox):
    """The same without its password, and how it was read last."""

    read_at: datetime | None
    lessons: int = Field(description="At that reading.")
    passed_over: int = Field(description="Messages that were too large, or did not come through us for this client.")
    trouble: str = Field(description="Why it failed; empty: it did not.")
    said: str


class LessonFoldersOut(BaseModel):
    """How many messages lie there."""

    spam: int
    ham: int


@operation(router, "GET", "/lesson-mailbox", Permission.CHANGE_SETTINGS)
def show_lesson_mailbox(call: Call) -> LessonMailboxOut:
    """The mailbox whose folders teach the filter."""
    return _shown(_find(call))


@operation(router, "PUT", "/lesson-mailbox", Permission.CHANGE_SETTINGS)
def set_lesson_mailbox(call: Call, body: LessonMailboxIn) -> LessonMailboxOut:
    """Which it is from now on; it is read soon."""
    wanted = MailboxSettings(**body.model_dump(exclude={"password"}))
    return _shown(folders.set_mailbox(call.client, wanted, body.password, by=call.by))


@operation(router, "DELETE", "/lesson-mailbox", Permission.CHANGE_SETTINGS, status=204)
def remove_lesson_mailbox(call: Call) -> None:
    """Nobody reads it any more; what it taught stays learned."""
    folders.remove_mailbox(_find(call), by=call.by)


@operation(router, "POST", "/lesson-mailbox/test", Permission.CHANGE_SETTINGS, keeps_answers=False)
def test_lesson_mailbox(call: Call) -> LessonFoldersOut:
    """Sign in and look into both folders; nothing is fetched or learned. Takes up to half a minute."""
    known = _find(call)
    if TRIALS.is_reached(str(call.client.pk)):
        raise Problem(TOO_OFTEN, wait_s=TRIALS.within_s)
    try:
        spam, ham = backends().read_folders(folders.question_for(known, 0))
    except FolderFailed as failure:
        folders.note_failure(known, failure)
        raise Problem(CONFLICT, f"The mailbox: {failure.trouble} {failure.said}".strip() + ".") from None
    return LessonFoldersOut(spam=spam.exists, ham=ham.exists)


def _find(call: Call) -> LessonMailbox:
    return or_404(folders.mailbox_of(call.client))


def _shown(row: LessonMailbox) -> LessonMailboxOut:
    values = {name: getattr(row, name) for name in MailboxSettings.__slots__}
    return LessonMailboxOut.model_construct(
        **values,
        read_at=row.read_when,
        lessons=row.taught,
        passed_over=row.passed_over,
        trouble=row.trouble,
        said=row.said,
    )
