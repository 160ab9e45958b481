"""Trying the routes of a destination in their order; one that does not answer is asked last for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from ecluse.domain.content import Content
from ecluse.domain.envelope import Envelope
from ecluse.domain.errors import Unavailable
from ecluse.domain.event import SessionEvent
from ecluse.domain.policy import Policy, Route
from ecluse.domain.reply import Reply
from ecluse.domain.route_health import RouteState, health_of
from ecluse.mta.delivery import tls_words
from ecluse.mta.delivery.connecting import NoConnection
from ecluse.mta.delivery.exchanges import Exchange
from ecluse.mta.delivery.next_hop import NextHops, Transmission
from ecluse.ports.route_healths import RouteHealths

ROUTE_REST_S = 15.0  # So long a route that did not answer is asked after the others.
MAX_RESTING = 1_000  # Beyond that those whose rest is over are forgotten: the Internet has no end of dead servers.


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No route took the transaction as far as RCPT; the spool is for that."""

    reason: str
    said: Reply | None = None  # To MAIL, by the route that gives the most hope.
    is_outage: bool = True  # No server answered at all: one that says 4xx or 5xx is up (11-2).
    route: Route | None = None  # The last that was tried.
    tls: str = ""  # As `Transmission.tls`, of that route.
    sessions: tuple[SessionEvent, ...] = ()  # As `Transmission.sessions`.


@dataclass(slots=True)
class Routes:
    """Remembers which routes do not answer, so that the others are asked first."""

    next_hops: NextHops
    healths: RouteHealths | None  # None: these are no clients' servers, and nobody looks at how they are.
    clock: Callable[[], float] = time.monotonic
    wall_clock: Callable[[], float] = time.time
    _resting: dict[Route, float] = field(default_factory=dict)

    async def transmit(
        self,
        policy: Policy,
        envelope: Envelope,
        content: Content,
        before_dot: Callable[[], None],
        patience_s: float,
    ) -> Transmission | NoAnswer:
        """The first answer that is about the message; trouble with a route leads to the next (design 6.7)."""
        deadline = self.clock() + patience_s
        answer = NoAnswer("the destination has no route")
        sessions: tuple[SessionEvent, ...] = ()
        for route in self._in_order(policy.routes):
            transmission = await self.next_hops.transmit(
                route, envelope, content, before_dot=before_dot, deadline=deadline
            )
            self._note(policy, route, *_heard(transmission))
            sessions += _session(route, transmission)
            if not transmission.is_route_trouble:
                return replace(transmission, sessions=sessions)
            reason = f"{route}: {transmission.trouble or transmission.sender_reply}"
            said = _more_hopeful(answer.said, transmission.sender_reply)
            is_outage = answer.is_outage and not transmission.is_server_up
            answer = NoAnswer(reason, said, is_outage, route, transmission.tls, sessions)
        return answer

    async def answer(self, policy: Policy, patience_s: float) -> bool:
        """Whether a server answers at one of the routes."""
        deadline = self.clock() + patience_s
        for route in self._in_order(policy.routes):
            if await self._speak(policy, route, deadline) is not RouteState.DOWN:
                return True
        return False

    async def try_all(self, policy: Policy, patience_s: float) -> int:
        """Speak with every route at once, for so long at most; at how many a server takes mail."""
        deadline = self.clock() + patience_s
        states = await asyncio.gather(*(self._speak(policy, route, deadline) for route in policy.routes))
        return states.count(RouteState.UP)

    async def _speak(self, policy: Policy, route: Route, deadline: float) -> RouteState:
        trouble = await self.next_hops.trouble_with(route, deadline=deadline)
        state = _state_of(trouble)
        self._note(policy, route, state, str(trouble or ""))
        return state

    def _note(self, policy: Policy, route: Route, state: RouteState, said: str) -> None:
        if state is RouteState.DOWN:
            self._rest(route)
        else:
            self._resting.pop(route, None)
        if self.healths is None or not policy.client:  # The smart host is nobody's domain: no page shows it.
            return
        # It is for people to look at: mail goes on without.
        with suppress(Unavailable):
            self.healths.note(health_of(policy.domain, route, state, self.wall_clock(), said))

    def _rest(self, route: Route) -> None:
        now = self.clock()
        if len(self._resting) >= MAX_RESTING:
            self._resting = {one: until for one, until in self._resting.items() if until > now}
        self._resting[route] = now + ROUTE_REST_S

    def _in_order(self, routes: tuple[Route, ...]) -> list[Route]:
        """As written, those that rest last: when all do, they are asked nevertheless."""
        now = self.clock()
        return sorted(routes, key=lambda route: self._resting.get(route, now) > now)


def _session(route: Route, transmission: Transmission) -> tuple[SessionEvent, ...]:
    """The session that was begun with an exchange; that it took no mail, or took it in the clear, is no matter here."""
    if not isinstance(route, Exchange) or not transmission.tls:
        return ()
    reason = transmission.trouble if transmission.tls != tls_words.ENCRYPTED else ""
    session = route.demand.session(route.host, route.address, transmission.tls, reason)
    return (replace(session, source=route.source.address) if route.source else session,)


def _state_of(trouble: NoConnection | None) -> RouteState:
    if trouble is None:
        return RouteState.UP
    return RouteState.DOWN if trouble.said is None else RouteState.TURNS_AWAY


def _heard(transmission: Transmission) -> tuple[RouteState, str]:
    """What a transaction says about the server, and its words."""
    if not transmission.is_route_trouble:
        return RouteState.UP, ""
    said = transmission.turned_away or transmission.sender_reply
    if said is None:
        return RouteState.DOWN, transmission.trouble
    return RouteState.TURNS_AWAY, str(said)


def _more_hopeful(before: Reply | None, now: Reply | None) -> Reply | None:
    """A server that may take the message later outweighs one that never will."""
    if before is None or (before.is_permanent and now is not None):
        return now
    return before
