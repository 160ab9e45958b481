"""One sending server's connection: octets to the SMTP engine, the engine's events to what they mean."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, cast

import structlog

from ecluse.domain.connector import Connector
from ecluse.domain.envelope import Envelope
from ecluse.domain.errors import NoRoom, Unavailable
from ecluse.domain.ids import new_id
from ecluse.domain.incoming import Direction, Incoming
from ecluse.domain.peer import Peer
from ecluse.domain.reply import Reply
from ecluse.filtering.collect import Served
from ecluse.filtering.peer_lookups import PeerLookups
from ecluse.mta import metrics
from ecluse.mta.reception import answers
from ecluse.mta.reception.acceptance import Acceptance
from ecluse.mta.reception.door import Certificate, Door
from ecluse.mta.reception.handshake import hand_over, secure
from ecluse.mta.reception.logins import Logins
from ecluse.mta.reception.networks import networks_of
from ecluse.mta.reception.recipients import Admission, InboundRecipients, OutboundRecipients, Transaction
from ecluse.mta.reception.sending_limits import SendingLimits
from ecluse.mta.reception.submission import Submission, Submissions, Submitter
from ecluse.ports.buffers import Buffer, Buffers
from ecluse.ports.journal import Journal
from ecluse.ports.tallies import Tallies
from ecluse.wire.sasl.exchange import Exchange
from ecluse.wire.sasl.mechanisms import MECHANISMS
from ecluse.wire.smtp import proxy, replies
from ecluse.wire.smtp.events import (
    AuthBegins,
    AuthResponse,
    ClientIdentified,
    Closing,
    ContentBegins,
    ContentDropped,
    ContentEnds,
    ContentPiece,
    Event,
    Hello,
    MailBegins,
    RecipientNamed,
    TlsAsked,
    TransactionReset,
)
from ecluse.wire.smtp.server import ReceivingSession, ServerOptions

log = structlog.get_logger()

PROXY_HEADER_TIMEOUT_S = 10.0
LOOPBACK = frozenset({"127.0.0.1", "::1"})  # Never counted: it is our own.
FAREWELL_S = 30.0  # So long a peer may take to read our last words.
MAX_UNREAD_OCTETS = 65_536  # More than this from a peer that does not wait for answers: stop reading.


@dataclass(frozen=True, slots=True)
class Lobby:
    """What all connections of one door share."""

    door: Door
    hostname: str
    certificate: Certificate
    recipients: InboundRecipients | OutboundRecipients
    acceptance: Acceptance
    buffers: Buffers
    journal: Journal
    tallies: Tallies
    has_room: Callable[[], bool]
    open: set[Connection]
    patient: dict[str, float]  # IPs that once waited for the greeting.
    peers: PeerLookups | None = None  # None: nothing is asked about a peer.
    limits: SendingLimits | None = None  # None inbound.
    submissions: Submissions | None = None  # Whose outbound mail is; None at inbound doors.
    logins: Logins | None = None  # None: nobody can log in.


class Connection(asyncio.Protocol):
    """From the first octet to the last."""

    def __init__(self, lobby: Lobby) -> None:
        self._lobby = lobby
        self._door = lobby.door
        self._peer = Peer(ip="")
        self._session: ReceivingSession | None = None
        self._transport: asyncio.Transport | None = None
        self._prologue: bytearray | None = None  # Octets of a PROXY header that is not complete yet.
        self._greeting: asyncio.TimerHandle | None = None
        self._tally = ""
        self._hello = b""  # The beginning of a TLS handshake.
        self._certificate = ""  # SHA-256 of the one that the peer showed in TLS.
        self._exchange: Exchange | None = None  # AUTH under way.
        self._login: Connector | None = None  # Whose login the peer has proven.
        self._mail: MailBegins | None = None
        self._submission: Submission | None = None  # Outbound: who sends.
        self._denied: Reply | None = None  # The transaction is over: whatever comes in it hears this.
        self._served: dict[str, Served] = {}  # `Address.key` -> recipient: one that is named twice is served once.
        self._buffer: Buffer | None = None
        self._working: asyncio.Task[None] | None = None
        self._is_draining = False
        self._has_left = False
        self._has_ended = False  # It sends no more, but may still listen.
        self._is_deaf = False  # It does not read our answers: nothing of it is read meanwhile.
        self._closing_since = 0.0
        self._began = self._last_octet = self._last_progress = time.monotonic()

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, unless a balancer has first to say who is behind it."""
        # uvloop's transports keep the promises of asyncio's without being its subclasses.
        self._transport = transport = cast(asyncio.Transport, transport)
        if len(self._lobby.open) >= self._door.max_connections:
            self._turn_away(replies.TOO_MANY_CONNECTIONS)
            return
        self._lobby.open.add(self)
        metrics.count_connection(self._door.direction)
        ip, port = (transport.get_extra_info("peername") or ("", 0))[:2]
        if ip in self._door.proxy_protocol_from:
            self._prologue = bytearray()
        else:
            self._meet(Peer(ip=ip, port=port))

    def data_received(self, data: bytes) -> None:
        """Octets from the peer."""
        self._last_octet = time.monotonic()
        if self._prologue is not None:
            self._prologue += data
            self._read_prologue(bytes(self._prologue))
        elif self._door.is_tls_from_start and not self._peer.tls:
            self._hello += data
            self._hear_nothing_yet()
        elif self._greeting is not None:
            self._speaks_early()
        elif self._session is not None:
            self._session.feed(data)
            self._go_on()

    def eof_received(self) -> bool:
        """A peer that has closed its sending side still hears the answer to its message."""
        is_tls = self._session is not None and self._session.is_tls
        self._has_ended = True
        return self._working is not None and not is_tls

    def pause_writing(self) -> None:
        """The peer does not read our answers: it may ask no more before it has."""
        self._is_deaf = True
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The peer reads again."""
        self._is_deaf = False
        if not self._is_busy():
            self._resume()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the reason does not matter.
        """The peer is gone; a message that has not gone further yet stays its own."""
        self._has_left = True
        self._lobby.open.discard(self)
        if self._greeting is not None:
            self._greeting.cancel()
        if self._tally:
            self._lobby.tallies.leave(self._tally)
            self._tally = ""
        if self._working is None:
            self._drop_content()

    # -- time

    def check_time(self, now: float) -> None:
        """Called every second: end a peer that is silent, drips, or has stayed too long."""
        if self._is_busy() or self._transport is None:
            return
        if self._transport.is_closing():
            self._give_up_late_farewell(now)
        elif self._is_late(now):
            metrics.TIMEOUTS.labels(self._door.direction).inc()
            self._turn_away(replies.SILENCE)

    def drain(self) -> None:
        """End at the next pause between transactions: the node is shutting down."""
        self._is_draining = True
        if not self._is_busy() and self._mail is None and self._session is not None:
            self._turn_away(replies.SHUTTING_DOWN)

    def _give_up_late_farewell(self, now: float) -> None:
        """A peer that does not read our last words would keep its place for ever."""
        self._closing_since = self._closing_since or now
        if self._transport is not None and now - self._closing_since > FAREWELL_S:
            self._transport.abort()

    def _is_late(self, now: float) -> bool:
        door = self._door
        if self._prologue is not None:
            return now - self._began > PROXY_HEADER_TIMEOUT_S
        if now - self._began > door.session_timeout_s:
            return True
        if self._session is None or not self._session.is_in_content:
            return now - self._last_progress > door.command_timeout_s
        if now - self._last_octet > door.data_timeout_s:
            return True
        fair_share_s = door.data_timeout_s + self._session.content_octets / door.min_octets_per_s
        return now - self._last_progress > fair_share_s

    # -- before the greeting

    def _read_prologue(self, prologue: bytes) -> None:
        """Who the balancer says is behind it; from one that says nonsense nothing is taken."""
        try:
            header = proxy.parse(prologue)
        except proxy.BadProxyHeader as problem:
            log.warning("bad PROXY header", balancer=self._peername(), problem=str(problem))
            self._close()
            return
        if header is None:
            return
        rest = prologue[header.octets :]
        self._prologue = None
        ip, port = (header.source_ip, header.source_port) if header.source_ip else (self._peername(), 0)
        self._meet(Peer(ip=ip, port=port))
        if rest:
            self.data_received(rest)

    def _hear_nothing_yet(self) -> None:
        """The rest is the handshake's, which reads by itself."""
        if self._transport is not None:
            self._transport.pause_reading()

    def _meet(self, peer: Peer) -> None:
        """The peer is known: count it, and welcome it where there is a place."""
        door = self._door
        self._peer = peer
        if not self._has_a_way_in(peer):
            self._turn_away(answers.NOT_TRUSTED)
            return
        self._session = ReceivingSession(self._options(peer), is_tls=door.is_tls_from_start)
        if not door.max_connections_per_ip or peer.ip in LOOPBACK:
            self._welcome()
            return
        key = f"ip:{peer.ip}"
        has_place = self._lobby.tallies.enter(key, door.max_connections_per_ip)
        if isinstance(has_place, bool):
            self._admit_peer(key, has_place=has_place)
        else:
            # What the peer says meanwhile waits in the engine.
            self._working = asyncio.get_running_loop().create_task(self._wait_for_place(key, has_place))

    def _has_a_way_in(self, peer: Peer) -> bool:
        """Whether it may be a client's: without TLS nobody can log in, and only its address can tell."""
        lobby = self._lobby
        return lobby.submissions is None or lobby.certificate.context is not None or lobby.submissions.is_known(peer.ip)

    async def _wait_for_place(self, key: str, asked: Coroutine[Any, Any, bool]) -> None:
        has_place = False
        try:
            has_place = await asked
        except Exception:
            metrics.BUGS.inc()
            log.exception("connection ended by a fault of ours")
        finally:
            self._working = None
        if self._has_left:
            if has_place:
                self._lobby.tallies.leave(key)
            return
        self._admit_peer(key, has_place=has_place)
        if self._greeting is not None and self._session is not None and self._session.unread_octets:
            self._speaks_early()
        else:
            self._resume()

    def _admit_peer(self, key: str, *, has_place: bool) -> None:
        if not has_place:
            self._session = None
            self._turn_away(replies.TOO_MANY_CONNECTIONS)
            return
        self._tally = key
        self._welcome()

    def _welcome(self) -> None:
        """Greet at once, or wait whether the peer can wait."""
        if self._door.is_tls_from_start and not self._peer.tls:
            self._begin_tls()
            return
        wait_s = self._door.early_talk_wait_s
        self._ask_about_peer()
        if wait_s and self._peer.ip not in self._lobby.patient:
            self._greeting = asyncio.get_running_loop().call_later(wait_s, self._greet)
        else:
            self._greet()

    def _ask_about_peer(self) -> None:
        """Its reverse name and its listings are there when its message is (design 6.1)."""
        if self._lobby.peers is not None:
            self._lobby.peers.start(self._peer)

    def _options(self, peer: Peer) -> ServerOptions:
        door = self._door
        return ServerOptions(
            hostname=self._lobby.hostname,
            max_message_bytes=door.max_message_bytes,
            max_recipients=door.max_recipients,
            max_errors=door.max_errors,
            offers_starttls=self._lobby.certificate.context is not None,
            offers_dsn=door.direction is Direction.OUTBOUND,
            offers_xclient=peer.ip in door.xclient_from,
            mechanisms=tuple(MECHANISMS) if self._lobby.logins is not None else (),
        )

    def _greet(self) -> None:
        if self._greeting is not None:
            self._greeting = None
            self._lobby.patient[self._peer.ip] = time.monotonic()
        if self._session is not None:
            self._session.greet()
            self._flush()

    def _speaks_early(self) -> None:
        """RFC 5321 section 4.3.1: a sender waits for the greeting; bulk senders of spam often do not."""
        if self._greeting is not None:
            self._greeting.cancel()
            self._greeting = None
        metrics.EARLY_TALKERS.inc()
        self._turn_away(replies.EARLY_TALKER)

    # -- the dialogue

    def _go_on(self) -> None:
        """Play the engine's events until it needs more octets or an answer."""
        session = self._session
        if session is None or self._is_busy():
            self._hold_back()
            return
        while (event := None if self._is_busy() or self._is_deaf else session.next_event()) is not None:
            if not isinstance(event, ContentPiece):
                self._last_progress = self._last_octet
            self._play(event)
        self._flush()
        if self._is_draining:
            self.drain()
        elif self._has_ended and not self._is_busy():
            self._close()

    def _play(self, event: Event) -> None:
        """The border of the dialogue: trouble of ours defers the command and never ends the worker."""
        try:
            self._EVENTS[type(event)](self, event)
        except Unavailable as problem:
            log.error("command deferred", event=type(event).__name__, problem=str(problem))
            self._answer(replies.TRY_LATER)
        except Exception:
            metrics.BUGS.inc()
            log.exception("connection ended by a fault of ours", event=type(event).__name__)
            if self._session is not None:
                self._session.hang_up(replies.SHUTTING_DOWN)

    def _answer(self, reply: Reply) -> None:
        if self._session is not None:
            self._session.answer(reply)

    def _on_hello(self, event: Hello) -> None:
        """The engine has answered, and keeps the name until a message comes."""

    def _on_auth(self, event: AuthBegins) -> None:
        if self._lobby.logins is None:
            raise AssertionError("AUTH was not offered")
        self._exchange = self._lobby.logins.begin(event.mechanism)
        self._working = asyncio.get_running_loop().create_task(self._log_in(self._exchange, event.initial))

    def _on_auth_response(self, event: AuthResponse) -> None:
        if self._exchange is None:
            raise AssertionError("a response without a challenge")
        self._working = asyncio.get_running_loop().create_task(self._log_in(self._exchange, event.octets))

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
        return self._lobby.limits.at_mail(begun.account, self._peer.ip, time.time()) or begun

    def _submitter(self) -> Submitter:
        return Submitter(self._peer.ip, self._certificate, self._login)

    def _on_recipient(self, event: RecipientNamed) -> None:
        mail = self._mail
        if mail is None:
            self._answer(replies.BAD_SEQUENCE)
            return
        if (denied := self._beyond(event)) is not None:
            self._answer(denied)
            return
        first = next(iter(self._served.values()), None)
        transaction = Transaction(mail.declared_size, mail.smtputf8, self._submission, first)
        answer = self._lobby.recipients.admit(event.recipient, transaction, time.time())
        if isinstance(answer, Coroutine):
            self._working = asyncio.get_running_loop().create_task(self._admit(answer))
        else:
            self._admitted(answer)

    def _beyond(self, event: RecipientNamed) -> Reply | None:
        """One recipient too many refuses the whole transaction (3-11)."""
        if self._denied is None and self._lobby.limits is not None and self._submission is not None:
            count = len(self._served.keys() | {event.recipient.address.key})
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
            self._forget_transaction()
            self._answer(self._denied)
            return
        self._buffer = self._lobby.buffers.open()
        if self._session is not None and self._mends_newlines():
            self._session.mend_newlines()
        self._answer(replies.START_INPUT)

    def _mends_newlines(self) -> bool:
        """A client's own devices, networks of the node's settings, and those that the recipients' client exempts."""
        if self._door.direction is Direction.OUTBOUND or self._peer.ip in self._door.mends_newlines_from:
            return True
        return any(self._peer.ip in networks_of(one.policy.allows_bare_newlines_from) for one in self._served.values())

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
            self._forget_transaction()
            self._answer(replies.NO_ROOM)
            return
        self._working = asyncio.get_running_loop().create_task(self._accept(self._buffer))

    def _on_content_dropped(self, event: ContentDropped) -> None:  # noqa: ARG002 - the event says all by its type.
        self._forget_transaction()

    def _on_reset(self, event: TransactionReset) -> None:  # noqa: ARG002 - the event says all by its type.
        self._forget_transaction()

    def _on_tls(self, event: TlsAsked) -> None:  # noqa: ARG002 - the event says all by its type.
        self._begin_tls()

    def _begin_tls(self) -> None:
        context = self._lobby.certificate.context
        if context is None or self._transport is None:
            self._close()
            return
        # Nothing may reach the engine between our 220 and the handshake (RFC 3207 section 4.2).
        self._transport.pause_reading()
        self._flush()
        loop = asyncio.get_running_loop()
        self._working = loop.create_task(self._start_tls(context))
        if self._door.is_tls_from_start:
            # The task's first step asks for TLS to be told of its connection; then TLS can be told what came already.
            loop.call_soon(loop.call_soon, self._hand_over, self._transport)

    def _hand_over(self, transport: asyncio.Transport) -> None:
        """What came before we had asked for TLS, or in one piece with the PROXY header, begins the handshake."""
        hello, self._hello = self._hello, b""
        hand_over(transport, hello)

    def _on_identified(self, event: ClientIdentified) -> None:
        """XCLIENT from a trusted proxy: what follows counts as said by another peer."""
        said = event.attributes
        self._peer = Peer(
            ip=said.get("ADDR", self._peer.ip).removeprefix("IPV6:").removeprefix("IPv6:"),
            port=int(said["PORT"]) if said.get("PORT", "").isdecimal() else self._peer.port,
            name=said.get("NAME", ""),
            helo=said.get("HELO", ""),
        )
        self._ask_about_peer()

    def _on_closing(self, event: Closing) -> None:  # noqa: ARG002 - the event says all by its type.
        self._flush()
        self._close()

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
        TlsAsked: _on_tls,
        ClientIdentified: _on_identified,
        Closing: _on_closing,
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
        self._go_on_listening()

    async def _log_in(self, exchange: Exchange, response: bytes | None) -> None:
        """One step of AUTH; the transaction of later starts with what it proved."""
        answer: Reply | Connector = replies.LOGIN_UNAVAILABLE
        try:
            if self._lobby.logins is not None:
                answer = await self._lobby.logins.respond(exchange, response, self._peer.ip)
        except Unavailable as problem:
            log.error("login deferred", problem=str(problem))
        except Exception:
            metrics.BUGS.inc()
            log.exception("login deferred by a fault of ours")
        finally:
            self._working = None
        if isinstance(answer, Connector):
            self._login, answer = answer, replies.LOGGED_IN
            self._peer = replace(self._peer, is_logged_in=True)
        self._answer(answer)
        self._go_on_listening()

    async def _accept(self, buffer: Buffer) -> None:
        """Have the message decided, then tell its sender; the message is not ours before that."""
        try:
            incoming = self._arrived(self._incoming(buffer))
            reply = incoming if isinstance(incoming, Reply) else await self._decided(incoming)
        except NoRoom:
            # The disk did not take the end of a large message.
            metrics.NO_ROOM.inc()
            reply = replies.NO_ROOM
        except Unavailable as problem:
            log.error("message deferred", ip=self._peer.ip, problem=str(problem))
            reply = replies.TRY_LATER
        except Exception:
            metrics.BUGS.inc()
            log.exception("message deferred by a fault of ours", ip=self._peer.ip)
            reply = replies.TRY_LATER
        finally:
            buffer.discard()
            self._working = None
            self._forget_transaction()
        self._answer(reply)
        self._go_on_listening()

    async def _decided(self, incoming: Incoming) -> Reply:
        return await self._lobby.acceptance.answer(incoming, tuple(self._served.values()), self.has_left)

    def _arrived(self, incoming: Incoming) -> Incoming | Reply:
        """Outbound, the message as it goes on, under the policy of its sender; or what it is refused for."""
        submission, submissions = self._submission, self._lobby.submissions
        if submissions is None or submission is None:
            return incoming
        arrived = submissions.end(submission, incoming.envelope.sender, self._submitter(), incoming.content)
        if isinstance(arrived, Reply):
            metrics.SUBMISSIONS_REFUSED.inc()
            log.info("message refused to its client", client=submission.client, ip=self._peer.ip, reply=str(arrived))
            return arrived
        policy, account = arrived.submission.policy, arrived.submission.account
        self._served = {key: replace(one, policy=policy) for key, one in self._served.items()}
        return replace(incoming, client=policy.client, account=account, content=arrived.content)

    def _incoming(self, buffer: Buffer) -> Incoming:
        mail, session = self._mail, self._session
        if mail is None or session is None:
            raise AssertionError("content without a transaction")
        served = tuple(self._served.values())
        return Incoming(
            id=new_id(),
            received_at=time.time(),
            direction=self._door.direction,
            client=served[0].policy.client,
            peer=replace(self._peer, helo=session.helo or self._peer.helo, is_esmtp=session.is_esmtp),
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

    async def _start_tls(self, context: ssl.SSLContext) -> None:
        transport = self._transport
        if transport is None:
            return
        try:
            secured = await secure(transport, self, context)
        except (TimeoutError, OSError) as problem:
            metrics.TLS_FAILURES.inc()
            log.info("TLS handshake failed", ip=self._peer.ip, problem=type(problem).__name__)
            transport.abort()
            # The transport was handed over to TLS, which tells nobody of an end before the handshake's.
            self.connection_lost(problem)
            return
        finally:
            self._working = None
        if secured is None or self._session is None:
            self.connection_lost(None)
            return
        self._transport, self._certificate = secured.transport, secured.certificate
        self._peer = replace(self._peer, tls=secured.tls, helo="", is_esmtp=False)
        if self._door.is_tls_from_start:
            self._welcome()
        else:
            self._session.tls_started()
        self._forget_transaction()
        self._last_progress = time.monotonic()
        self._resume()

    def _go_on_listening(self) -> None:
        """Our own work is done: the time it took was no silence of the peer's."""
        self._last_progress = self._last_octet = time.monotonic()
        self._resume()

    # -- small things

    def _is_busy(self) -> bool:
        """Whether a message is being decided, or TLS negotiated."""
        return self._working is not None

    def has_left(self) -> bool:
        """Whether the sender is gone and will not hear our answer."""
        return self._has_left

    def _resume(self) -> None:
        if self._transport is None or self._transport.is_closing() or self._is_deaf or self._is_busy():
            return
        self._transport.resume_reading()
        self._go_on()

    def _hold_back(self) -> None:
        """A peer that sends on while its message is decided waits in its own socket buffer."""
        if (
            self._session is not None
            and self._session.unread_octets > MAX_UNREAD_OCTETS
            and self._transport is not None
        ):
            self._transport.pause_reading()

    def _flush(self) -> None:
        if self._session is not None and self._transport is not None and (octets := self._session.take_output()):
            self._transport.write(octets)
            # A command that was answered is progress, also one that the engine answers by itself.
            self._last_progress = time.monotonic()

    def _forget_transaction(self) -> None:
        self._drop_content()
        self._mail, self._served, self._submission = None, {}, None

    def _drop_content(self) -> None:
        if self._buffer is not None:
            self._buffer.discard()
            self._buffer = None

    def _peername(self) -> str:
        peername = self._transport.get_extra_info("peername") if self._transport else None
        return str(peername[0]) if peername else ""

    def _turn_away(self, reply: Reply) -> None:
        is_heard = self._peer.tls or not self._door.is_tls_from_start
        if is_heard and self._transport is not None and not self._transport.is_closing():
            self._transport.write(reply.wire)
        self._close()

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()
