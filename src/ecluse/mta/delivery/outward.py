"""Outbound mail on its way out: by the one configured route, or to the exchanges of each recipient's domain."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from ecluse.domain.content import Content
from ecluse.domain.detour import Detour
from ecluse.domain.policy import Policy
from ecluse.domain.queue import SMART_HOST, QueuedMessage, parts_of
from ecluse.mta.delivery.attempt import Outcome, attempt, turned_down
from ecluse.mta.delivery.demands import NOT_ALLOWED, Demands, told
from ecluse.mta.delivery.exchanges import Exchange, Exchanges, NoExchange
from ecluse.mta.delivery.providers import provider_of
from ecluse.mta.delivery.routes import Routes
from ecluse.mta.delivery.sources import Sources
from ecluse.mta.return_paths import ReturnPaths
from ecluse.ports.detours import Detours
from ecluse.ports.policies import Policies


@dataclass(frozen=True, slots=True)
class Outward:
    """Attempts outbound messages."""

    routes: Routes
    exchanges: Exchanges
    demands: Demands
    policies: Policies
    smart_host: Policy | None  # None: by MX.
    sources: Sources | None = None  # None: the system chooses where connections leave from.
    detours: Detours | None = None  # None: there are none.
    return_paths: ReturnPaths | None = None  # None: senders stay as they are.
    clock: Callable[[], float] = time.time

    def parts(self, message: QueuedMessage) -> tuple[QueuedMessage, ...]:
        """What is attempted, and recorded, by itself: what waits since there was a smart host may have several domains."""
        if self.smart_host is not None or message.destination != SMART_HOST:
            return (message,)
        return tuple(replace(part, id=message.id) for part in parts_of(message))

    async def attempt(self, part: QueuedMessage, content: Content) -> Outcome:
        """Try all waiting recipients once. Raises `Unavailable`."""
        part = self.return_paths.sign(part) if self.return_paths else part
        detour = self.detour(part.client, part.destination)
        if detour is not None:
            outcome = await attempt(part, content, Policy("", part.destination, routes=(detour.route,)), self.routes)
            return replace(outcome, provider=provider_of(detour.host))
        if self.smart_host is not None:
            return await attempt(part, content, self.smart_host, self.routes)
        return await self._attempt(part, content)

    async def _attempt(self, part: QueuedMessage, content: Content) -> Outcome:
        is_ours = self.policies.domain(part.destination) is not None
        try:
            found = await self.exchanges.of(part.destination, is_ours=is_ours)
            found = self.sources.bind(part, found) if self.sources else found
        except NoExchange as none:
            return turned_down(part, none.reply)
        if part.is_tls_optional:
            return await self._attempt_by_any_means(part, content, found)
        demanded = await self.demands.of(part.destination, found)
        if not demanded.exchanges:
            outcome = turned_down(part, replace(NOT_ALLOWED, text=f"{NOT_ALLOWED.text}: {told(demanded.sessions)}"))
        else:
            way = Policy(client=part.client, domain=part.destination, routes=demanded.exchanges)
            outcome = await attempt(part, content, way, self.routes)
            outcome = replace(outcome, provider=provider_of(demanded.exchanges[0].host))
        return replace(outcome, sessions=demanded.sessions + outcome.sessions)

    async def _attempt_by_any_means(
        self, part: QueuedMessage, content: Content, found: tuple[Exchange, ...]
    ) -> Outcome:
        """What tells a domain that TLS fails must reach it, and is no session to be told of."""
        way = Policy(client=part.client, domain=part.destination, routes=found)
        outcome = await attempt(part, content, way, self.routes)
        return replace(outcome, provider=provider_of(found[0].host), tls="", sessions=())

    def detour(self, client: str, destination: str) -> Detour | None:
        """The way that a person has ordered for this mail, for now. Raises `Unavailable`."""
        return self.detours.find(client, destination, self.clock()) if self.detours else None

    def policy(self, destination: str) -> Policy | None:
        """Of a destination whose being out of reach concerns the provider: the smart host."""
        return self.smart_host if destination == SMART_HOST else None
