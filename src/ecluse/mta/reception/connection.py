"""One sending server's connection: greeting, time, TLS, and octets to the SMTP engine of its dialogue."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Coroutine
from typing import Any, cast

import structlog

from ecluse.domain.errors import Unavailable
from ecluse.domain.peer import Peer
from ecluse.domain.reply import Reply
from ecluse.mta import metrics
from ecluse.mta.reception import answers
from ecluse.mta.reception.dialogue import Dialogue
from ecluse.mta.reception.handshake import hand_over, secure
from ecluse.mta.reception.lobby import Lobby
from ecluse.wire.smtp import proxy, replies
from ecluse.wire.smtp.events import Closing, ContentPiece, Event, TlsAsked

log = structlog.get_logger()

PROXY_HEADER_TIMEOUT_S = 10.0
LOOPBACK = frozenset({"127.0.0.1", "::1"})  # Never counted: it is our own.
FAREWELL_S = 30.0  # So long a peer may take to read our last words.
MAX_UNREAD_OCTETS = 65_536  # More than this from a peer that does not wait for answers: stop reading.


class Connection(asyncio.Protocol):
    """From the first octet to the last."""

    def __init__(self, lobby: Lobby) -> None:
        self._lobby = lobby
        self._door = lobby.door
        self._dialogue: Dialogue | None = None  # Once the peer is known.
        self._transport: asyncio.Transport | None = None
        self._prologue: bytearray | None = None  # Octets of a PROXY header that is not complete yet.
        self._greeting: asyncio.TimerHandle | None = None
        self._tally = ""
        self._hello = b""  # The beginning of a TLS handshake.
        self._working: asyncio.Task[None] | None = None  # Asks for a place, or negotiates TLS.
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
        elif self._door.is_tls_from_start and not self._is_tls:
            self._hello += data
            self._hear_nothing_yet()
        elif self._greeting is not None:
            self._speaks_early()
        elif self._dialogue is not None:
            self._dialogue.session.feed(data)
            self._go_on()

    def eof_received(self) -> bool:
        """A peer that has closed its sending side still hears the answer to its message."""
        is_tls = self._dialogue is not None and self._dialogue.session.is_tls
        self._has_ended = True
        return self._is_busy() and not is_tls

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
        if self._dialogue is not None and not self._is_busy():
            self._dialogue.forget_transaction()

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
        if self._dialogue is not None and not (self._is_busy() or self._dialogue.is_in_transaction):
            self._turn_away(replies.SHUTTING_DOWN)

    def _give_up_late_farewell(self, now: float) -> None:
        """A peer that does not read our last words would keep its place for ever."""
        self._closing_since = self._closing_since or now
        if self._transport is not None and now - self._closing_since > FAREWELL_S:
            self._transport.abort()

    def _is_late(self, now: float) -> bool:
        door, dialogue = self._door, self._dialogue
        if self._prologue is not None:
            return now - self._began > PROXY_HEADER_TIMEOUT_S
        if now - self._began > door.session_timeout_s:
            return True
        if dialogue is None or not dialogue.session.is_in_content:
            return now - self._last_progress > door.command_timeout_s
        if now - self._last_octet > door.data_timeout_s:
            return True
        fair_share_s = door.data_timeout_s + dialogue.session.content_octets / door.min_octets_per_s
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
        if not self._has_a_way_in(peer):
            self._turn_away(answers.NOT_TRUSTED)
            return
        dialogue = self._dialogue = Dialogue(self._lobby, peer, self._go_on_listening, self.has_left)
        if not door.max_connections_per_ip or peer.ip in LOOPBACK:
            self._welcome(dialogue)
            return
        key = f"ip:{peer.ip}"
        has_place = self._lobby.tallies.enter(key, door.max_connections_per_ip)
        if isinstance(has_place, bool):
            self._admit_peer(dialogue, key, has_place=has_place)
        else:
            # What the peer says meanwhile waits in the engine.
            self._working = asyncio.get_running_loop().create_task(self._wait_for_place(dialogue, key, has_place))

    def _has_a_way_in(self, peer: Peer) -> bool:
        """Whether it may be a client's: without TLS nobody can log in, and only its address can tell."""
        lobby = self._lobby
        return lobby.submissions is None or lobby.certificate.context is not None or lobby.submissions.is_known(peer.ip)

    async def _wait_for_place(self, dialogue: Dialogue, key: str, asked: Coroutine[Any, Any, bool]) -> None:
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
        self._admit_peer(dialogue, key, has_place=has_place)
        if self._greeting is not None and dialogue.session.unread_octets:
            self._speaks_early()
        else:
            self._resume()

    def _admit_peer(self, dialogue: Dialogue, key: str, *, has_place: bool) -> None:
        if not has_place:
            self._dialogue = None
            self._turn_away(replies.TOO_MANY_CONNECTIONS)
            return
        self._tally = key
        self._welcome(dialogue)

    def _welcome(self, dialogue: Dialogue) -> None:
        """Greet at once, or wait whether the peer can wait."""
        if self._door.is_tls_from_start and not self._is_tls:
            self._begin_tls()
            return
        wait_s = self._door.early_talk_wait_s
        self._lobby.ask_about(dialogue.peer)
        if wait_s and dialogue.peer.ip not in self._lobby.patient:
            self._greeting = asyncio.get_running_loop().call_later(wait_s, self._greet, dialogue)
        else:
            self._greet(dialogue)

    def _greet(self, dialogue: Dialogue) -> None:
        if self._greeting is not None:
            self._greeting = None
            self._lobby.patient[dialogue.peer.ip] = time.monotonic()
        dialogue.session.greet()
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
        dialogue = self._dialogue
        if dialogue is None or self._is_busy():
            self._hold_back()
            return
        while (event := None if self._is_busy() or self._is_deaf else dialogue.session.next_event()) is not None:
            if not isinstance(event, ContentPiece):
                self._last_progress = self._last_octet
            self._play(dialogue, event)
        self._flush()
        if self._has_ended and not self._is_busy():
            self._close()
        elif self._is_draining:
            self.drain()

    def _play(self, dialogue: Dialogue, event: Event) -> None:
        """The border of the dialogue: trouble of ours defers the command and never ends the worker."""
        try:
            match event:
                case TlsAsked():
                    self._begin_tls()
                case Closing():
                    self._flush()
                    self._close()
                case _:
                    dialogue.play(event)
        except Unavailable as problem:
            log.error("command deferred", event=type(event).__name__, problem=str(problem))
            dialogue.session.answer(replies.TRY_LATER)
        except Exception:
            metrics.BUGS.inc()
            log.exception("connection ended by a fault of ours", event=type(event).__name__)
            dialogue.session.hang_up(replies.SHUTTING_DOWN)

    # -- TLS

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

    async def _start_tls(self, context: ssl.SSLContext) -> None:
        transport, dialogue = self._transport, self._dialogue
        if transport is None or dialogue is None:
            return
        try:
            secured = await secure(transport, self, context)
        except (TimeoutError, OSError) as problem:
            metrics.TLS_FAILURES.inc()
            log.info("TLS handshake failed", ip=dialogue.peer.ip, problem=type(problem).__name__)
            transport.abort()
            # The transport was handed over to TLS, which tells nobody of an end before the handshake's.
            self.connection_lost(problem)
            return
        finally:
            self._working = None
        if secured is None:
            self.connection_lost(None)
            return
        self._transport = secured.transport
        dialogue.secured(secured.tls, secured.certificate)
        if self._door.is_tls_from_start:
            self._welcome(dialogue)
        else:
            dialogue.session.tls_started()
        self._last_progress = time.monotonic()
        self._resume()

    def _go_on_listening(self) -> None:
        """Our own work is done: the time it took was no silence of the peer's."""
        self._last_progress = self._last_octet = time.monotonic()
        self._resume()

    # -- small things

    @property
    def _is_tls(self) -> bool:
        return self._dialogue is not None and bool(self._dialogue.peer.tls)

    def _is_busy(self) -> bool:
        """Whether a message is being decided, or TLS negotiated."""
        return self._working is not None or (self._dialogue is not None and self._dialogue.is_busy)

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
        unread = self._dialogue.session.unread_octets if self._dialogue is not None else 0
        if unread > MAX_UNREAD_OCTETS and self._transport is not None:
            self._transport.pause_reading()

    def _flush(self) -> None:
        dialogue, transport = self._dialogue, self._transport
        if dialogue is not None and transport is not None and (octets := dialogue.session.take_output()):
            transport.write(octets)
            # A command that was answered is progress, also one that the engine answers by itself.
            self._last_progress = time.monotonic()

    def _peername(self) -> str:
        peername = self._transport.get_extra_info("peername") if self._transport else None
        return str(peername[0]) if peername else ""

    def _turn_away(self, reply: Reply) -> None:
        is_heard = self._is_tls or not self._door.is_tls_from_start
        if is_heard and self._transport is not None and not self._transport.is_closing():
            self._transport.write(reply.wire)
        self._close()

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()
