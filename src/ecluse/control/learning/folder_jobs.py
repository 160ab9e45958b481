"""Reading the mailboxes that are due, several side by side; over all clients."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django_scopes import scope, scopes_disabled

from ecluse.control.attempts.rows import for_each, key_of
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.learning.folders import (
    Serving,
    is_same_question,
    note_failure,
    question_for,
    room_today,
    teach,
)
from ecluse.control.learning.models import LessonMailbox
from ecluse.control.mail.scoped_log import ScopedLog
from ecluse.domain.lesson_folder import FolderFailed, FolderNews, FolderQuestion
from ecluse.ports.message_log import MessageLog

AT_ONCE = 4  # In one round: each may hold 16 MiB of messages, and take half a minute.
_BY = Actor(ActorKind.JOB, "lesson folders")

Read = Callable[[FolderQuestion], tuple[FolderNews, ...]]  # Raises `FolderFailed`.
_Read = tuple[FolderNews, ...] | Exception


@dataclass(slots=True)
class Round:
    """What one round came to."""

    read: int = 0
    failed: int = 0
    taught: int = 0


def read_due(now: float, read: Read, log: MessageLog, serving: Serving) -> Round:
    """Read what is due, and have nodes learn it. Raises `Unavailable` where the message log cannot be asked."""
    found = Round()
    with scopes_disabled():  # A job of the provider's.
        rows = LessonMailbox.objects.filter(due_at__lte=now).order_by("due_at").select_related("client")
        due = [each for each in rows[:AT_ONCE] if _claim(each, now)]
        questions = [_question(each, now) for each in due]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(lambda each: _read(each, read), questions))

    def settle(one: tuple[LessonMailbox, _Read]) -> int:
        taught = _settle(*one, ScopedLog(log), serving, now)
        found.failed += taught is None
        found.read += taught is not None
        found.taught += taught or 0
        return 1

    at = datetime.fromtimestamp(now, UTC)
    for_each("read lesson folders", zip(due, results, strict=True), settle, at, name=lambda one: key_of(one[0]))
    return found


def _claim(row: LessonMailbox, now: float) -> bool:
    """Ours, whichever worker looks at the same time."""
    again = now + row.every_minutes * 60.0
    return bool(LessonMailbox.objects.filter(pk=row.pk, due_at=row.due_at).update(due_at=again))


def _question(row: LessonMailbox, now: float) -> FolderQuestion | FolderFailed:
    try:
        return question_for(row, room_today(row, now))
    except FolderFailed as failure:
        return failure


def _read(question: FolderQuestion | FolderFailed, read: Read) -> _Read:
    """In a thread: asks no database."""
    if isinstance(question, FolderFailed):
        return question
    try:
        return read(question)
    except Exception as problem:  # noqa: BLE001 - told where it is settled: this is a thread, and others read there, too.
        return problem


def _settle(asked: LessonMailbox, result: _Read, log: MessageLog, serving: Serving, now: float) -> int | None:
    """How many lessons; None where it failed."""
    with scope(client=asked.client), transaction.atomic():
        row = LessonMailbox.objects.select_for_update().filter(pk=asked.pk).first()
        if row is None or not is_same_question(row, asked):
            return 0  # Removed or changed while it was read: this answer is another one's.
        if isinstance(result, FolderFailed):
            note_failure(row, result)
            return None
        if isinstance(result, Exception):
            raise result
        return teach(row, result, log, serving, now, by=_BY)
