"""Whether a peer may use a domain in MAIL or HELO: `check_host` of RFC 7208 section 4, within limits.

Written here and not taken from spftrace: that one costs 0.69 ms for a record with five includes (this one a tenth),
reads the clock, asks one name after another, and loses explanations that have spaces.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ecluse.domain.dns import Answer, DnsStatus, Foresee, Lookup
from ecluse.domain.errors import EcluseError
from ecluse.wire.names.spelling import ascii_domain
from ecluse.wire.spf.macros import SpfSyntax, Template, expand, has_letter, read_text
from ecluse.wire.spf.record import Mechanism, SpfOutcome, SpfRecord, is_spf, parse_spf

# Section 4.6.4.
MAX_TERMS = 10
MAX_VOID = 2
MAX_EXCHANGES = 10
MAX_POINTERS = 10
# Ours: ten terms with ten exchanges of ten addresses each.
MAX_ADDRESSES = 1_000
MAX_OCTETS = 32_768  # Of all records of one check together.
MAX_TEMPLATE, MAX_EXPLANATION = 4_096, 500  # Of an explanation, before and after its macros are expanded.


@dataclass(frozen=True, slots=True)
class SpfResult:
    """The outcome, and what the log and Authentication-Results tell about it."""

    outcome: SpfOutcome
    domain: str  # Whose record was asked for, in A-labels; "" where there was no name.
    identity: str  # "mailfrom" or "helo".
    lookups: int  # Terms that count against the limit of 10.
    explanation: str | None = None  # The domain's own words about a fail (section 6.2), ASCII: as hostile as any text.
    reason: str = ""  # Why it is a temperror or a permerror.


class _Temporary(EcluseError):
    """The DNS did not answer: temperror."""


class _Permanent(EcluseError):
    """The record cannot be evaluated: permerror."""


async def check_spf(
    ip: str, helo: str, mail_from: str, receiver: str, lookup: Lookup, *, now: float, foresee: Foresee | None = None
) -> SpfResult:
    """Check the MAIL identity, or the HELO identity where `mail_from` is "" (section 2.4).

    `now` is in epoch seconds. At most 10 terms, 2 of them without data, 10 exchanges and 10 pointers each are looked
    at; how long that may take is the caller's affair, whose `lookup` answers `BUDGET` when it is over. Raises
    ValueError for what is no IP address.
    """
    local, _, domain = mail_from.rpartition("@") if mail_from else ("", "", helo)
    peer = _Peer(ip, local or "postmaster", domain, helo, receiver)
    check = _Check(peer, lookup, foresee, now)
    identity, name = "mailfrom" if mail_from else "helo", ascii_domain(domain)
    if name is None or "." not in name or name.startswith("["):
        return SpfResult(SpfOutcome.NONE, name or "", identity, 0)
    outcome, reason, explanation = SpfOutcome.NONE, "", None
    try:
        outcome = await check.outcome(name)
        explanation = await check.explanation() if outcome is SpfOutcome.FAIL else None
    except _Temporary as problem:
        outcome, reason = SpfOutcome.TEMPERROR, str(problem)
    except (_Permanent, SpfSyntax) as problem:
        outcome, reason = SpfOutcome.PERMERROR, str(problem)
    return SpfResult(outcome, name, identity, check.terms, explanation, reason)


class _Peer:
    """Who asks to be let through, in the forms that records are compared with."""

    def __init__(self, ip: str, local: str, domain: str, helo: str, receiver: str) -> None:
        address = ipaddress.ip_address(ip)
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        self.address: ipaddress.IPv4Address | ipaddress.IPv6Address = mapped or address
        self.number = int(self.address)
        self.bits = self.address.max_prefixlen
        self.is_ipv6 = self.bits == 128
        self.kind, self.network_kind = ("AAAA", "ip6") if self.is_ipv6 else ("A", "ip4")
        self.local, self.domain, self.helo, self.receiver = local, domain, helo, receiver

    def is_among(self, addresses: Sequence[str], mechanism: Mechanism) -> bool:
        """Whether one of the addresses has the peer's leading bits, as many as the mechanism asks for."""
        own = self.leading(self.number, mechanism)
        return any(self.leading(_number(text, is_ipv6=self.is_ipv6), mechanism) == own for text in addresses)

    def leading(self, number: int, mechanism: Mechanism) -> int:
        """The bits of a number that the mechanism looks at."""
        return number >> self.bits - mechanism.lengths[self.is_ipv6]

    def values(self, domain: str, pointer: str, now: float) -> dict[str, str]:
        """What each macro letter stands for (section 7.2); `domain` is that of the record."""
        dotted = ".".join(f"{self.number:032x}") if self.is_ipv6 else str(self.address)
        return {
            "s": f"{self.local}@{self.domain}",
            "l": self.local,
            "o": self.domain,
            "d": domain,
            "i": dotted,
            "p": pointer,
            "v": "ip6" if self.is_ipv6 else "in-addr",
            "h": self.helo,
            "c": str(self.address),
            "r": self.receiver or "unknown",
            "t": str(int(now)),
        }


class _Check:
    """One check under way: what it has asked, and which directive has decided so far."""

    def __init__(self, peer: _Peer, lookup: Lookup, foresee: Foresee | None, now: float) -> None:
        self._peer, self._lookup, self._foresee, self._now = peer, lookup, foresee, now
        self.terms = self._voids = self._addresses = self._octets = 0
        self._names: list[str] | None = None
        self._decided: tuple[SpfRecord, str] | None = None

    async def outcome(self, domain: str) -> SpfOutcome:
        """What the record of `domain` says; NONE where it has none."""
        record = await self._record(domain, await self._ask(domain, "TXT"))
        if record is None:
            return SpfOutcome.NONE
        self._foretell(record, domain)
        for mechanism in record.mechanisms:
            if await self._matches(mechanism, domain):
                self._decided = record, domain
                return mechanism.outcome
        if record.redirect is None:
            return SpfOutcome.NEUTRAL
        self._count_term()
        outcome = await self.outcome(await self._name(record.redirect, domain))
        if outcome is SpfOutcome.NONE:
            raise _Permanent("redirect= to a domain without a record")
        return outcome

    async def explanation(self) -> str | None:
        """The text that the domain gives for its fail; trouble with it changes nothing (section 6.2)."""
        record, domain = self._decided or (None, "")
        if record is None or record.explanation is None:
            return None
        try:
            answer = await self._ask(await self._name(record.explanation, domain), "TXT")
            if len(answer.octets) != 1 or len(answer.octets[0]) > MAX_TEMPLATE:
                return None
            text = read_text(answer.octets[0].decode("ascii"))
            return (await self._expanded(text, domain))[:MAX_EXPLANATION]
        except (_Temporary, SpfSyntax, UnicodeDecodeError):
            return None

    async def _record(self, domain: str, answer: Answer) -> SpfRecord | None:
        records = [record for record in answer.octets if is_spf(record)]
        if len(records) > 1:
            raise _Permanent(f"{domain} has {len(records)} records")
        if not records:
            return None
        self._octets += len(records[0])
        if self._octets > MAX_OCTETS:
            raise _Permanent(f"records of more than {MAX_OCTETS} octets")
        return parse_spf(records[0])

    async def _matches(self, mechanism: Mechanism, domain: str) -> bool:
        kind = mechanism.kind
        if kind in ("ip4", "ip6"):
            return (
                kind == self._peer.network_kind
                and self._peer.leading(self._peer.number, mechanism) == mechanism.network
            )
        if kind == "all":
            return True
        self._count_term()
        target = domain if mechanism.target is None else await self._name(mechanism.target, domain)
        if kind == "include":
            return await self._include(target)
        if kind == "a":
            return self._holds_peer(await self._ask_for_term(target, self._peer.kind), mechanism)
        if kind == "mx":
            return await self._exchange(target, mechanism)
        if kind == "exists":
            return (await self._ask_for_term(target, "A")).status is DnsStatus.OK
        return any(name == target or name.endswith("." + target) for name in await self._pointers())

    async def _include(self, target: str) -> bool:
        outcome = await self.outcome(target)
        if outcome is SpfOutcome.NONE:
            raise _Permanent(f"include of {target[:80]}, which has no record")
        return outcome is SpfOutcome.PASS

    async def _exchange(self, target: str, mechanism: Mechanism) -> bool:
        exchanges = (await self._ask_for_term(target, "MX")).exchanges
        if len(exchanges) > MAX_EXCHANGES:
            raise _Permanent(f"{target[:80]} has more than {MAX_EXCHANGES} exchanges")
        hosts = [exchange.host for exchange in exchanges if exchange.host]
        self._announce(hosts, self._peer.kind)
        for host in hosts:
            if self._holds_peer(await self._ask(host, self._peer.kind), mechanism):
                return True
        return False

    def _holds_peer(self, answer: Answer, mechanism: Mechanism) -> bool:
        self._addresses += len(answer.records)
        if self._addresses > MAX_ADDRESSES:
            raise _Permanent(f"more than {MAX_ADDRESSES} addresses")
        return self._peer.is_among(answer.texts, mechanism)

    async def _pointers(self) -> list[str]:
        """The names of the peer that lead back to it (section 5.5); found once.

        None of it counts as void: that a peer has no name says nothing about the domain's record.
        """
        if self._names is None:
            self._names = []
            pointers = await self._lookup(self._peer.address.reverse_pointer, "PTR")
            _require_budget(pointers)
            names = pointers.texts[:MAX_POINTERS]
            self._announce(names, self._peer.kind)
            for name in names:
                addresses = await self._lookup(name, self._peer.kind)
                _require_budget(addresses)
                # The peer's own zone must not be able to spoil the record of the domain: only so many are looked at.
                if self._peer.is_among(addresses.texts[: MAX_ADDRESSES // MAX_POINTERS], _WHOLE_ADDRESS):
                    self._names.append(name)
        return self._names

    async def _name(self, template: Template, domain: str) -> str:
        """The domain that a domain-spec stands for; what is too long loses labels from the left (section 7.3)."""
        name = (await self._expanded(template, domain)).removesuffix(".").lower()
        return name if len(name) <= 253 else name[name.find(".", len(name) - 254) + 1 :]

    async def _expanded(self, template: Template, domain: str) -> str:
        if len(template) == 1:
            return str(template[0])
        pointer = _best_pointer(await self._pointers(), domain) if has_letter(template, "p") else ""
        return expand(template, self._peer.values(domain, pointer, self._now))

    def _count_term(self) -> None:
        if self.terms >= MAX_TERMS:
            raise _Permanent(f"more than {MAX_TERMS} terms that need the DNS")
        self.terms += 1

    async def _ask_for_term(self, name: str, kind: str) -> Answer:
        """As `_ask`; an answer without data counts against the limit of two (section 4.6.4)."""
        answer = await self._ask(name, kind)
        if answer.status in (DnsStatus.NO_DATA, DnsStatus.NXDOMAIN):
            self._voids += 1
            if self._voids > MAX_VOID:
                raise _Permanent(f"more than {MAX_VOID} terms without data in the DNS")
        return answer

    async def _ask(self, name: str, kind: str) -> Answer:
        answer = await self._lookup(name, kind)
        if answer.is_temporary:
            raise _Temporary(f"{kind} of {name[:80]}: {answer.status}")
        return answer

    def _foretell(self, record: SpfRecord, domain: str) -> None:
        """Announce what this record will ask for, as far as it is known: names without macros, within the limit."""
        if self._foresee is None:
            return
        left = MAX_TERMS - self.terms
        for mechanism in record.mechanisms:
            kind = self._peer.kind if mechanism.kind == "a" else _FIRST_QUESTION.get(mechanism.kind)
            if kind and left:
                left -= 1
                self._announce(_plain(mechanism.target or (domain,)), kind)
        if record.redirect and left:
            self._announce(_plain(record.redirect), "TXT")

    def _announce(self, names: Sequence[str], kind: str) -> None:
        if self._foresee is not None:
            for name in names:
                self._foresee(name, kind)


@lru_cache(4_096)
def _number(text: str, *, is_ipv6: bool) -> int:
    """An address of the DNS, which answers about the same few servers again and again; -1 for what is none."""
    try:
        return int(ipaddress.IPv6Address(text) if is_ipv6 else ipaddress.IPv4Address(text))
    except ValueError:
        return -1


_FIRST_QUESTION = {"include": "TXT", "mx": "MX", "exists": "A"}
_WHOLE_ADDRESS = Mechanism("ptr", SpfOutcome.PASS)


def _plain(template: Template) -> tuple[str, ...]:
    """The name that a template without macros is."""
    return (str(template[0]),) if len(template) == 1 else ()


def _best_pointer(names: list[str], domain: str) -> str:
    """The value of %{p}: the domain itself, else a name below it, else any (section 7.3)."""
    below = [name for name in names if name.endswith("." + domain)]
    return domain if domain in names else next(iter(below + names), "unknown")


def _require_budget(answer: Answer) -> None:
    """Trouble of the peer's own zone only loses a name; but to go on without having asked could make a false fail."""
    if answer.status is DnsStatus.BUDGET:
        raise _Temporary("no time left")
