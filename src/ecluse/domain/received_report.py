"""What others report about our clients' domains, in the form that is kept and shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
