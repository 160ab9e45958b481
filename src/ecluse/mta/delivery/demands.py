"""Which demands hold for the servers of a domain: DANE where DNSSEC proves it, else MTA-STS (RFC 7672, RFC 8461)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ecluse.domain.event import SessionEvent
from ecluse.domain.policy import Tls
from ecluse.domain.reply import Reply
from ecluse.mta.delivery import tls_words
from ecluse.mta.delivery.demand import DANE, NOTHING, STS, Demand
from ecluse.mta.delivery.exchanges import Exchange
from ecluse.mta.delivery.sts import NONE, FoundPolicy, StsPolicies
from ecluse.mta.delivery.tlsa_records import FoundTlsa, find_tlsa
from ecluse.ports.resolver import Resolver
from ecluse.wire.mtasts.policy import StsMode, StsPolicy, fits_any

MAX_PATTERNS = 20  # Of one policy that a report quotes.

NOT_ALLOWED = Reply(450, "7.5", "no server of the domain may be delivered to by its own policy")


@dataclass(frozen=True, slots=True)
class Demanded:
    """The servers that may be tried, each with its demand; and what is to be reported already."""

    exchanges: tuple[Exchange, ...]
    sessions: tuple[SessionEvent, ...] = ()


class _Skipped(Exception):
    """This server may not be tried."""

    def __init__(self, session: SessionEvent) -> None:
        super().__init__(session.reason)
        self.session = session


@dataclass(frozen=True, slots=True)
class Demands:
    """Asks for them."""

    resolver: Resolver
    sts: StsPolicies | None  # None: MTA-STS is not looked at.
    uses_dane: bool = True

    async def of(self, domain: str, found: tuple[Exchange, ...]) -> Demanded:
        """`found` without those that may not be tried."""
        hosts = {each.host: each for each in found}
        danes = asyncio.gather(*(self._tlsa(each) for each in hosts.values()))
        sts, proven = await self._sts(domain), dict(zip(hosts, await danes, strict=True))
        sessions = [_fetch_fault(sts)] if sts.fault else []
        demands: dict[str, Demand] = {}
        for host in hosts:
            try:
                demands[host] = _demand(host, proven[host], sts)
            except _Skipped as skipped:
                sessions.append(skipped.session)
        return Demanded(
            tuple(replace(each, tls=demand.tls, demand=demand) for each in found if (demand := demands.get(each.host))),
            tuple(sessions),
        )

    async def _sts(self, domain: str) -> FoundPolicy:
        # An address literal publishes nothing.
        return NONE if self.sts is None or domain.startswith("[") else await self.sts.find(domain)

    async def _tlsa(self, exchange: Exchange) -> FoundTlsa | None:
        return await find_tlsa(self.resolver, exchange) if self.uses_dane else FoundTlsa()


def _demand(host: str, tlsa: FoundTlsa | None, sts: FoundPolicy) -> Demand:
    if tlsa is None:
        raise _Skipped(SessionEvent(host, "dnssec-invalid", policy=DANE, reason="its TLSA records cannot be asked for"))
    if tlsa.records:
        return _by_dane(tlsa)
    return _by_sts(host, sts.policy, sts.lines) if sts.policy and sts.policy.mode is not StsMode.NONE else NOTHING


def _by_dane(found: FoundTlsa) -> Demand:
    """Records that nobody can use demand encryption nevertheless (RFC 7672 section 2.2)."""
    usable = tuple(record for record in found.records if record.is_usable)
    fault = "" if usable else "tlsa-invalid"
    return Demand(DANE, Tls.MUST, usable, base=found.base, fault=fault, strings=tuple(map(str, found.records)))


def _by_sts(host: str, policy: StsPolicy, lines: tuple[str, ...]) -> Demand:
    is_testing = policy.mode is StsMode.TESTING
    demand = Demand(STS, Tls.VERIFY, is_testing=is_testing, strings=lines, hosts=policy.patterns[:MAX_PATTERNS])
    if fits_any(host, policy.patterns):
        return demand
    if not is_testing:
        raise _Skipped(demand.session(host, "", tls_words.FAILED, "the policy does not name this server"))
    return replace(demand, fault=tls_words.FAILED)


def _fetch_fault(sts: FoundPolicy) -> SessionEvent:
    return SessionEvent("", sts.fault, policy=STS, reason=sts.reason)


def told(demanded: Iterable[SessionEvent]) -> str:
    """Why there is nobody left to try."""
    return "; ".join(dict.fromkeys(f"{each.host}: {each.reason}" for each in demanded if each.host))[:400]
