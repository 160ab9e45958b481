"""One recipient of one message, as the message log lists it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ecluse.domain.logged_message import LoggedMessage, LoggedRecipient

MAX_ADDRESS = 320  # RFC 5321 section 4.5.3.1: 64 octets, "@", 255.
MAX_SUBJECT = 120  # Enough to know a message by.


@dataclass(frozen=True, slots=True)
class LogRow:
    """Some 150 octets and no more than what lists and searches need; the rest stands in the message's events."""

    id: str  # 32 hexadecimal digits; begins with the time of receipt, and sorts by it (RFC 9562 section 5.7).
    recipient: str
    client: str
    direction: str
    sender: str  # "" is the null sender.
    ip: str
    disposition: str
    category: str
    fate: str
    score: float
    code: int  # Of the last answer that concerned this recipient: the next hop's, or ours to the sender; 0 = none.
    size: int  # Octets.
    subject: str = ""

    @property
    def at(self) -> float:
        """When the message was received: UTC, seconds since the epoch."""
        return received_at(self.id)


def received_at(message_id: str) -> float:
    """The time that an id begins with; raises `ValueError` for what is none."""
    return int(message_id[:12], 16) / 1_000


def rows_of(message: LoggedMessage) -> Iterator[LogRow]:
    """One for each recipient; none while nobody was answered."""
    for one in message.recipients.values():
        yield LogRow(
            id=message.id,
            recipient=_plain(one.address, MAX_ADDRESS),
            client=_plain(message.client, MAX_ADDRESS),
            direction=message.direction,
            sender=_plain(message.sender.casefold(), MAX_ADDRESS),
            ip=_plain(message.ip, 45),
            disposition=one.disposition,
            category=one.category,
            fate=one.fate,
            score=round(one.score, 2),
            code=_code(message, one),
            size=message.size,
            subject=_plain(message.subject, MAX_SUBJECT),
        )


def _plain(text: str, most: int) -> str:
    """What strangers wrote: without NUL, which databases refuse."""
    return text.replace("\0", "\ufffd")[:most]


def _code(message: LoggedMessage, one: LoggedRecipient) -> int:
    reply = (one.reply or message.reply)[:3]
    return int(reply) if reply.isascii() and reply.isdecimal() and len(reply) == 3 else 0
