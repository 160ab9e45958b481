"""What others report about our clients' domains, in the form that is kept and shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAX_COUNT = 1_000_000_000_000  # Many of these added up are still a number of 64 bits.


class ReportKind(StrEnum):
    """Which of the two formats it came in."""

    DMARC = "dmarc"  # RFC 9990, RFC 7489: who sent in the domain's name.
    TLS = "tls"  # RFC 8460: who could not deliver encrypted.


@dataclass(frozen=True, slots=True)
class ReportMail:
    """A mail to an address that takes reports, or to a return path."""

    id: str  # The message's.
    client: str
    received_at: float  # UTC, seconds since the epoch.
    proven: str = ""  # The registered domain that stands behind the mail; "" = anybody may have written it.
    is_bounce: bool = False  # The null sender: a bounce, or another automatic answer.
    ip: str = ""  # Of whoever brought it.
    about: str = ""  # Of a bounce to a return path that we have signed: `Address.key` of whose mail came back.


@dataclass(frozen=True, slots=True)
class ReportSource:
    """One line of a report: what it counts of one source with one result."""

    source: str  # IP address of a server that used the domain; of TLS reports the domain's own server.
    passed: int  # Messages that passed DMARC; sessions that were encrypted.
    failed: int
    detail: str = ""  # Words of the format: "dkim=pass spf=fail disposition=none", "certificate-expired".
    dkim: bool = False  # Of DMARC reports, as the next two: whether an aligned signature held.
    spf: bool = False
    turned_away: bool = False  # Quarantined or rejected, for the domain's own policy.


@dataclass(frozen=True, slots=True)
class SourceTotal:
    """What one report counts of one source; of TLS reports, of one source and one reason."""

    source: str
    reason: str  # Of failed sessions; "" otherwise.
    passed: int
    failed: int
    dkim: int  # Messages, as the next two.
    spf: int
    turned_away: int


@dataclass(frozen=True, slots=True)
class ReceivedReport:
    """What one mail reports about one domain."""

    mail: ReportMail
    kind: ReportKind
    domain: str
    reporter: str  # The organisation, as it calls itself.
    report_id: str
    begin: int  # Epoch seconds.
    end: int
    policy: str  # "p=reject", "sts" ...
    sources: tuple[ReportSource, ...]  # The largest first.

    @property
    def passed(self) -> int:
        """Over all sources."""
        return sum(one.passed for one in self.sources)

    @property
    def failed(self) -> int:
        """Over all sources."""
        return sum(one.failed for one in self.sources)

    def totals(self, most: int) -> tuple[SourceTotal, ...]:
        """By source, the largest first, so many at most; each figure at most `MAX_COUNT`, whatever a stranger wrote."""
        found: dict[tuple[str, str], list[int]] = {}
        for one in self.sources:
            reason = one.detail if self.kind is ReportKind.TLS and one.failed else ""
            count = one.passed + one.failed
            told = (one.passed, one.failed, count * one.dkim, count * one.spf, count * one.turned_away)
            so_far = found.setdefault((one.source, reason), [0] * len(told))
            found[one.source, reason] = [min(a + b, MAX_COUNT) for a, b in zip(so_far, told, strict=True)]
        ranked = sorted(found.items(), key=lambda each: (-(each[1][0] + each[1][1]), each[0]))
        return tuple(SourceTotal(*key, *figures) for key, figures in ranked[:most])
