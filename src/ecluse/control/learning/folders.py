"""Which folders of a client's mailbox teach its filter, and what they teach; each function is one change, recorded."""

from __future__ import annotations

import time
from collections.abc import Container
from dataclasses import dataclass

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.keystore.services import unwrapped_secret, wrapped_secret
from ecluse.control.learning.models import LessonMailbox
from ecluse.control.mail import log as mail_log
from ecluse.control.mail.told import Word, tell_node
from ecluse.control.tenants.models import Client
from ecluse.domain.act import Channel
from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import Impossible
from ecluse.domain.ids import is_id
from ecluse.domain.incoming import Direction
from ecluse.domain.language import Language
from ecluse.domain.lesson_folder import FolderFailed, FolderNews, FolderPlace, FolderQuestion, FolderTrouble
from ecluse.filtering.learning.judged import passed_by
from ecluse.ports.message_log import MessageLog

__all__ = ["LessonMailbox"]

# A node learns 200 of this channel in any 24 hours (`filtering/learning/guards.py`): two days of ours touch each.
MOST_A_DAY = 100
MOST_AT_ONCE = 25  # Of each folder.
_DAY_S = 86_400.0
_PURPOSE = "password at the mailbox of lessons"

Serving = Container[str]  # Names of the nodes that are in service.


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """As the client wants it."""

    host: str
    port: int
    starts_tls: bool
    authority: str
    user: str
    spam_folder: str
    ham_folder: str
    every_minutes: int


class MailboxPasswordNeeded(Impossible):
    """One that was given for another server or another user is sent nowhere else."""


class OneFolder(Impossible):
    """What lies in one folder cannot be both."""


def mailbox_of(client: Client) -> LessonMailbox | None:
    """The client's own."""
    return LessonMailbox.objects.filter(client=client).first()


def set_mailbox(client: Client, wanted: MailboxSettings, password: str, *, by: Actor) -> LessonMailbox:
    """An empty password is the one before. Raises `MailboxPasswordNeeded`, `OneFolder`, `Impossible` without a master key.

    It is read soon; where server, user and a folder stay, that folder is read on from where it was.
    """
    if wanted.spam_folder == wanted.ham_folder:
        raise OneFolder(wanted.spam_folder)
    with change(by=by) as act:
        known = mailbox_of(client)
        before = None if known is None else _described(known)
        row = known or LessonMailbox(client=client)
        is_same = known is not None and (row.host, row.port, row.user) == (wanted.host, wanted.port, wanted.user)
        if not password and not is_same:
            raise MailboxPasswordNeeded(wanted.host)
        if not is_same or row.spam_folder != wanted.spam_folder:
            row.spam_validity = row.spam_uid = 0
        if not is_same or row.ham_folder != wanted.ham_folder:
            row.ham_validity = row.ham_uid = 0
        for name in MailboxSettings.__slots__:
            setattr(row, name, getattr(wanted, name))
        if password:
            row.secret = wrapped_secret(client.pk, password.encode(), _PURPOSE)
        row.due_at = time.time()
        row.save()
        act.record("lesson-mailbox.set", row, client_id=client.pk, before=before, after=_described(row))
        return row


def remove_mailbox(row: LessonMailbox, *, by: Actor) -> None:
    """Nobody reads it any more; what it taught stays learned."""
    with change(by=by) as act:
        act.record("lesson-mailbox.removed", row, client_id=row.client_id, before=_described(row))
        row.delete()


def question_for(row: LessonMailbox, most: int) -> FolderQuestion:
    """What is asked of it. Raises `FolderFailed` without the master key: its password cannot be read then."""
    try:
        password = unwrapped_secret(row.client_id, bytes(row.secret), _PURPOSE).decode()
    except Impossible:
        raise FolderFailed(FolderTrouble.CREDENTIALS, "no master key") from None
    return FolderQuestion(
        host=row.host,
        port=row.port,
        starts_tls=row.starts_tls,
        authority=row.authority,
        user=row.user,
        password=password,
        folders=(
            (row.spam_folder, FolderPlace(row.spam_validity, row.spam_uid)),
            (row.ham_folder, FolderPlace(row.ham_validity, row.ham_uid)),
        ),
        most=most,
    )


def room_today(row: LessonMailbox, now: float) -> int:
    """How many messages of each folder may be read now."""
    before = row.taught_that_day if row.day == _day(now) else 0
    return min(MOST_AT_ONCE, max(0, MOST_A_DAY - before) // 2)


def is_same_question(one: LessonMailbox, other: LessonMailbox) -> bool:
    """Whether both are read in the same way, from the same place on."""
    names = (*MailboxSettings.__slots__, "spam_validity", "spam_uid", "ham_validity", "ham_uid")
    return all(getattr(one, name) == getattr(other, name) for name in names) and bytes(one.secret) == bytes(
        other.secret
    )


def teach(
    row: LessonMailbox, news: tuple[FolderNews, ...], log: MessageLog, serving: Serving, now: float, *, by: Actor
) -> int:
    """Have nodes learn what was read, and remember how far that was; how many lessons. In the client's scope.

    A lesson is what came through us for this client, as its message log knows: all else is passed over. Raises
    `Unavailable` where the log cannot be asked: nothing was done then.
    """
    spam, ham = news
    with change(by=by):
        messages = [(True, each) for each in spam.messages] + [(False, each) for each in ham.messages]
        words = [Word("", is_spam, octets, Channel.FOLDER) for is_spam, octets in messages]
        taught = sum(_teach(row.client, word, log, serving, now, by) for word in words)
        passed_over = len(words) - taught + spam.passed_over + ham.passed_over
        before = row.taught_that_day if row.day == _day(now) else 0
        values = {
            "spam_validity": spam.place.validity,
            "spam_uid": spam.place.uid,
            "ham_validity": ham.place.validity,
            "ham_uid": ham.place.uid,
            "day": _day(now),
            "taught_that_day": before + taught,
        }
        _note(row, taught=taught, passed_over=passed_over, trouble="", said="", **values)
        return taught


def note_failure(row: LessonMailbox, failure: FolderFailed) -> None:
    """It could not be read: it stays where it was."""
    _note(row, taught=0, passed_over=0, trouble=failure.trouble.value, said=failure.said[:200])


def _teach(client: Client, word: Word, log: MessageLog, serving: Serving, now: float, by: Actor) -> bool:
    message_id, node = passed_by(MemoryContent(word.octets))
    if not is_id(message_id) or node not in serving:
        return False
    story = mail_log.story(log, client.name, message_id, Language.ENGLISH, now)
    if story is None or story.message.direction != Direction.INBOUND:
        return False
    tell_node(story, client, word, node, by=by)
    return True


def _note(row: LessonMailbox, **values: object) -> None:
    values["read_at"] = time.time()
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))


def _day(now: float) -> int:
    return int(now // _DAY_S)


def _described(row: LessonMailbox) -> dict[str, object]:
    names = (name for name in MailboxSettings.__slots__ if name != "authority")
    return {name: getattr(row, name) for name in names} | {"has_authority": bool(row.authority)}
