"""Asking the client's own server whether an address exists, for clients who keep no list with us (design 6.3).

Whatever goes wrong, the address is taken: its server then decides about the message itself. Only a clear no from a
server that is known to say yes to others turns a recipient away.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from ecluse.domain.address import Address
from ecluse.domain.policy import Policy, Route
from ecluse.domain.reply import Reply

_Answer: TypeAlias = tuple[Route, Reply] | None  # Who answered what; None: nobody did.
Ask = Callable[[Route, Address, float], Awaitable[Reply | None]]  # `deadline` on the monotonic clock.

MAX_ANSWERS = 100_000  # Remembered, in one worker.
MAX_DOMAINS = 10_000


@dataclass(frozen=True, slots=True)
class CalloutLimits:
    """How long answers hold, and how much a client's server is asked by one worker."""

    positive_s: float = 4 * 3_600.0
    negative_s: float = 900.0
    silent_s: float = 60.0  # A server that did not answer is left alone for so long.
    patience_s: float = 10.0  # So long the sender waits at RCPT.
    per_domain: int = 4  # Questions at once.
    per_domain_s: float = 20.0  # Questions a second, in the long run.
    burst: int = 100  # Above that, for a moment.


class Existence(Enum):
    """What is known about an address."""

    FOUND = "found"  # Its server takes it, and turns away a name that nobody has.
    TAKEN = "taken"  # Its server takes it, or it cannot be told.
    UNKNOWN = "unknown"  # Its server says that there is none.
    TOO_MANY = "too many"  # Its server was asked so much that it must be spared.


@dataclass(slots=True)
class _Server:
    """What is known of the servers of one domain."""

    slots: asyncio.Semaphore
    allowance: float
    counted_at: float
    silent_until: float = 0.0
    takes_all_until: float = 0.0
    takes_some_until: float = 0.0  # It has said yes to somebody, so that its no can be believed.
    refuses_strangers_until: float = 0.0  # It has said no to a name that nobody has, so that its yes can.
    tells_apart: Route | None = None  # Which of them said that no, where the no was about the name.

    def has_found(self, route: Route, now: float) -> bool:
        """Whether a yes of this one means that the address exists; another one may say it to everybody."""
        return self.takes_all_until <= now < self.refuses_strangers_until and route == self.tells_apart


@dataclass(slots=True)
class Callout:
    """Answers from memory where it can; each question is asked once, however many wait for it."""

    ask: Ask
    limits: CalloutLimits = field(default_factory=CalloutLimits)
    clock: Callable[[], float] = time.monotonic
    _answers: OrderedDict[str, tuple[Existence, float]] = field(default_factory=OrderedDict)
    _servers: OrderedDict[str, _Server] = field(default_factory=OrderedDict)
    _under_way: dict[str, asyncio.Task[Existence]] = field(default_factory=dict)

    def known(self, policy: Policy, address: Address) -> Existence | None:
        """The answer, where nobody needs to be asked; None where `find` would ask."""
        now = self.clock()
        found = self._answers.get(address.key)
        server = self._server(policy.domain)
        if found is not None and found[1] > now:
            # By now it may say yes to everybody.
            has_lapsed = found[0] is Existence.FOUND and now < server.takes_all_until
            return Existence.TAKEN if has_lapsed else found[0]
        return Existence.TAKEN if now < max(server.takes_all_until, server.silent_until) else None

    async def find(self, policy: Policy, address: Address) -> Existence:
        """The answer, from the client's server if need be; within `patience_s`."""
        known = self.known(policy, address)
        if known is not None:
            return known
        task = self._under_way.get(address.key)
        if task is None:
            server = self._server(policy.domain)
            if not self._may_ask(server):
                return Existence.TOO_MANY
            task = self._under_way[address.key] = asyncio.create_task(self._find(policy, address, server))
            task.add_done_callback(lambda _: self._under_way.pop(address.key, None))
        # Whoever leaves does not end the question for the others.
        return await asyncio.shield(task)

    async def close(self) -> None:
        """End what is under way."""
        tasks = tuple(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _find(self, policy: Policy, address: Address, server: _Server) -> Existence:
        deadline = self.clock() + self.limits.patience_s
        try:
            async with asyncio.timeout(self.limits.patience_s), server.slots:
                answer = await self._answer(policy, address, deadline)
                return await self._weigh(policy, address, server, answer, deadline)
        except TimeoutError:
            return self._cannot_tell(server)

    async def _weigh(
        self, policy: Policy, address: Address, server: _Server, answer: _Answer, deadline: float
    ) -> Existence:
        if answer is None:
            return self._cannot_tell(server)
        route, reply = answer
        if reply.is_positive:
            return await self._believe_yes(policy, address, server, route, deadline)
        if says_unknown(reply):
            return await self._believe_no(policy, address, server, deadline)
        return self._keep(address, Existence.TAKEN, self.limits.silent_s)

    async def _believe_yes(
        self, policy: Policy, address: Address, server: _Server, route: Route, deadline: float
    ) -> Existence:
        """A server that says yes to a name that nobody has says it to everybody."""
        now = self.clock()
        server.takes_some_until = now + self.limits.positive_s
        if now >= server.refuses_strangers_until:
            await self._try_stranger(policy, server, now, deadline)
        existence = Existence.FOUND if server.has_found(route, now) else Existence.TAKEN
        return self._keep(address, existence, self.limits.positive_s)

    async def _try_stranger(self, policy: Policy, server: _Server, now: float, deadline: float) -> None:
        answer = await self._answer(policy, Address(f"no-such-user-{secrets.token_hex(8)}", policy.domain), deadline)
        if answer is None:
            return
        route, reply = answer
        if reply.is_positive:
            server.takes_all_until = now + self.limits.positive_s
        elif reply.is_permanent:
            server.refuses_strangers_until = now + self.limits.positive_s
            server.tells_apart = route if says_unknown(reply) else None

    async def _believe_no(self, policy: Policy, address: Address, server: _Server, deadline: float) -> Existence:
        """A server that says no to everybody is set up wrongly, and the client's mail must not die of it."""
        if self.clock() >= server.takes_some_until:
            # RFC 5321 section 4.5.1: every domain that takes mail has one.
            witness = await self._answer(policy, Address("postmaster", policy.domain), deadline)
            if witness is None or not witness[1].is_positive:
                return self._cannot_tell(server)
            server.takes_some_until = self.clock() + self.limits.positive_s
        return self._keep(address, Existence.UNKNOWN, self.limits.negative_s)

    def _cannot_tell(self, server: _Server) -> Existence:
        """Nobody waits for this server again for a while."""
        server.silent_until = self.clock() + self.limits.silent_s
        return Existence.TAKEN

    async def _answer(self, policy: Policy, address: Address, deadline: float) -> _Answer:
        """Of the first route that answers at all."""
        for route in policy.routes:
            reply = await self.ask(route, address, deadline)
            if reply is not None:
                return route, reply
        return None

    def _may_ask(self, server: _Server) -> bool:
        now, limits = self.clock(), self.limits
        earned = (now - server.counted_at) * limits.per_domain_s
        server.allowance, server.counted_at = min(server.allowance + earned, limits.burst), now
        if server.allowance < 1:
            return False
        server.allowance -= 1
        return True

    def _server(self, domain: str) -> _Server:
        server = self._servers.get(domain)
        if server is None:
            slots = asyncio.Semaphore(self.limits.per_domain)
            server = self._servers[domain] = _Server(slots, float(self.limits.burst), self.clock())
            if len(self._servers) > MAX_DOMAINS:
                self._servers.popitem(last=False)
        return server

    def _keep(self, address: Address, answer: Existence, seconds: float) -> Existence:
        self._answers.pop(address.key, None)
        self._answers[address.key] = (answer, self.clock() + seconds)
        if len(self._answers) > MAX_ANSWERS:
            self._answers.popitem(last=False)
        return answer


def says_unknown(reply: Reply) -> bool:
    """Whether a 5xx to RCPT is about the address; others are about us, or about a mailbox that exists.

    RFC 3463 section 3.2: X.1.x is about addresses; X.2.1, a mailbox that is disabled for good, comes near it.
    """
    if not reply.is_permanent:
        return False
    if reply.detail:
        return reply.detail in {"1.1", "1.2", "1.3", "1.6", "1.10", "2.1", "0.0"} and reply.code != 552
    return reply.code in {550, 551, 553}
