"""Telling the sender of a spooled message what became of it: only one that is authenticated (design 6.7, 11-2)."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.domain.content import Content, MemoryContent
from ecluse.domain.ids import new_id
from ecluse.domain.incoming import Direction
from ecluse.domain.queue import QueuedMessage, QueuedRecipient, outbound_destination
from ecluse.ports.doorbell import Doorbell
from ecluse.ports.policies import Policies
from ecluse.ports.spool import Spool
from ecluse.wire.reports import dsn

MAX_HEAD_OCTETS = 65_536


def may_be_told(message: QueuedMessage) -> bool:
    """Whether a notification could reach anybody but a stranger whose address was forged."""
    return message.is_sender_authenticated and message.sender is not None


@dataclass(frozen=True, slots=True)
class Notices:
    """Writes notifications into the spool; they are delivered like any other message."""

    hostname: str
    spool: Spool
    doorbell: Doorbell
    policies: Policies
    has_smart_host: bool

    async def send(
        self,
        action: dsn.Action,
        message: QueuedMessage,
        recipients: tuple[QueuedRecipient, ...],
        content: Content,
        now: float,
    ) -> None:
        """Keep one notification durably. Raises `Unavailable` when the spool cannot be written."""
        wanted = tuple(recipient for recipient in recipients if dsn.wants(recipient.notify, action))
        if not wanted or message.sender is None or not may_be_told(message):
            return
        head, body = _returned(message, content)
        notice_id = new_id()
        octets = dsn.build(dsn.Report(action, message, wanted, head, body), self.hostname, notice_id, now)
        notice = self._notice(message, notice_id, octets, now)
        await self.spool.keep(notice, MemoryContent(octets))
        self.doorbell.ring(notice.destination, notice.id)

    def _notice(self, message: QueuedMessage, notice_id: str, octets: bytes, now: float) -> QueuedMessage:
        if message.sender is None:
            raise ValueError("the null sender is told nothing")
        home = self.policies.domain(message.sender.domain)
        return QueuedMessage(
            id=notice_id,
            direction=Direction.INBOUND if home else Direction.OUTBOUND,
            client=message.client,
            destination=home.domain if home else outbound_destination(message.sender.domain, self.has_smart_host),
            received_at=now,
            queued_at=now,
            sender=None,
            is_sender_authenticated=False,
            recipients=(QueuedRecipient(message.sender),),
            body="7BIT" if octets.isascii() else "8BITMIME",
            smtputf8=message.smtputf8,
            size=len(octets),
            next_attempt=now,
            reason=f"notification about {message.message_id}",
        )


def _returned(message: QueuedMessage, content: Content) -> tuple[bytes, bytes]:
    """What of the original goes back: RET decides (RFC 3461 section 4.3), its header section at least."""
    seam = content.find(b"\r\n\r\n", 0, MAX_HEAD_OCTETS)
    head = content.slice(0, seam + 2 if seam >= 0 else MAX_HEAD_OCTETS)
    if message.ret == "HDRS" or seam < 0 or content.size > dsn.MAX_RETURNED_OCTETS:
        return head, b""
    return head, content.slice(seam + 4, content.size)
