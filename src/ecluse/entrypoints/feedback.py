"""What people say of messages, handed over to the agent: as tokens at once, never as text (15-4)."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from ecluse.adapters.counters.keys import make_salt
from ecluse.adapters.folder.feedback_inbox import FolderFeedback
from ecluse.domain.act import TOKENS_VERSION, Channel
from ecluse.domain.content import Content
from ecluse.domain.errors import Unavailable
from ecluse.domain.order import Releaser
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
    """The same for the same person, and nobody's name: a keyed hash of his address (15-8)."""
    key = make_salt(paths.salt)
    return blake2b(person.casefold().encode("utf-8", "surrogatepass"), digest_size=8, key=key).hexdigest()


def said_by_release(
    message: QueuedMessage, content: Content, released_by: Releaser, operator: str, paths: DataPaths
) -> Said:
    """A release says: this was no spam."""
    sender = str(message.sender) if message.sender else ""
    people = {
        Releaser.ADMINISTRATOR: operator,
        Releaser.RECIPIENT: voter_name(paths, " ".join(sorted(one.address.key for one in message.waiting))),
        Releaser.SENDER: voter_name(paths, sender),
    }
    sample = sample_of(content, sender)
    channel = CHANNELS[released_by]
    return Said(
        message.client,
        channel,
        people[released_by],
        sample.message,
        is_spam=False,
        tokens=sample.tokens,
        tokens_version=TOKENS_VERSION,
    )


def hand_over(paths: DataPaths, everything: Iterable[Said]) -> int:
    """Let it wait for the agent; how much was said. Raises `Unavailable` as soon as too much waits."""
    inbox, count = FolderFeedback(paths.feedback), 0
    for said in everything:
        if not inbox.keep(said):
            raise Unavailable(f"too much waits for the agent; {count} were handed over: is the node running?")
        count += 1
    return count
