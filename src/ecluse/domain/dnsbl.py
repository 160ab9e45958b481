"""DNS lists: who publishes them, what their answers mean, and what an answer proves (RFC 5782)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_address, ip_network

from ecluse.domain.dns import Answer, DnsStatus

ERRORS = ip_network("127.255.255.0/24")  # "You may not ask", "you ask too much", "no such zone".
ANSWERS = ip_network("127.0.0.0/8")  # RFC 5782 section 2.1; anything else is somebody's search page.
CORRUPTED_FROM = 3  # Publishers (1-8).
WIDE_FROM = 3.0  # Points.
# Networks that no list on the Internet can know anything about.
_PRIVATE = tuple(
    map(ip_network, ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"))
) + tuple(map(ip_network, ("::1/128", "::/128", "fc00::/7", "fe80::/10")))


class ListKind(StrEnum):
    """What a list is asked about."""

    IP = "ip"  # The peer's IP address.
    HELO = "helo"  # The name in HELO or EHLO.
    SENDER_DOMAIN = "sender-domain"  # The domains of the envelope's sender and of the authors.
    BODY_DOMAIN = "body-domain"  # The domains of links.
    NAME_SERVER = "name-server"  # The IP addresses of the name servers of those domains.


ABOUT_ADDRESSES = frozenset({ListKind.IP, ListKind.NAME_SERVER})


class Meaning(StrEnum):
    """What being listed says."""

    BAD = "bad"  # Seen doing harm.
    POLICY = "policy"  # No mail is expected from there (dial-up): no proof of harm (1-8).
    GOOD = "good"  # Known to behave.


@dataclass(frozen=True, slots=True)
class ReturnCode:
    """One answer of a list."""

    code: str  # "127.0.0.2", "127.0.*.3" for any third octet, or of a bit mask the bit's value, "64".
    text: str  # What its publisher says about it, a few words.
    weight: float = 1.0  # Points; see `points`.
    meaning: Meaning = Meaning.BAD


@dataclass(frozen=True, slots=True)
class DnsList:
    """One list that may be asked."""

    name: str  # Ours, "spamhaus-zen".
    zone: str  # Where it is asked, the key filled in.
    kinds: frozenset[ListKind]
    publisher: str  # Who answers for it: lists of one publisher count as one witness.
    codes: tuple[ReturnCode, ...] = ()  # (): every answer within 127.0.0.0/8 that is no error says `weight`.
    weight: float = 1.0
    is_bit_mask: bool = False  # The last octet of the answer is a sum of `codes`.
    has_ipv6: bool = False
    quota_per_day: int = 0  # Questions a day (UTC); 0 for no limit.
    listed_canary: str = "127.0.0.2"  # An IP or a domain that is always listed (RFC 5782 section 5).
    unlisted_canary: str = "127.0.0.1"  # One that never is.

    @property
    def knows_addresses(self) -> bool:
        """It is asked about IP addresses, not names."""
        return bool(self.kinds & ABOUT_ADDRESSES)


@dataclass(frozen=True, slots=True)
class Listing:
    """A target stands on a list; frozen at receipt (1-8)."""

    list: str  # `DnsList.name`
    publisher: str
    kind: ListKind
    target: str  # IP address or domain.
    code: str  # The answer, "127.0.0.4".
    text: str
    weight: float
    meaning: Meaning
    at: float  # UTC, seconds since the epoch.


@dataclass(frozen=True, slots=True)
class ListingFacts:
    """What the lists of the panel say about one message."""

    listings: tuple[Listing, ...] = ()
    asked: tuple[str, ...] = ()  # Names of the lists that answered all our questions.
    silent: tuple[str, ...] = ()  # Of those that did not, were out of order or have used up their quota: unknown.

    def of(self, meaning: Meaning, *kinds: ListKind) -> tuple[Listing, ...]:
        """The listings of one meaning about these kinds of target."""
        return tuple(one for one in self.listings if one.meaning is meaning and one.kind in kinds)


class ListTrouble(StrEnum):
    """Why an answer says nothing about its target."""

    SILENT = "silent"
    ERROR = "error"  # It says that we may not ask.
    LYING = "lying"  # It answers what no list answers.


def question_for(dns_list: DnsList, target: str) -> str:
    """The name to look up for an IP address or a domain (RFC 5782 sections 2.1, 2.4, 3.1); "" when it cannot be asked.

    Private addresses are never asked: no list knows them, and ours are nobody's business.
    """
    if not dns_list.knows_addresses:
        return f"{target}.{dns_list.zone}"
    if is_private(target) or (":" in target and not dns_list.has_ipv6):
        return ""
    return f"{_reversed(target)}.{dns_list.zone}"


@lru_cache(4_096)
def is_private(ip: str) -> bool:
    """Whether an IP address means something only inside somebody's own network; also true for what is none."""
    try:
        address = ip_address(ip)
    except ValueError:
        return True
    return any(address in network for network in _PRIVATE)


def canary_question(dns_list: DnsList, target: str) -> str:
    """The name to look up for a canary, which may be one that is never asked otherwise."""
    return f"{_reversed(target) if dns_list.knows_addresses else target}.{dns_list.zone}"


def read_answer(dns_list: DnsList, answer: Answer) -> tuple[ReturnCode, ...] | ListTrouble:
    """What an A answer of the list says: the codes that fit, () for "not listed"."""
    if answer.status in {DnsStatus.NXDOMAIN, DnsStatus.NO_DATA}:
        return ()
    if answer.status is not DnsStatus.OK:
        return ListTrouble.SILENT
    addresses = tuple(map(ip_address, answer.texts))
    if not all(address in ANSWERS for address in addresses):
        return ListTrouble.LYING
    # 127.0.0.1 would be "not blocked" nowhere: those who answer it mean that they do not serve us.
    if any(address in ERRORS or str(address) == "127.0.0.1" for address in addresses):
        return ListTrouble.ERROR
    return tuple(code for text in answer.texts for code in _codes(dns_list, text))


def points(listings: Iterable[Listing]) -> float:
    """What listings weigh together: the heaviest of each publisher."""
    heaviest: dict[str, float] = {}
    for listing in listings:
        heaviest[listing.publisher] = max(listing.weight, heaviest.get(listing.publisher, 0.0))
    return sum(heaviest.values())


def counts(listings: Iterable[Listing]) -> bool:
    """Whether listings are worth a word: lists that name whole networks for one sinner weigh less than a point."""
    return points(listings) >= 1


def is_wide(listings: Iterable[Listing]) -> bool:
    """Whether listings are many enough to mean more than any of them alone: two publishers and `WIDE_FROM` points."""
    found = tuple(listings)
    return len(publishers(found)) > 1 and points(found) >= WIDE_FROM


def names_of(listings: Iterable[Listing]) -> str:
    """The names of the lists, each once, for people."""
    return " ".join(dict.fromkeys(one.list for one in listings))


def publishers(listings: Iterable[Listing]) -> tuple[str, ...]:
    """Who witnesses harm, each once; policy lists witness none."""
    return tuple(dict.fromkeys(one.publisher for one in listings if one.meaning is Meaning.BAD))


def corrupted(listings: Iterable[Listing]) -> tuple[str, ...]:
    """The IP addresses and domains that at least three publishers list for harm (1-8, 1-11)."""
    by_target: dict[str, list[Listing]] = {}
    for listing in listings:
        by_target.setdefault(listing.target, []).append(listing)
    return tuple(target for target, found in by_target.items() if len(publishers(found)) >= CORRUPTED_FROM)


def _codes(dns_list: DnsList, text: str) -> tuple[ReturnCode, ...]:
    if not dns_list.codes:
        return (ReturnCode(text, "listed", dns_list.weight),)
    if dns_list.is_bit_mask:
        octet = int(text.rpartition(".")[2])
        return tuple(code for code in dns_list.codes if octet & int(code.code))
    return tuple(code for code in dns_list.codes if _fits(code.code, text))


def _fits(code: str, text: str) -> bool:
    return all(wanted in {"*", octet} for wanted, octet in zip(code.split("."), text.split("."), strict=True))


@lru_cache(4_096)
def _reversed(ip: str) -> str:
    return ip_address(ip).reverse_pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")
