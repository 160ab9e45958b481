"""Which servers take mail for a domain of the Internet (RFC 5321 section 5.1, RFC 7505)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address

from ecluse.domain.dns import Answer, DnsStatus, Mx
from ecluse.domain.policy import Route
from ecluse.domain.public_address import is_public_address
from ecluse.domain.reply import Reply
from ecluse.mta.delivery.demand import NOTHING, Demand
from ecluse.mta.delivery.source import Source
from ecluse.ports.resolver import Resolver

MAX_HOSTS = 10  # Of a domain, the preferred ones; more than this many names cost look-ups and bring nothing.
MAX_ADDRESSES = 10  # Tried in one attempt, those of all hosts together.
MAX_ADDRESSES_EACH = 4  # Of one host.

NULL_MX = Reply(556, "1.10", "the domain takes no mail (null MX)")  # RFC 7505 section 5.
NO_DOMAIN = Reply(550, "1.2", "the domain does not exist")
NO_SERVER = Reply(550, "4.4", "the domain names no server that takes mail")
LOOP = Reply(550, "4.6", "the domain's mail would come back to this server")
NO_LITERAL = Reply(550, "1.2", "this server sends to no such address literal")
UNANSWERED = Reply(450, "4.3", "the name servers of the domain do not answer")
UNREACHABLE = Reply(450, "4.4", "no server of the domain has an address that this server may connect to")


class Families(StrEnum):
    """Which kinds of addresses are connected to."""

    BOTH = "both"  # IPv6 first where a host has it.
    PREFER_IPV4 = "prefer-ipv4"
    IPV4 = "ipv4"
    IPV6 = "ipv6"

    @property
    def kinds(self) -> tuple[str, ...]:
        """Record types to ask for, the preferred first."""
        return _KINDS[self]


_KINDS = {
    Families.BOTH: ("AAAA", "A"),
    Families.PREFER_IPV4: ("A", "AAAA"),
    Families.IPV4: ("A",),
    Families.IPV6: ("AAAA",),
}


@dataclass(frozen=True, slots=True)
class Exchange(Route):
    """One address of one server that takes a domain's mail."""

    address: str = ""
    is_host_proven: bool = False  # DNSSEC proves that the domain names this host.
    is_proven: bool = False  # DNSSEC proves that the domain names this host, and that the host has this address.
    demand: Demand = NOTHING
    source: Source | None = None  # Where connections leave from; None: the system chooses.


class NoExchange(Exception):
    """There is no server to try; `reply` is what the sender hears, a 4xx where that may change."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Exchanges:
    """Finds them."""

    resolver: Resolver
    own_names: frozenset[str]  # Under which MX records name us.
    families: Families = Families.BOTH
    port: int = 25
    networks: tuple[IPv4Network | IPv6Network, ...] = ()  # May be connected to though they are not public.
    shuffle: Callable[[list[Mx]], None] = field(default=random.shuffle)

    async def of(self, domain: str, *, is_ours: bool = False) -> tuple[Exchange, ...]:
        """In the order in which they are to be tried. Raises `NoExchange`.

        `is_ours`: we are the domain's own gateway, and mail that comes back to us goes on to the client's server.
        """
        if domain.startswith("["):
            return self._literal(domain)
        answer = await self.resolver.ask(domain, "MX")
        hosts = self._hosts(domain, answer, is_ours=is_ours)
        found = await asyncio.gather(*(self._of_host(host) for host in hosts))
        exchanges = tuple(each for of_host in found for each in of_host.exchanges(answer))[:MAX_ADDRESSES]
        if not exchanges:
            raise NoExchange(_why_none(answer, found))
        return exchanges

    def _hosts(self, domain: str, answer: Answer, *, is_ours: bool) -> list[Mx]:
        if answer.is_temporary:
            raise NoExchange(UNANSWERED)
        if answer.status in {DnsStatus.NXDOMAIN, DnsStatus.BAD_NAME}:
            raise NoExchange(NO_DOMAIN)
        records = list(answer.exchanges)
        if not records:
            # Without an MX record the domain's own address is meant.
            return [Mx(0, domain)]
        if all(not record.host for record in records):
            raise NoExchange(NULL_MX)
        self.shuffle(records)
        ordered = sorted((each for each in records if each.host), key=lambda each: each.preference)
        return (ordered if is_ours else self._before_us(ordered))[:MAX_HOSTS]

    def _before_us(self, ordered: list[Mx]) -> list[Mx]:
        """Where we stand among them, only those that are preferred to us bring mail nearer to its end."""
        ours = min((each.preference for each in ordered if each.host in self.own_names), default=None)
        nearer = ordered if ours is None else [each for each in ordered if each.preference < ours]
        if not nearer:
            raise NoExchange(LOOP)
        return nearer

    async def _of_host(self, host: Mx) -> _Host:
        answers = await asyncio.gather(*(self.resolver.ask(host.host, kind) for kind in self.families.kinds))
        return _Host(host, tuple(answers), self.port, self._may_be_asked)

    def _may_be_asked(self, address: str) -> bool:
        return is_public_address(address) or any(ip_address(address) in network for network in self.networks)

    def _literal(self, domain: str) -> tuple[Exchange, ...]:
        """RFC 5321 section 4.1.3: what stands in brackets is the server itself."""
        text = domain[1:-1].removeprefix("ipv6:").removeprefix("IPv6:")
        try:
            is_allowed = self._may_be_asked(text)
        except ValueError:
            is_allowed = False
        if not is_allowed:
            raise NoExchange(NO_LITERAL)
        return (Exchange(text, self.port, address=text),)


@dataclass(frozen=True, slots=True)
class _Host:
    """What is known of one host."""

    mx: Mx
    answers: tuple[Answer, ...]
    port: int
    may_be_asked: Callable[[str], bool]

    def exchanges(self, named_by: Answer) -> Iterator[Exchange]:
        taken = 0
        for answer in self.answers:
            is_proven = named_by.is_authenticated and answer.is_authenticated
            for address in filter(self.may_be_asked, answer.texts):
                if taken == MAX_ADDRESSES_EACH:
                    return
                taken += 1
                yield Exchange(
                    self.mx.host,
                    self.port,
                    priority=self.mx.preference,
                    address=address,
                    is_host_proven=named_by.is_authenticated,
                    is_proven=is_proven,
                )


def _why_none(named_by: Answer, hosts: Iterable[_Host]) -> Reply:
    """Trouble that passes weighs more than what others say for good."""
    answers = [answer for host in hosts for answer in host.answers]
    if any(answer.is_temporary for answer in answers):
        return UNANSWERED
    if any(answer.texts for answer in answers):
        return UNREACHABLE
    return NO_SERVER if named_by.exchanges else NO_DOMAIN
