"""What people say of messages, handed over to the agent: as tokens at once, never as text (15-4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b

from ecluse.adapters.counters.keys import make_salt, read_salt
from ecluse.adapters.folder.feedback_inbox import FolderFeedback
from ecluse.domain.act import TOKENS_VERSION, Channel
from ecluse.domain.content import Content
from ecluse.domain.errors import Unavailable
from ecluse.domain.order import LearnOrder, Releaser, TakeBackOrder, TeachOrder
from ecluse.domain.queue import QueuedMessage
from ecluse.domain.said import Said
from ecluse.entrypoints.paths import DataPaths
from ecluse.filtering.learning.judged import sample_of

CHANNELS = {
    Releaser.ADMINISTRATOR: Channel.ADMINISTRATOR,
    Releaser.RECIPIENT: Channel.RELEASE,
    Releaser.SENDER: Channel.SENDER_RELEASE,
}


def voter_name(paths: DataPaths, person: str) -> str:
    """The same for the same person, and nobody's name: a keyed hash of his address (15-8).

    Nodes with a control database share the key, so that he has one vote at all of them.
    """
    key = read_salt(paths.voter_key) or make_salt(paths.salt)
    return blake2b(person.casefold().encode("utf-8", "surrogatepass"), digest_size=8, key=key).hexdigest()


def said_by_release(
    message: QueuedMessage, content: Content, released_by: Releaser, operator: str, paths: DataPaths
) -> Said:
    """A release says: this was no spam."""
    people = {
        Releaser.ADMINISTRATOR: operator,
        Releaser.RECIPIENT: voter_name(paths, " ".join(sorted(one.address.key for one in message.waiting))),
        Releaser.SENDER: voter_name(paths, _sender(message)),
    }
    return _said(message, content, CHANNELS[released_by], people[released_by], is_spam=False)


def said_by_lesson(message: QueuedMessage, content: Content, lesson: TeachOrder, paths: DataPaths) -> Said:
    """An objection that counts says what a message was; whoever had it released as well has one vote."""
    voter = voter_name(paths, lesson.recipient) if lesson.recipient else lesson.person
    return _said(message, content, lesson.channel, voter, is_spam=lesson.is_spam)


def said_by_program(lesson: LearnOrder, paths: DataPaths) -> Said:
    """A client's program says what a user has told it: trusted as his own mail to the client's feedback address is.

    A folder says what nobody knows who has told it: it is one voter, whoever it was.
    """
    return Said(
        lesson.client,
        lesson.channel,
        voter_name(paths, lesson.recipient) if lesson.recipient else lesson.channel.value,
        lesson.message,
        is_spam=lesson.is_spam,
        tokens=lesson.tokens,
        tokens_version=lesson.tokens_version,
    )


def said_to_take_back(order: TakeBackOrder, actor: str) -> Iterator[Said]:
    """One for each lesson; whoever orders it is named in the log of acts."""
    for number in order.numbers:
        yield Said(order.client, Channel.ADMINISTRATOR, actor, "", is_spam=False, tokens=b"", undoes=number)


def _said(message: QueuedMessage, content: Content, channel: Channel, voter: str, *, is_spam: bool) -> Said:
    sample = sample_of(content, _sender(message))
    return Said(
        message.client,
        channel,
        voter,
        sample.message,
        is_spam=is_spam,
        tokens=sample.tokens,
        tokens_version=TOKENS_VERSION,
    )


def _sender(message: QueuedMessage) -> str:
    return str(message.sender) if message.sender else ""


def hand_over(paths: DataPaths, everything: Iterable[Said]) -> int:
    """Let it wait for the agent; how much was said. Raises `Unavailable` as soon as too much waits."""
    inbox, count = FolderFeedback(paths.feedback), 0
    for said in everything:
        if not inbox.keep(said):
            raise Unavailable(f"too much waits for the agent; {count} were handed over: is the node running?")
        count += 1
    return count
