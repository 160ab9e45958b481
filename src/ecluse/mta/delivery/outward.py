"""Outbound mail on its way out: by the one configured route, or to the exchanges of each recipient's domain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ecluse.domain.content import Content
from ecluse.domain.policy import Policy
from ecluse.domain.queue import SMART_HOST, QueuedMessage, parts_of
from ecluse.mta.delivery.attempt import Outcome, attempt, turned_down
from ecluse.mta.delivery.demands import NOT_ALLOWED, Demands, told
from ecluse.mta.delivery.exchanges import Exchanges, NoExchange
from ecluse.mta.delivery.providers import provider_of
from ecluse.mta.delivery.routes import Routes
from ecluse.ports.policies import Policies


@dataclass(frozen=True, slots=True)
class Outward:
    """Attempts outbound messages."""

    routes: Routes
    exchanges: Exchanges
    demands: Demands
    policies: Policies
    smart_host: Policy | None  # None: by MX.

    async def attempt(self, message: QueuedMessage, content: Content) -> Outcome:
        """Try all waiting recipients once; what waits since there was a smart host may have several domains."""
        if self.smart_host is not None:
            return await attempt(message, content, self.smart_host, self.routes)
        outcomes = [await self._attempt(part, content) for part in parts_of(message)]
        return outcomes[0] if message.destination != SMART_HOST else _together(outcomes)

    async def _attempt(self, part: QueuedMessage, content: Content) -> Outcome:
        is_ours = self.policies.domain(part.destination) is not None
        try:
            found = await self.exchanges.of(part.destination, is_ours=is_ours)
        except NoExchange as none:
            return turned_down(part, none.reply)
        demanded = await self.demands.of(part.destination, found)
        if not demanded.exchanges:
            outcome = turned_down(part, replace(NOT_ALLOWED, text=f"{NOT_ALLOWED.text}: {told(demanded.sessions)}"))
        else:
            way = Policy(client=part.client, domain=part.destination, routes=demanded.exchanges)
            outcome = await attempt(part, content, way, self.routes)
            outcome = replace(outcome, provider=provider_of(demanded.exchanges[0].host))
        return replace(outcome, sessions=demanded.sessions + outcome.sessions)

    def policy(self, destination: str) -> Policy | None:
        """Of a destination whose being out of reach concerns the provider: the smart host."""
        return self.smart_host if destination == SMART_HOST else None


def _together(outcomes: list[Outcome]) -> Outcome:
    """None of them says anything about a smart host."""
    last = outcomes[-1]
    return Outcome(
        delivered=_joined(one.delivered for one in outcomes),
        failed=_joined(one.failed for one in outcomes),
        deferred=_joined(one.deferred for one in outcomes),
        is_outage=False,
        reports_success=all(one.reports_success for one in outcomes),
        route=last.route,
        tls=last.tls,
        sessions=tuple(each for one in outcomes for each in one.sessions),
    )


def _joined(parts: Iterable[dict[str, str]]) -> dict[str, str]:
    return {key: text for part in parts for key, text in part.items()}
