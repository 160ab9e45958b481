"""Reading the directories that are due, several side by side; over all clients."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from django.db import transaction
from django_scopes import scope, scopes_disabled

from ecluse.control.attempts.rows import for_each, key_of
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.directories.models import Directory
from ecluse.control.directories.services import apply, is_same_question, note_failure, question_for
from ecluse.domain.directory import DirectoryEntry, DirectoryFailed, DirectoryQuestion, DirectoryTrouble
from ecluse.domain.errors import Impossible
from ecluse.domain.log_figures import HOUR_S

AT_ONCE = 8  # In one round: slow directories hold up nobody's digests for long.
_BY = Actor(ActorKind.JOB, "directories")

Read = Callable[[DirectoryQuestion], tuple[DirectoryEntry, ...]]  # Raises `DirectoryFailed`.
_Read = tuple[DirectoryEntry, ...] | Exception


def read_due(now: float, read: Read) -> int:
    """Read what is due; how many were read and applied."""
    with scopes_disabled():  # A job of the provider's.
        due = [
            each for each in Directory.objects.filter(due_at__lte=now).order_by("due_at")[:AT_ONCE] if _claim(each, now)
        ]
        questions = [_question(each) for each in due]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(lambda each: _read(each, read), questions))
    settled = zip(due, results, strict=True)
    at = datetime.fromtimestamp(now, UTC)
    return for_each("read a directory", settled, lambda one: _settle(*one), at, name=lambda one: key_of(one[0]))


def _claim(directory: Directory, now: float) -> bool:
    """Ours, whichever worker looks at the same time."""
    again = now + directory.every_hours * HOUR_S if directory.every_hours else None
    return bool(Directory.objects.filter(pk=directory.pk, due_at=directory.due_at).update(due_at=again))


def _question(directory: Directory) -> DirectoryQuestion | DirectoryFailed:
    try:
        return question_for(directory)
    except DirectoryFailed as failure:
        return failure


def _read(question: DirectoryQuestion | DirectoryFailed, read: Read) -> _Read:
    """In a thread: asks no database."""
    if isinstance(question, DirectoryFailed):
        return question
    try:
        return read(question)
    except Exception as problem:  # noqa: BLE001 - told where it is settled: this is a thread, and others read there, too.
        return problem


def _settle(asked: Directory, result: _Read) -> bool:
    with scope(client=asked.client), transaction.atomic():
        directory = Directory.objects.select_for_update().filter(pk=asked.pk).first()
        if directory is None or not is_same_question(directory, asked):
            return False  # Removed or changed while it was read: this answer is another one's.
        if isinstance(result, DirectoryFailed):
            note_failure(directory, result)
            return False
        if isinstance(result, Exception):
            raise result
        try:
            apply(directory, result, may_go=None, by=_BY)
        except Impossible as problem:
            note_failure(directory, DirectoryFailed(DirectoryTrouble.REFUSED, str(problem)))
            return False
        return True
