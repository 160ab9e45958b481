"""What is said of a message that has passed, by a program or a folder, with its octets: they leave as places of tokens (15-4)."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.mail.log import Story
from ecluse.control.mail.models import NodeOrder
from ecluse.control.mail.orders import give_order
from ecluse.control.tenants.models import Client
from ecluse.domain.act import TOKENS_VERSION, Channel
from ecluse.domain.content import MemoryContent
from ecluse.domain.order import LearnOrder, OrderKind
from ecluse.filtering.learning.judged import passed_by, sample_of


@dataclass(frozen=True, slots=True)
class Word:
    """What one of its recipients says of a message."""

    recipient: str  # `Address.key`; the caller has looked that the message was his. "": nobody knows which of them.
    is_spam: bool
    octets: bytes  # The message out of his mailbox.
    channel: Channel = Channel.REPORT


def node_of(octets: bytes, message_id: str) -> str | None:
    """The name of the node that passed the message on, by its own trace field; None where the field names another message.

    Whoever has the octets may have written it: the caller looks whether there is such a node.
    """
    named, node = passed_by(MemoryContent(octets))
    return node if named == message_id else None


def tell_node(story: Story, client: Client, word: Word, node: str, *, by: Actor) -> NodeOrder:
    """Have that node learn it; its limits of the channel apply, and what is far from the model waits for a second word."""
    sample = sample_of(MemoryContent(word.octets), story.message.sender)
    lesson = LearnOrder(
        client.name, word.recipient, sample.message, word.is_spam, sample.tokens, TOKENS_VERSION, word.channel
    )
    with change(by=by) as act:
        order = give_order(act, client, node, OrderKind.LEARN, story.message.id, lesson)
        told = {"message": story.message.id, "recipient": word.recipient, "is_spam": word.is_spam}
        told |= {"channel": word.channel.value} if word.channel is not Channel.REPORT else {}
        act.record("message.told", order, client_id=client.pk, after=told)
        return order
