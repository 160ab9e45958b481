"""What an IP address calls itself, and whether that name leads back to it (RFC 1912 section 2.1)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from ipaddress import ip_address

from ecluse.domain.dns import DnsStatus
from ecluse.domain.evidence import ReverseState
from ecluse.ports.resolver import Resolver

MAX_NAMES = 5  # Looked at; more names of one address are somebody's mistake.


@dataclass(frozen=True, slots=True)
class Reverse:
    """The reverse DNS of one address."""

    state: ReverseState
    names: tuple[str, ...] = ()
    confirmed_name: str = ""


async def reverse_of(ip: str, resolver: Resolver) -> Reverse:
    """The address's names; all are asked for their addresses at once."""
    answer = await resolver.ask(ip_address(ip).reverse_pointer, "PTR")
    if answer.is_temporary:
        return Reverse(ReverseState.UNKNOWN)
    names = answer.texts[:MAX_NAMES]
    if not names:
        return Reverse(ReverseState.NONE)
    leads = await asyncio.gather(*(leads_to(name, ip, resolver) for name in names))
    confirmed = next((name for name, lead in zip(names, leads, strict=True) if lead is True), "")
    if confirmed:
        return Reverse(ReverseState.CONFIRMED, names, confirmed)
    return Reverse(ReverseState.UNKNOWN if None in leads else ReverseState.UNCONFIRMED, names)


async def leads_to(name: str, ip: str, resolver: Resolver) -> bool | None:
    """Whether the name's addresses hold this one; None when the DNS did not say."""
    address = ip_address(ip)
    answer = await resolver.ask(name, "AAAA" if address.version == 6 else "A")
    if answer.is_temporary:
        return None
    return answer.status is DnsStatus.OK and str(address) in answer.texts
