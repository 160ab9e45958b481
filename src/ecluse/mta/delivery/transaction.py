"""One mail transaction with a next hop: envelope, content, and what it said to each (RFC 5321 section 3.3)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ecluse.domain.content import Content
from ecluse.domain.envelope import Envelope
from ecluse.domain.event import SessionEvent
from ecluse.domain.policy import Route
from ecluse.domain.reply import Reply
from ecluse.mta.delivery.connection import Connection
from ecluse.mta.delivery.limits import NextHopLimits
from ecluse.wire.smtp.client import (
    DATA,
    LONE_DOT,
    RSET,
    Capabilities,
    envelope_commands,
    framed,
    needs_smtputf8,
    stuffed,
)


@dataclass(frozen=True, slots=True)
class Transmission:
    """What a next hop said to one transaction."""

    route: Route
    sender_reply: Reply | None = None  # To MAIL; None when trouble came before.
    recipient_replies: dict[str, Reply] = field(default_factory=dict)  # `Address.key` -> reply to its RCPT.
    final: Reply | None = None  # To the dot, or to a DATA that was refused; None: no content wanted, or no answer.
    dot_sent: bool = False  # The next hop may have the message.
    trouble: str = ""  # Why there is no answer, one clause.
    turned_away: Reply | None = None  # What it said in place of a welcome, before any MAIL.
    offers_dsn: bool = False  # It reports further delivery itself (RFC 3461 section 5.2.2).
    tls: str = ""  # How it came to encryption, a word of `tls_words`; "" = it was open already, or none was wanted.
    sessions: tuple[SessionEvent, ...] = ()  # With exchanges, begun for this message: this one, and those before it.

    @property
    def is_server_up(self) -> bool:
        """Whether it said yes or no; one that welcomes us and is then silent has not."""
        return not self.is_route_trouble or self.sender_reply is not None or self.turned_away is not None

    @property
    def is_route_trouble(self) -> bool:
        """Failure, 4xx or 5xx up to and with our MAIL: another route may do better (design 6.7)."""
        if self.sender_reply is None:
            return not self.recipient_replies
        return not self.sender_reply.is_positive


@dataclass(frozen=True, slots=True)
class Errand:
    """One message for one next hop."""

    route: Route
    envelope: Envelope
    content: Content
    before_dot: Callable[[], None]  # Called once, just before the octets that end the message are handed over.
    deadline: float  # For everything up to our dot, on the connection's clock.


@dataclass(frozen=True, slots=True)
class _Heard:
    """The replies to one envelope."""

    sender: Reply | None
    recipients: dict[str, Reply]
    data: Reply | None
    trouble: str = ""

    @property
    def is_content_wanted(self) -> bool:
        """Whether MAIL and at least one RCPT were accepted."""
        is_sender_accepted = self.sender is not None and self.sender.is_positive
        return is_sender_accepted and any(reply.is_positive for reply in self.recipients.values())


async def transact(connection: Connection, errand: Errand, limits: NextHopLimits) -> Transmission:
    """Hand one message on; whatever the next hop does ends in a `Transmission`.

    Afterwards the connection is either good for the next transaction or in trouble. Raises `Impossible` for an
    address that cannot be written, and what `before_dot` and the content raise: no dot is sent then.
    """
    capabilities = connection.session.capabilities
    refusal = _refusal(errand, capabilities)
    if refusal is not None:
        replies = dict.fromkeys(_keys(errand.envelope), refusal)
        return Transmission(errand.route, recipient_replies=replies, trouble=refusal.text, offers_dsn=capabilities.dsn)
    heard = await _send_envelope(connection, errand, limits)
    final, dot_sent, trouble = heard.data, False, heard.trouble
    if trouble or not heard.is_content_wanted:
        final = None
        await _leave(connection, heard, errand, limits)
    elif final is not None and final.code != 354:
        await _leave(connection, heard, errand, limits)
    else:
        dot_sent = await _send_content(connection, errand, limits)
        final, trouble = await _hear_final(connection, limits, dot_sent=dot_sent)
    return Transmission(
        errand.route,
        heard.sender,
        heard.recipients,
        final,
        dot_sent,
        trouble,
        offers_dsn=capabilities.dsn,
        # Sessions are counted, not messages.
        tls=connection.tls if connection.transactions == 1 else "",
    )


def _refusal(errand: Errand, capabilities: Capabilities) -> Reply | None:
    """What we answer in the next hop's place, as it does not offer what the message needs (design 6.7)."""
    if needs_smtputf8(errand.envelope) and not capabilities.smtputf8:
        return Reply(550, "6.7", "the next hop does not take internationalized mail")
    if not capabilities.has_room_for(errand.content.size):
        return Reply(552, "3.4", f"the next hop takes at most {capabilities.size} octets")
    return None


def _keys(envelope: Envelope) -> list[str]:
    return [recipient.address.key for recipient in envelope.recipients]


async def _send_envelope(connection: Connection, errand: Errand, limits: NextHopLimits) -> _Heard:
    capabilities = connection.session.capabilities
    commands = envelope_commands(errand.envelope, capabilities, errand.content.size)
    if not capabilities.chunking:
        commands.append(DATA)
    connection.transactions += 1
    if capabilities.pipelining:
        replies = await connection.ask(commands, limits.envelope_timeout_s, errand.deadline)
    else:
        replies = await _ask_one_by_one(connection, commands, errand, limits)
    return _sort(replies, connection, errand)


async def _ask_one_by_one(
    connection: Connection, commands: list[bytes], errand: Errand, limits: NextHopLimits
) -> list[Reply]:
    """As a pipelined write, but nothing is asked that an earlier reply has made pointless."""
    count = len(errand.envelope.recipients)
    replies = await connection.ask(commands[:1], limits.mail_timeout_s, errand.deadline)
    if not replies or not replies[0].is_positive:
        return replies
    for command in commands[1 : 1 + count]:
        replies += await connection.ask([command], limits.rcpt_timeout_s, errand.deadline)
    if any(reply.is_positive for reply in replies[1:]):
        replies += await connection.ask(commands[1 + count :], limits.data_timeout_s, errand.deadline)
    return replies


def _sort(replies: list[Reply], connection: Connection, errand: Errand) -> _Heard:
    """Give each reply to the command it answers."""
    keys = _keys(errand.envelope)
    sender = replies[0] if replies else None
    # Once MAIL is refused, the replies to RCPT and DATA say only that there is no sender.
    is_sender_accepted = sender is not None and sender.is_positive
    recipients = dict(zip(keys, replies[1:], strict=False)) if is_sender_accepted else {}
    data = replies[len(keys) + 1] if len(replies) > len(keys) + 1 else None
    heard = _Heard(sender, recipients, data)
    if connection.trouble or _is_out_of_step(replies, len(keys)):
        return replace(heard, trouble=_trouble(heard, replies, connection, len(keys)))
    return heard


def _trouble(heard: _Heard, replies: list[Reply], connection: Connection, recipients: int) -> str:
    if _is_out_of_step(replies, recipients):
        return f"the replies do not fit the commands: {', '.join(str(reply.code) for reply in replies[:20])}"
    if heard.sender is not None and not heard.sender.is_positive:
        return ""
    if len(replies) > recipients and (heard.data is not None or not heard.is_content_wanted):
        return ""
    stage = "MAIL" if not replies else "RCPT" if len(replies) <= recipients else "DATA"
    return f"{connection.trouble} (awaiting the reply to {stage})"


def _is_out_of_step(replies: list[Reply], recipients: int) -> bool:
    """Whether MAIL or RCPT was answered 3xx, or DATA 2xx: nothing that follows can be believed."""
    before, data = replies[: recipients + 1], replies[recipients + 1 :]
    return any(reply.code < 400 and not reply.is_positive for reply in before) or any(
        reply.code < 400 and reply.code != 354 for reply in data
    )


async def _leave(connection: Connection, heard: _Heard, errand: Errand, limits: NextHopLimits) -> None:
    """End a transaction that carries no content, so that the connection can begin another."""
    is_sender_accepted = heard.sender is not None and heard.sender.is_positive
    is_content_awaited = heard.data is not None and heard.data.code == 354
    if connection.trouble or heard.trouble or (is_content_awaited and not is_sender_accepted):
        connection.abort()
    elif is_sender_accepted:
        command = LONE_DOT if is_content_awaited else RSET
        replies = await connection.ask([command], limits.reset_timeout_s, errand.deadline)
        if not replies or (command == RSET and not replies[0].is_positive):
            connection.abort()


async def _send_content(connection: Connection, errand: Errand, limits: NextHopLimits) -> bool:
    """Send all of it and return True, or break off before its end and return False: a reply or trouble is there."""
    content = errand.content
    is_chunked = connection.session.capabilities.chunking
    pieces = framed(content.size, content.chunks()) if is_chunked else stuffed(content.chunks())
    connection.session.begin_content()
    piece = next(pieces)
    for following in pieces:
        connection.write(piece)
        if not await connection.make_room(limits.block_timeout_s, errand.deadline):
            return False
        piece = following
    if not connection.is_silent:
        return False
    errand.before_dot()
    connection.write(piece)
    return True


async def _hear_final(connection: Connection, limits: NextHopLimits, *, dot_sent: bool) -> tuple[Reply | None, str]:
    """The reply to the content, and why there is none."""
    replies = await connection.replies(1, limits.final_timeout_s, math.inf)
    if not dot_sent:
        # The server still waits for content, so nothing else can be said on this connection.
        connection.abort()
    if not replies:
        return None, f"{connection.trouble} (awaiting the reply to {'the final dot' if dot_sent else 'the content'})"
    reply = replies[0]
    if reply.code < 400 and not (dot_sent and reply.is_positive):
        connection.abort()
        return None, f"the content was answered {reply.code} {'' if dot_sent else 'before its end'}".rstrip()
    return reply, ""
