"""What the domain name system answered: trouble is a result, never an exception (RFC 1035, RFC 2308)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class DnsStatus(StrEnum):
    """How a look-up ended."""

    OK = "ok"  # There are records of the type, `Answer.records`.
    NO_DATA = "no-data"  # The name exists, without records of this type.
    NXDOMAIN = "nxdomain"  # The name does not exist, nor anything below it (RFC 8020).
    SERVFAIL = "servfail"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    BUDGET = "budget"  # Not asked: the message has used up its look-ups or its time.
    BAD_NAME = "bad-name"  # Not asked: no name of the DNS (a label over 63 octets, an empty one, over 253 in all).


FAILED = frozenset({DnsStatus.SERVFAIL, DnsStatus.REFUSED, DnsStatus.TIMEOUT, DnsStatus.BUDGET})


@dataclass(frozen=True, slots=True)
class Mx:
    """One MX record."""

    preference: int
    host: str  # Lower case, without the final dot; "" is the null MX (RFC 7505).


Record: TypeAlias = str | bytes | Mx


@dataclass(frozen=True, slots=True)
class Answer:
    """The records of one name and type, CNAMEs followed.

    Records are text for A, AAAA, PTR, NS and CNAME (names in lower case without final dot), the joined octets of all
    character-strings for TXT, `Mx` for MX, octets as they are for TLSA.
    """

    status: DnsStatus
    records: tuple[Record, ...] = ()
    ttl: int = 0  # Seconds for which it may be kept.
    is_authenticated: bool = False  # The resolver says that DNSSEC proves it (AD), and we trust that resolver.

    @property
    def is_temporary(self) -> bool:
        """Whether asking again later may bring another answer."""
        return self.status in FAILED

    @property
    def texts(self) -> tuple[str, ...]:
        """The records that are text."""
        return tuple(record for record in self.records if isinstance(record, str))

    @property
    def octets(self) -> tuple[bytes, ...]:
        """The records of a TXT or TLSA answer."""
        return tuple(record for record in self.records if isinstance(record, bytes))

    @property
    def exchanges(self) -> tuple[Mx, ...]:
        """The records of an MX answer."""
        return tuple(record for record in self.records if isinstance(record, Mx))


# Name (any case, with or without final dot) and type ("TXT", "A" ...). Formats in `wire` take one as an argument.
Lookup: TypeAlias = Callable[[str, str], Awaitable[Answer]]

Foresee: TypeAlias = Callable[[str, str], None]
"""Told a name and a type that will probably be looked up soon: the caller may ask ahead, side by side."""
