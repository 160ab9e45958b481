"""The facts about a message, frozen at receipt: domains, codes and numbers, never content (15-7, 15-8).

One field per collector. A collector that failed or ran out of time leaves `Unknown`, which is never the same as
"nothing found" (design 1.4).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ecluse.domain.authentication import AuthenticationFacts
from ecluse.domain.campaign import CampaignFacts
from ecluse.domain.dnsbl import ListingFacts
from ecluse.domain.history import Kind
from ecluse.domain.impersonation import ImpersonationFacts
from ecluse.domain.learned import LearnedFacts
from ecluse.domain.links import LinkFacts, TextFacts
from ecluse.domain.mass import MassFacts
from ecluse.domain.opened import RuleMatch
from ecluse.domain.place import NOWHERE, Place
from ecluse.domain.sending import SendingFacts
from ecluse.domain.sending_rule import SendingRuleFacts


@dataclass(frozen=True, slots=True)
class Unknown:
    """What stands where a fact could not be had."""

    reason: str


NOT_ASKED = Unknown("not asked")


@dataclass(frozen=True, slots=True)
class TraceFacts:
    """The way that the message says it has come (RFC 5321 section 4.4)."""

    received_count: int
    own_count: int  # Of these, how many are ours: it has been here before.


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """What the header section looks like (RFC 5322 section 3.6)."""

    octets: int  # Size of the header section.
    counts: dict[str, int]  # Field name in lower case -> how often it stands there.
    from_domains: tuple[str, ...]  # Domains of the addresses in From, lower case, A-labels.
    from_is_ambiguous: bool  # Readers may see another author than we (several From, encoded, NUL ...).
    has_date: bool  # A Date that can be read.
    malformed_lines: int  # Lines of the header section that are neither a field nor a continuation.


@dataclass(frozen=True, slots=True)
class PartFacts:
    """What the MIME structure holds (RFC 2045 to 2049)."""

    count: int  # Parts in all, leaves and containers.
    depth: int
    suffixes: tuple[str, ...]  # Last suffix of each file name in any reading, lower case, without dot.
    types: tuple[str, ...]  # Media types, lower case.
    defects: tuple[str, ...]  # Words of ours: see `wire/mime`.
    has_eicar: bool  # A decoded leaf is the EICAR test file.
    has_gtube: bool  # The GTUBE line stands in a text.
    exceeds_limits: bool  # Walking stopped at a limit: the rest was not looked at.


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What lies in the message's files, as the opening room saw it: by octets, not by names."""

    count: int = 0  # Files that were opened, in every reading.
    members: int = 0  # Entries of archives and documents, at any depth.
    types: tuple[str, ...] = ()  # Of files and members, each once: words of `opening/types.py`.
    suffixes: tuple[str, ...] = ()  # Of members' names, and what a content that its name denies would be called.
    sealed_suffixes: tuple[str, ...] = ()  # Of the names of members that no password of ours opens.
    flags: tuple[str, ...] = ()  # Words of `opening/flags.py`.
    rules: tuple[RuleMatch, ...] = ()  # YARA rules that fit a file or something in it.
    errors: tuple[str, ...] = ()  # Why something was not read to its end, in words of ours; ten at most.
    troubles: tuple[str, ...] = ()  # Why the room has no answer about a file: `Trouble`.
    encrypted: int = 0  # Files of which something stayed shut.
    left_out: int = 0  # Files that were not opened: too many, too large together, out of time.


class ScanState(StrEnum):
    """The virus scanner's answer; only CLEAN and INFECTED are scanned (design 1.4)."""

    CLEAN = "clean"
    INFECTED = "infected"
    TOO_LARGE = "too-large"  # Beyond the scanner's limits: never heals.
    UNAVAILABLE = "unavailable"  # The scanner is down or too slow: heals.
    NOT_CONFIGURED = "not-configured"


@dataclass(frozen=True, slots=True)
class ScanFacts:
    """What the virus scanner said."""

    state: ScanState
    signature: str = ""  # Name of the virus.
    engine: str = ""  # "ClamAV 1.4.3/27461": engine and version of its signatures.


# What counts for all files of a message: a virus before all else, then what heals before what never does.
_GRAVEST_FIRST = (ScanState.INFECTED, ScanState.UNAVAILABLE, ScanState.TOO_LARGE, ScanState.CLEAN)


def gravest(facts: Iterable[ScanFacts]) -> ScanFacts:
    """Of several answers about one message the one that counts."""
    return min(facts, key=lambda one: _GRAVEST_FIRST.index(one.state))


@dataclass(frozen=True, slots=True)
class ListedFileFacts:
    """Which hash lists name a file of the message."""

    lists: tuple[str, ...] = ()  # Each once, as the operator calls them.


@dataclass(frozen=True, slots=True)
class ListHit:
    """An entry of an allow or block list that fits the sender."""

    scope: str  # "client", "user"
    kind: str  # "allow", "block"
    entry: str  # As the client wrote it: an address, a domain, "*.domain", an IP or a network.
    recipient: str = ""  # `Address.key` for a user's own list.


class ReverseState(StrEnum):
    """What the reverse DNS of the peer's address says (RFC 1912 section 2.1)."""

    CONFIRMED = "confirmed"  # One of its names leads back to the address.
    UNCONFIRMED = "unconfirmed"  # There are names, and none leads back.
    NONE = "none"  # There is no name.
    UNKNOWN = "unknown"  # The DNS did not say.


class HeloState(StrEnum):
    """What the name in HELO or EHLO is worth (RFC 5321 section 4.1.4)."""

    CONFIRMED = "confirmed"  # It leads to the peer's address.
    ELSEWHERE = "elsewhere"  # It exists, and leads elsewhere: usual for honest servers behind several addresses.
    NOWHERE = "nowhere"  # It has no address.
    UNKNOWN = "unknown"  # The DNS did not say.
    LITERAL = "literal"  # The peer's own address in brackets.
    FALSE_LITERAL = "false-literal"  # Another address in brackets, or none that can be read.
    OURS = "ours"  # Our own name or address: nobody else's.
    NO_NAME = "no-name"  # No name that could stand in the public DNS: "localhost", "friend", a bare address.


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """What the connection tells about the peer."""

    reverse: ReverseState
    names: tuple[str, ...]  # What the address calls itself (PTR), five at most.
    confirmed_name: str  # The first of them that leads back to the address; "" for none.
    helo: HeloState
    is_dynamic: bool  # A name looks like one of thousands that a provider gives to its subscribers.
    is_tls: bool
    spoke_early: bool
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """What is remembered about one of the message's identities, faded to the time of receipt."""

    kind: Kind
    name: str  # The network or the registered domain; "" where it would name a person.
    age_days: float  # Since it was first seen.
    good: float  # Messages delivered, the older ones counted less.
    bad: float  # Messages refused or held, likewise.
    recipient: str = ""  # `Address.key`, of a sender-recipient pair.

    @property
    def count(self) -> float:
        """Messages, the older ones counted less."""
        return self.good + self.bad

    @property
    def bad_share(self) -> float:
        """Between 0 and 1."""
        return self.bad / self.count if self.count else 0.0


@dataclass(frozen=True, slots=True)
class HistoryFacts:
    """What the node remembers of those who sent the message."""

    sender_domain: str  # Registered domain of the envelope sender; "" for the null sender and for literals.
    known: tuple[Acquaintance, ...] = ()
    strangers: tuple[str, ...] = ()  # `Address.key` of the recipients to whom this sender never wrote, if proven.
    is_correspondent: bool = False  # The client's users have written to the envelope sender.
    is_reply: bool = False  # It names a message of a recipient's domain; anybody can do that.

    def of(self, *kinds: Kind) -> tuple[Acquaintance, ...]:
        """The acquaintances of these kinds."""
        return tuple(one for one in self.known if one.kind in kinds)


class GreylistState(StrEnum):
    """Where a message stands with greylisting."""

    NEW = "new"  # Not seen before, or too long ago.
    EARLY = "early"  # It was told to come again, and came too soon.
    BACK = "back"  # It came again in time.
    PASSED = "passed"  # It, or its sender, has done so before.


@dataclass(frozen=True, slots=True)
class GreylistEntry:
    """The state under one of the names that a message may be known by."""

    recipient: str  # `Address.key`.
    domain: str  # Registered domain that counts if the message is proven to be its; "" = by envelope and body.
    state: GreylistState


@dataclass(frozen=True, slots=True)
class GreylistFacts:
    """What greylisting knows of a message, for the recipients whose client wants it."""

    entries: tuple[GreylistEntry, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """All facts about one message."""

    trace: TraceFacts | Unknown = NOT_ASKED
    headers: HeaderFacts | Unknown = NOT_ASKED
    parts: PartFacts | Unknown = NOT_ASKED
    scan: ScanFacts | Unknown = NOT_ASKED
    listed_files: ListedFileFacts | Unknown = NOT_ASKED
    files: FileFacts | Unknown = NOT_ASKED
    lists: tuple[ListHit, ...] | Unknown = NOT_ASKED
    connection: ConnectionFacts | Unknown = NOT_ASKED
    authentication: AuthenticationFacts | Unknown = NOT_ASKED
    listings: ListingFacts | Unknown = NOT_ASKED
    history: HistoryFacts | Unknown = NOT_ASKED
    greylist: GreylistFacts | Unknown = NOT_ASKED
    campaign: CampaignFacts | Unknown = NOT_ASKED
    mass: MassFacts | Unknown = NOT_ASKED
    learned: LearnedFacts | Unknown = NOT_ASKED
    impersonation: ImpersonationFacts | Unknown = NOT_ASKED
    links: LinkFacts | Unknown = NOT_ASKED
    texts: TextFacts | Unknown = NOT_ASKED
    sending: SendingFacts | Unknown = NOT_ASKED
    sending_rules: SendingRuleFacts | Unknown = NOT_ASKED
    size: int = 0  # Octets of the message.
    spoke_early: bool = False
