"""Where the TLSA records of an exchange stand: at the end of its aliases, else at its own name (RFC 7672 section 2.2)."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.mta.delivery.exchanges import Exchange
from ecluse.ports.resolver import Resolver
from ecluse.wire.dane.tlsa import Tlsa, parse_tlsa

MAX_TLSA = 20  # Of one server.
MAX_ALIASES = 8


@dataclass(frozen=True, slots=True)
class FoundTlsa:
    """The records, and the name under which they stand (the TLSA base domain)."""

    base: str = ""
    records: tuple[Tlsa, ...] = ()


async def find_tlsa(resolver: Resolver, exchange: Exchange) -> FoundTlsa | None:
    """Without records where there are none that DNSSEC proves; None where they cannot be asked for (section 2.1.2)."""
    bases = await _bases(resolver, exchange)
    if bases is None:
        return None
    for base in bases:
        answer = await resolver.ask(f"_{exchange.port}._tcp.{base}", "TLSA")
        if answer.is_temporary:
            return None
        records = tuple(record for record in map(parse_tlsa, answer.octets[:MAX_TLSA]) if record)
        if answer.is_authenticated and records:
            return FoundTlsa(base, records)
    return FoundTlsa()


async def _bases(resolver: Resolver, exchange: Exchange) -> tuple[str, ...] | None:
    """The names to look under, the preferred first."""
    if exchange.is_proven:
        end = await _end_of_aliases(resolver, exchange.host)
        return None if end is None else tuple(dict.fromkeys((end, exchange.host)))
    if not exchange.is_host_proven:
        return ()
    # The alias itself may be proven where the zone that it leads to is not signed. What else cannot be asked for here
    # is nothing to fear: most of these hosts are in zones of which nothing is proven at all.
    answer = await resolver.ask(exchange.host, "CNAME")
    return (exchange.host,) if answer.texts and answer.is_authenticated else ()


async def _end_of_aliases(resolver: Resolver, name: str) -> str | None:
    """Each step was proven with the address. None where one cannot be asked for, or they lead nowhere."""
    for _ in range(MAX_ALIASES):
        answer = await resolver.ask(name, "CNAME")
        if answer.is_temporary:
            return None
        if not answer.texts:
            return name
        name = answer.texts[0]
    return None
