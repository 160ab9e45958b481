"""Mail by which users say what was spam, or ham: the messages that it carries become samples, at once and without text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import structlog

from ecluse.domain.act import TOKENS_VERSION, Channel
from ecluse.domain.address import Address
from ecluse.domain.content import Content, MemoryContent
from ecluse.domain.errors import Unavailable
from ecluse.domain.incoming import Incoming
from ecluse.domain.said import Said
from ecluse.filtering.learning.judged import sample_of
from ecluse.ports.feedback_inbox import FeedbackInbox
from ecluse.ports.policies import Policies
from ecluse.wire.mime.addresses import parse_addresses
from ecluse.wire.mime.fields import HeaderSection
from ecluse.wire.mime.structure import Part, decoded, walk

MAX_MESSAGES = 20  # In one mail.
MAX_OCTETS = 10_485_760  # Of one of them.
MAX_FROM_OCTETS = 2_000
_MESSAGE = "message/rfc822"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class FeedbackMail:
    """Hears what a mail says that was delivered already; nothing that fails here may matter to its sender."""

    inbox: FeedbackInbox
    policies: Policies
    voter: Callable[[str], str]  # A keyed hash of an address.

    async def hear(self, incoming: Incoming, section: HeaderSection, *, is_spam: bool) -> None:
        """Keep a sample of each message that it carries as an attachment; its author is proven by its domain."""
        author = self._own_user(incoming.client, section)
        if author is None:
            log.info("feedback not heard", id=incoming.id, problem="its author has no address with the client")
            return
        try:
            heard = await asyncio.to_thread(self._keep, incoming, author, is_spam)
        except Unavailable as problem:
            log.error("feedback not kept", id=incoming.id, problem=str(problem))
        except Exception:
            # The next hop may have the mail: a 451 now would double it.
            log.exception("feedback not kept by a fault of ours", id=incoming.id)
        else:
            log.info("feedback heard", id=incoming.id, client=incoming.client, messages=heard)

    def _own_user(self, client: str, section: HeaderSection) -> Address | None:
        field = section.first(b"from")
        mailboxes = parse_addresses(field.value[:MAX_FROM_OCTETS]).addresses if field else ()
        if len(mailboxes) != 1:
            return None
        author = Address(mailboxes[0].local, mailboxes[0].domain.lower())
        policy = self.policies.domain(author.domain)
        if policy is None or policy.client != client:
            return None
        is_any = policy.accepts_any_address or policy.verifies_addresses
        return author if is_any or self.policies.has_address(author) else None

    def _keep(self, incoming: Incoming, author: Address, is_spam: bool) -> int:  # noqa: FBT001 - it is what is said
        heard = 0
        for octets in islice(_carried(incoming.content), MAX_MESSAGES):
            sample = sample_of(MemoryContent(octets))
            said = Said(
                incoming.client,
                Channel.REPORT,
                self.voter(author.key),
                sample.message,
                is_spam,
                sample.tokens,
                tokens_version=TOKENS_VERSION,
            )
            if not self.inbox.keep(said):
                log.warning("feedback not kept", id=incoming.id, problem="too much waits for the agent")
                break
            heard += 1
        return heard


def _carried(content: Content) -> Iterator[bytes]:
    """The outermost messages below the root; one that is itself forwarded in another is not meant."""
    waiting: list[Part] = list(reversed(walk(content).parts))
    while waiting:
        part = waiting.pop()
        if part.type == _MESSAGE:
            yield decoded(content, part, MAX_OCTETS)
        else:
            waiting += reversed(part.parts)
