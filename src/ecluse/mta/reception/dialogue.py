"""What one peer says to us, command by command, and what it hears: the engine's events to what they mean."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import structlog

from ecluse.domain.connector import Connector
from ecluse.domain.envelope import Envelope
from ecluse.domain.errors import NoRoom, Unavailable
from ecluse.domain.ids import new_id
from ecluse.domain.incoming import Direction, Incoming
from ecluse.domain.peer import Peer
from ecluse.domain.reply import Reply
from ecluse.filtering.collect import Served
from ecluse.mta import metrics
from ecluse.mta.reception.lobby import Lobby
from ecluse.mta.reception.networks import networks_of
from ecluse.mta.reception.recipients import Admission, Transaction
from ecluse.mta.reception.submission import Submission
from ecluse.mta.reception.submitter import Submitter
from ecluse.ports.buffers import Buffer
from ecluse.wire.mime.fields import HeaderSection
from ecluse.wire.sasl.exchange import Exchange
from ecluse.wire.sasl.mechanisms import MECHANISMS
from ecluse.wire.smtp import replies
from ecluse.wire.smtp.events import (
    AuthBegins,
    AuthResponse,
    ClientIdentified,
    ContentBegins,
    ContentDropped,
    ContentEnds,
    ContentPiece,
    Event,
    Hello,
    MailBegins,
    RecipientNamed,
    TransactionReset,
)
from ecluse.wire.smtp.server import ReceivingSession
from ecluse.wire.smtp.server_options import ServerOptions

log = structlog.get_logger()


class Dialogue:
    """From the greeting on, over TLS or not; who waits for the end of our own work is told by `go_on`."""

    def __init__(self, lobby: Lobby, peer: Peer, go_on: Callable[[], None], has_left: Callable[[], bool]) -> None:
        self.peer = peer
        self._lobby = lobby
        self._door = lobby.door
        self._go_on = go_on
        self._has_left = has_left
        self.session = ReceivingSession(self._options(), is_tls=self._door.is_tls_from_start)
        self._certificate = ""  # SHA-256 of the one that the peer showed in TLS.
        self._exchange: Exchange | None = None  # AUTH under way.
        self._login: Connector | None = None  # Whose login the peer has proven.
        self._mail: MailBegins | None = None
        self._submission: Submission | None = None  # Outbound: who sends.
        self._denied: Reply | None = None  # The transaction is over: whatever comes in it hears this.
        self._served: dict[str, Served] = {}  # `Address.key` -> recipient: one that is named twice is served once.
        self._buffer: Buffer | None = None
        self._working: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a login, a recipient or a message is being decided: no other event may be played meanwhile."""
        return self._working is not None

    @property
    def is_in_transaction(self) -> bool:
        """Since MAIL, until its message is answered or given up."""
        return self._mail is not None

    def play(self, event: Event) -> None:
        """Answer it, at once or by work of its own. Raises `Unavailable`."""
        self._EVENTS[type(event)](self, event)

    def secured(self, tls: str, certificate: str) -> None:
        """TLS stands, described as `Peer.tls` has it: what was said in the clear is forgotten (RFC 3207 section 4.2)."""
        self.peer = replace(self.peer, tls=tls, helo="", is_esmtp=False)
        self._certificate = certificate
        self.forget_transaction()

    def forget_transaction(self) -> None:
        """Back to where MAIL may begin the next."""
        self._drop_content()
        self._mail, self._served, self._submission = None, {}, None

    def _options(self) -> ServerOptions:
        door = self._door
        return ServerOptions(
            hostname=self._lobby.hostname,
            max_message_bytes=door.max_message_bytes,
            max_recipients=door.max_recipients,
            max_errors=door.max_errors,
            offers_starttls=self._lobby.certificate.context is not None,
            offers_dsn=door.direction is Direction.OUTBOUND,
            offers_xclient=self.peer.ip in door.xclient_from,
            mechanisms=tuple(MECHANISMS) if self._lobby.logins is not None else (),
        )

    def _answer(self, reply: Reply) -> None:
        self.session.answer(reply)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._working = asyncio.get_running_loop().create_task(work)

    # -- events

    def _on_hello(self, event: Hello) -> None:
        """The engine has answered, and keeps the name until a message comes."""

    def _on_auth(self, event: AuthBegins) -> None:
        if self._lobby.logins is None:
            raise AssertionError("AUTH was not offered")
        self._exchange = self._lobby.logins.begin(event.mechanism)
        self._begin(self._log_in(self._exchange, event.initial))

    def _on_auth_response(self, event: AuthResponse) -> None:
        if self._exchange is None:
            raise AssertionError("a response without a challenge")
        self._begin(self._log_in(self._exchange, event.octets))

    def _on_mail(self, event: MailBegins) -> None:
        lobby = self._lobby
        if not (lobby.has_room() and lobby.journal.has_room):
            metrics.NO_ROOM.inc()
            self._answer(replies.NO_ROOM)
            return
        submission = self._submitted(event)
        if isinstance(submission, Reply):
            metrics.SUBMISSIONS_REFUSED.inc()
            self._answer(submission)
            return
        self._mail, self._served, self._denied = event, {}, None
        self._submission = submission
        self._answer(replies.SENDER_OK)

    def _submitted(self, event: MailBegins) -> Submission | Reply | None:
        """Outbound, who sends, where he may send now; None inbound."""
        if self._lobby.submissions is None:
            return None
        begun = self._lobby.submissions.begin(self._submitter(), event.sender)
        if isinstance(begun, Reply) or self._lobby.limits is None:
            return begun
        own = begun.policy.sending_limits
        return self._lobby.limits.at_mail(begun.account, self.peer.ip, time.time(), own) or begun

    def _submitter(self) -> Submitter:
        return Submitter(self.peer.ip, self._certificate, self._login)

    def _on_recipient(self, event: RecipientNamed) -> None:
        mail = self._mail
        if mail is None:
            self._answer(replies.BAD_SEQUENCE)
            return
        if (denied := self._beyond(event)) is not None:
            self._answer(denied)
            return
        first = next(iter(self._served.values()), None)
        transaction = Transaction(mail.declared_size, mail.smtputf8, self._submission, mail.sender is None, first)
        answer = self._lobby.recipients.admit(event.recipient, transaction, time.time())
        if isinstance(answer, Coroutine):
            self._begin(self._admit(answer))
        else:
            self._admitted(answer)

    def _beyond(self, event: RecipientNamed) -> Reply | None:
        """One recipient too many refuses the whole transaction (3-11)."""
        if self._denied is None and self._lobby.limits is not None and self._submission is not None:
            count = len(self._served) + (event.recipient.address.key not in self._served)
            self._denied = self._lobby.limits.at_recipient(self._submission.account, count, time.time())
        return self._denied

    def _admitted(self, answer: Admission) -> None:
        if isinstance(answer, Reply):
            metrics.RECIPIENTS_REFUSED.labels(str(answer.code)).inc()
            self._answer(answer)
            return
        self._served.setdefault(answer.recipient.address.key, answer)
        self._answer(replies.RECIPIENT_OK)

    def _on_content_begins(self, event: ContentBegins) -> None:  # noqa: ARG002 - the event says all by its type.
        if self._denied is not None:
            self.forget_transaction()
            self._answer(self._denied)
            return
        self._buffer = self._lobby.buffers.open()
        if self._mends_newlines():
            self.session.mend_newlines()
        self._answer(replies.START_INPUT)

    def _mends_newlines(self) -> bool:
        """A client's own devices, networks of the node's settings, and those that the recipients' client exempts."""
        if self._door.direction is Direction.OUTBOUND or self.peer.ip in self._door.mends_newlines_from:
            return True
        return any(self.peer.ip in networks_of(one.policy.allows_bare_newlines_from) for one in self._served.values())

    def _on_content(self, event: ContentPiece) -> None:
        if self._buffer is None:
            return
        try:
            self._buffer.write(event.octets)
        except Unavailable:
            # The rest is read and forgotten; the answer after the end of data says 452.
            self._drop_content()

    def _on_content_ends(self, event: ContentEnds) -> None:  # noqa: ARG002 - the buffer knows the size.
        if self._buffer is None:
            metrics.NO_ROOM.inc()
            self.forget_transaction()
            self._answer(replies.NO_ROOM)
            return
        self._begin(self._accept(self._buffer))

    def _on_content_dropped(self, event: ContentDropped) -> None:  # noqa: ARG002 - the event says all by its type.
        self.forget_transaction()

    def _on_reset(self, event: TransactionReset) -> None:  # noqa: ARG002 - the event says all by its type.
        self.forget_transaction()

    def _on_identified(self, event: ClientIdentified) -> None:
        """XCLIENT from a trusted proxy: what follows counts as said by another peer."""
        said = event.attributes
        self.peer = Peer(
            ip=said.get("ADDR", self.peer.ip).removeprefix("IPV6:").removeprefix("IPv6:"),
            port=int(said["PORT"]) if said.get("PORT", "").isdecimal() else self.peer.port,
            name=said.get("NAME", ""),
            helo=said.get("HELO", ""),
        )
        self._lobby.ask_about(self.peer)

    _EVENTS: dict[type[Event], Callable[..., None]] = {  # noqa: RUF012 - a constant table, never written.
        Hello: _on_hello,
        AuthBegins: _on_auth,
        AuthResponse: _on_auth_response,
        MailBegins: _on_mail,
        RecipientNamed: _on_recipient,
        ContentBegins: _on_content_begins,
        ContentPiece: _on_content,
        ContentEnds: _on_content_ends,
        ContentDropped: _on_content_dropped,
        TransactionReset: _on_reset,
        ClientIdentified: _on_identified,
    }

    # -- what takes time

    async def _admit(self, asked: Coroutine[Any, Any, Admission]) -> None:
        """Answer RCPT once the client's server has told whether it knows the address."""
        answer: Admission = replies.TRY_LATER
        try:
            answer = await asked
        except Unavailable as problem:
            log.error("recipient deferred", problem=str(problem))
        except Exception:
            metrics.BUGS.inc()
            log.exception("recipient deferred by a fault of ours")
        finally:
            self._working = None
        self._admitted(answer)
        self._go_on()

    async def _log_in(self, exchange: Exchange, response: bytes | None) -> None:
        """One step of AUTH; the transaction of later starts with what it proved."""
        answer: Reply | Connector = replies.LOGIN_UNAVAILABLE
        try:
            if self._lobby.logins is not None:
                answer = await self._lobby.logins.respond(exchange, response, self.peer.ip)
        except Unavailable as problem:
            log.error("login deferred", problem=str(problem))
        except Exception:
            metrics.BUGS.inc()
            log.exception("login deferred by a fault of ours")
        finally:
            self._working = None
        if isinstance(answer, Connector):
            self._login, answer = answer, replies.LOGGED_IN
            self.peer = replace(self.peer, is_logged_in=True)
        self._answer(answer)
        self._go_on()

    async def _accept(self, buffer: Buffer) -> None:
        """Have the message decided, then tell its sender; the message is not ours before that."""
        try:
            arrived = await self._arrived(self._incoming(buffer))
            reply = arrived if isinstance(arrived, Reply) else await self._decided(*arrived)
        except NoRoom:
            # The disk did not take the end of a large message.
            metrics.NO_ROOM.inc()
            reply = replies.NO_ROOM
        except Unavailable as problem:
            log.error("message deferred", ip=self.peer.ip, problem=str(problem))
            reply = replies.TRY_LATER
        except Exception:
            metrics.BUGS.inc()
            log.exception("message deferred by a fault of ours", ip=self.peer.ip)
            reply = replies.TRY_LATER
        finally:
            buffer.discard()
            self._working = None
            self.forget_transaction()
        self._answer(reply)
        self._go_on()

    async def _decided(self, incoming: Incoming, section: HeaderSection | None) -> Reply:
        return await self._lobby.acceptance.answer(incoming, tuple(self._served.values()), self._has_left, section)

    async def _arrived(self, incoming: Incoming) -> tuple[Incoming, HeaderSection | None] | Reply:
        """Outbound, the message as it goes on, under the policy of its sender, and its header; or what it is refused for."""
        submission, submissions = self._submission, self._lobby.submissions
        if submissions is None or submission is None:
            return incoming, None
        arrived = await submissions.end(submission, incoming.envelope.sender, self._submitter(), incoming.content)
        if isinstance(arrived, Reply):
            metrics.SUBMISSIONS_REFUSED.inc()
            log.info("message refused to its client", client=submission.client, ip=self.peer.ip, reply=str(arrived))
            return arrived
        known = arrived.submission
        self._served = {key: replace(one, policy=known.policy) for key, one in self._served.items()}
        known_incoming = replace(
            incoming,
            client=known.client,
            account=known.account,
            forwarded=known.forwarded,
            content=arrived.content,
        )
        return known_incoming, arrived.section

    def _incoming(self, buffer: Buffer) -> Incoming:
        mail, session = self._mail, self.session
        if mail is None:
            raise AssertionError("content without a transaction")
        served = tuple(self._served.values())
        return Incoming(
            id=new_id(),
            received_at=time.time(),
            direction=self._door.direction,
            client=served[0].policy.client,
            peer=replace(self.peer, helo=session.helo or self.peer.helo, is_esmtp=session.is_esmtp),
            envelope=Envelope(
                sender=mail.sender,
                recipients=tuple(one.recipient for one in served),
                body=mail.body,
                smtputf8=mail.smtputf8,
                ret=mail.ret,
                envid=mail.envid,
            ),
            content=buffer.finish(),
        )

    def _drop_content(self) -> None:
        if self._buffer is not None:
            self._buffer.discard()
            self._buffer = None
