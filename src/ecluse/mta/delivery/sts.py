"""Which MTA-STS policy holds for a domain now: fetched, kept, refreshed (RFC 8461 sections 3 and 5)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from ecluse.domain.dns import DnsStatus
from ecluse.domain.errors import Unavailable
from ecluse.ports.resolver import Resolver
from ecluse.ports.sts import KeptPolicy, NoPolicy, StsFetcher, StsStore
from ecluse.wire.mtasts.policy import StsPolicy, StsSyntax, parse_policy
from ecluse.wire.mtasts.record import policy_id

REFRESH_S = 86_400.0  # A policy that is older is asked for again (RFC 8461 section 3.3).
HOLD_OFF_S = 300.0  # After a failure nothing is asked for so long.
FETCH_S = 60.0  # So long a delivery waits where no policy holds (RFC 8461 section 3.3).
MAX_UNDER_WAY = 100  # Beyond that what holds is refreshed later: where none does, somebody waits.
MAX_REMEMBERED = 10_000
MAX_LINES = 30  # Of a policy, in reports.


@dataclass(frozen=True, slots=True)
class FoundPolicy:
    """What holds; neither a policy nor a fault: the domain publishes none."""

    policy: StsPolicy | None = None
    lines: tuple[str, ...] = ()
    fault: str = ""  # Why there is none though one is announced: a word of RFC 8460.
    reason: str = ""


NONE = FoundPolicy()


@dataclass(frozen=True, slots=True)
class StsPolicies:
    """Finds them."""

    resolver: Resolver
    fetcher: StsFetcher
    store: StsStore
    clock: Callable[[], float] = time.time
    _failed: dict[str, tuple[float, FoundPolicy]] = field(default_factory=dict)  # Until when nothing is asked, and why.
    _under_way: dict[str, asyncio.Task[FoundPolicy]] = field(default_factory=dict)  # By domain.

    async def find(self, domain: str) -> FoundPolicy:
        """The policy for deliveries to a domain; never raises. While one holds, its successor is fetched beside."""
        answer = await self.resolver.ask(f"_mta-sts.{domain}", "TXT")
        announced = policy_id(answer.octets) if answer.status is DnsStatus.OK else ""
        kept = self.store.find(domain)
        known = self._holding(kept)
        if not announced or (known and kept and self._is_fresh(kept, announced)):
            # Who takes the record away must not be able to take the policy away (section 10.2).
            return known or NONE
        until, failure = self._failed.get(domain, (0.0, NONE))
        if self.clock() < until:
            return known or failure
        if known and len(self._under_way) >= MAX_UNDER_WAY:
            return known
        fetching = self._under_way.get(domain) or self._begin_fetch(domain, announced)
        return known if known is not None else await asyncio.shield(fetching)

    def _begin_fetch(self, domain: str, announced: str) -> asyncio.Task[FoundPolicy]:
        """One for all who ask meanwhile; it goes on when the delivery that began it ends."""
        fetching = asyncio.get_running_loop().create_task(self._fetch(domain, announced))
        self._under_way[domain] = fetching
        fetching.add_done_callback(lambda _: self._under_way.pop(domain))
        return fetching

    def _holding(self, kept: KeptPolicy | None) -> FoundPolicy | None:
        if kept is None:
            return None
        found = _read(kept.text)
        if found.policy is None or not 0 <= self.clock() - kept.fetched_at <= found.policy.max_age_s:
            return None
        return found

    def _is_fresh(self, kept: KeptPolicy, announced: str) -> bool:
        return kept.id == announced and self.clock() - kept.fetched_at < REFRESH_S

    async def _fetch(self, domain: str, announced: str) -> FoundPolicy:
        try:
            async with asyncio.timeout(FETCH_S):
                text = await self.fetcher.fetch(domain, await self._addresses(f"mta-sts.{domain}"))
        except NoPolicy as problem:
            return self._note_failure(domain, FoundPolicy(fault=problem.word, reason=str(problem)))
        except TimeoutError:
            slow = FoundPolicy(fault="sts-policy-fetch-error", reason="its policy host takes too long")
            return self._note_failure(domain, slow)
        found = _read(text)
        if found.policy is None:
            return self._note_failure(domain, found)
        with suppress(Unavailable):  # It holds for this delivery, and is fetched again for the next.
            await asyncio.to_thread(self.store.keep, KeptPolicy(domain, announced, text, self.clock()))
        return found

    async def _addresses(self, host: str) -> tuple[str, ...]:
        answers = await asyncio.gather(*(self.resolver.ask(host, kind) for kind in ("A", "AAAA")))
        return tuple(text for answer in answers for text in answer.texts)

    def _note_failure(self, domain: str, failure: FoundPolicy) -> FoundPolicy:
        if len(self._failed) >= MAX_REMEMBERED:
            del self._failed[next(iter(self._failed))]
        self._failed[domain] = (self.clock() + HOLD_OFF_S, failure)
        return failure


def _read(text: str) -> FoundPolicy:
    try:
        policy = parse_policy(text)
    except StsSyntax as problem:
        return FoundPolicy(fault="sts-policy-invalid", reason=str(problem))
    lines = tuple(line.strip()[:200] for line in text.split("\n") if line.strip())
    return FoundPolicy(policy, lines[:MAX_LINES])
