"""The facts about a message, frozen at receipt: domains, codes and numbers, never content (15-7, 15-8).

One field per collector. A collector that failed or ran out of time leaves `Unknown`, which is never the same as
"nothing found" (design 1.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Unknown:
    """What stands where a fact could not be had."""

    reason: str


NOT_ASKED = Unknown("not asked")


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """What the header section looks like (RFC 5322 section 3.6)."""

    octets: int  # Size of the header section.
    counts: dict[str, int]  # Field name in lower case -> how often it stands there.
    from_domains: tuple[str, ...]  # Domains of the addresses in From, lower case, A-labels.
    from_is_ambiguous: bool  # Readers may see another author than we (several From, encoded, NUL ...).
    has_date: bool  # A Date that can be read.
    malformed_lines: int  # Lines of the header section that are neither a field nor a continuation.
    is_bulk: bool  # List-Id, List-Unsubscribe or Precedence say mass mailing.
    received_count: int
    has_own_trace: bool  # One of our Received fields stands there already: a loop.


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


@dataclass(frozen=True, slots=True)
class ListHit:
    """An entry of an allow or block list that fits the sender."""

    scope: str  # "client", "user"
    kind: str  # "allow", "block"
    entry: str  # As the client wrote it: an address, a domain, "*.domain", an IP or a network.
    recipient: str = ""  # `Address.key` for a user's own list.


@dataclass(frozen=True, slots=True)
class Evidence:
    """All facts about one message."""

    headers: HeaderFacts | Unknown = NOT_ASKED
    parts: PartFacts | Unknown = NOT_ASKED
    scan: ScanFacts | Unknown = NOT_ASKED
    lists: tuple[ListHit, ...] | Unknown = NOT_ASKED
    size: int = 0  # Octets of the message.
    spoke_early: bool = False
