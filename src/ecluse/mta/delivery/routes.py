"""Trying the routes of a destination in their order; one that does not answer is asked last for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ecluse.domain.content import Content
from ecluse.domain.envelope import Envelope
from ecluse.domain.policy import Route
from ecluse.domain.reply import Reply
from ecluse.mta.delivery.next_hop import NextHops, Transmission

ROUTE_REST_S = 15.0  # So long a route that did not answer is asked after the others.


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No route took the transaction as far as RCPT; the spool is for that."""

    reason: str
    said: Reply | None = None  # To MAIL, by the route that gives the most hope.
    is_outage: bool = True  # No server answered at all: one that says 4xx or 5xx is up (11-2).
    route: Route | None = None  # The last that was tried.
    tls: str = ""  # As `Transmission.tls`, of that route.


@dataclass(slots=True)
class Routes:
    """Remembers which routes do not answer, so that the others are asked first."""

    next_hops: NextHops
    clock: Callable[[], float] = time.monotonic
    _resting: dict[Route, float] = field(default_factory=dict)

    async def transmit(
        self,
        routes: tuple[Route, ...],
        envelope: Envelope,
        content: Content,
        before_dot: Callable[[], None],
        patience_s: float,
    ) -> Transmission | NoAnswer:
        """The first answer that is about the message; trouble with a route leads to the next (design 6.7)."""
        deadline = self.clock() + patience_s
        answer = NoAnswer("the destination has no route")
        for route in self._in_order(routes):
            transmission = await self.next_hops.transmit(
                route, envelope, content, before_dot=before_dot, deadline=deadline
            )
            self._note(route, is_up=transmission.is_server_up)
            if not transmission.is_route_trouble:
                return transmission
            reason = f"{route}: {transmission.trouble or transmission.sender_reply}"
            said = _more_hopeful(answer.said, transmission.sender_reply)
            is_outage = answer.is_outage and not transmission.is_server_up
            answer = NoAnswer(reason, said, is_outage, route, transmission.tls)
        return answer

    async def answer(self, routes: tuple[Route, ...], patience_s: float) -> bool:
        """Whether a server answers at one of the routes."""
        deadline = self.clock() + patience_s
        for route in self._in_order(routes):
            is_up = await self.next_hops.is_up(route, deadline=deadline)
            self._note(route, is_up=is_up)
            if is_up:
                return True
        return False

    def _note(self, route: Route, *, is_up: bool) -> None:
        if is_up:
            self._resting.pop(route, None)
        else:
            self._resting[route] = self.clock() + ROUTE_REST_S

    def _in_order(self, routes: tuple[Route, ...]) -> list[Route]:
        """As written, those that rest last: when all do, they are asked nevertheless."""
        now = self.clock()
        return sorted(routes, key=lambda route: self._resting.get(route, now) > now)


def _more_hopeful(before: Reply | None, now: Reply | None) -> Reply | None:
    """A server that may take the message later outweighs one that never will."""
    if before is None or (before.is_permanent and now is not None):
        return now
    return before
