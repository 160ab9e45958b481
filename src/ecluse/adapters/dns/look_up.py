"""One question under way: asked again, of another server or by TCP, until it is answered or its time is over."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from ecluse.adapters.dns import wire
from ecluse.adapters.dns.name_server import Channel, NameServer
from ecluse.domain.dns import Answer, DnsStatus

# Shares of the deadline that one try may take: the first is short, because a lost packet is the usual trouble.
TRY_SHARES = (0.2, 0.3, 0.5)
RANDOM_OCTETS = 258  # Two for the id, one for the socket, the rest for the case of a name's letters.

Done = Callable[[Answer], None]


class LookUp:
    """A question and its tries. The answer to an earlier try is still taken while a later one waits."""

    __slots__ = (
        "_best",
        "_deadline",
        "_done",
        "_has_edns",
        "_has_ended",
        "_kind",
        "_loop",
        "_name",
        "_open",
        "_order",
        "_server",
        "_tcp",
        "_timer",
        "_tries",
        "_try_s",
        "waiters",
    )

    def __init__(self, name: bytes, kind: str, order: list[NameServer], deadline_s: float, done: Done) -> None:
        """`order` names the servers, the best first; `done` hears the answer once, at the latest after `deadline_s`."""
        self.waiters: list[asyncio.Future[Answer]] = []
        self._name, self._kind, self._order, self._done = name, kind, order, done
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + deadline_s
        self._try_s = [share * deadline_s for share in TRY_SHARES]
        self._tries = 0
        self._has_edns = True
        self._has_ended = False
        self._open: list[tuple[Channel, bytes]] = []
        self._server = order[0]
        self._timer: asyncio.TimerHandle | None = None
        self._tcp: asyncio.Task[None] | None = None
        # What is said when no server gives an answer: the last trouble that one told of.
        self._best = Answer(DnsStatus.TIMEOUT)

    def start(self) -> None:
        """Send the first packet; `done` may be called before this returns."""
        self._try_next()

    def give_up(self) -> None:
        """End now, with what is known."""
        self._end(self._best)

    def _try_next(self) -> None:
        """Ask the next server; those that can be seen not to work cost no time."""
        while self._tries < max(len(TRY_SHARES), len(self._order)):
            self._server = self._order[self._tries % len(self._order)]
            self._tries += 1
            if self._send():
                allowed = self._try_s[min(self._tries, len(self._try_s)) - 1]
                due = min(self._loop.time() + allowed, self._deadline)
                self._set_timer(due)
                return
            self._server.failed()
        self._end(self._best)

    def _send(self) -> bool:
        bits = os.urandom(RANDOM_OCTETS)
        question = wire.mix_case(wire.encode_question(self._name, self._kind), bits[3:])
        query_id = bits[:2]
        query = wire.encode_query(query_id, question, has_edns=self._has_edns)
        server = self._server

        def received(packet: bytes) -> bool:
            return self._received(packet, question, server)

        def broken() -> None:
            self._broken(server)

        try:
            channel = server.channel(bits[2])
            # An id that is taken comes once in 65,536 questions: the next try draws another.
            if not channel.ask(query, received, broken):
                return False
        except OSError:
            return False
        self._open.append((channel, query_id))
        return True

    def _received(self, packet: bytes, question: bytes, server: NameServer) -> bool:
        reply = wire.decode(packet, question, self._kind)
        if reply is None:
            return False
        server.answered()
        if reply.is_truncated:
            self._ask_by_tcp(question, server)
        elif reply.dislikes_edns and self._has_edns:
            self._has_edns = False
            self._tries -= 1
            self._try_next()
        else:
            self._take(reply.answer, server)
        return True

    def _take(self, answer: Answer, server: NameServer) -> None:
        if not answer.is_temporary:
            # Only a resolver on this machine is believed about DNSSEC: nobody stands between it and us.
            self._end(answer if server.is_local else wire.without_authentication(answer))
            return
        self._best = answer
        if self._tries < len(self._order):
            self._try_next()
        else:
            # All servers have been asked; asking one again would bring the same.
            self._end(answer)

    def _broken(self, server: NameServer) -> None:
        server.failed()
        # Two tries may have shared the socket that broke: the first to hear of it may have ended the question.
        if server is self._server and self._tcp is None and not self._has_ended:
            self._try_next()

    def _timed_out(self) -> None:
        self._timer = None
        if self._tcp is None:
            self._server.failed()
        if self._loop.time() >= self._deadline - 0.001:
            self._end(self._best)
        elif self._tcp is not None:
            self._set_timer(self._deadline)
        else:
            self._try_next()

    def _set_timer(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._timed_out)

    def _ask_by_tcp(self, question: bytes, server: NameServer) -> None:
        if self._tcp is None:
            self._tcp = self._loop.create_task(self._converse(question, server))

    async def _converse(self, question: bytes, server: NameServer) -> None:
        query = wire.encode_query(os.urandom(2), question, has_edns=self._has_edns)
        try:
            packet = await server.ask_by_tcp(query)
        except (OSError, EOFError):
            packet = b""
        reply = None
        if packet[:2] == query[:2]:
            # A connection proves the sender, so the case of the letters proves nothing more.
            reply = wire.decode(packet, question, self._kind, checks_case=False)
        self._tcp = None
        self._take(reply.answer if reply and not reply.is_truncated else Answer(DnsStatus.SERVFAIL), server)

    def _end(self, answer: Answer) -> None:
        self._has_ended = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._tcp is not None:
            self._tcp.cancel()
            self._tcp = None
        for channel, query_id in self._open:
            channel.forget(query_id)
        self._open.clear()
        self._done(answer)
