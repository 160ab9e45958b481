"""What the journal keeps of a message: the intent before our dot to the next hop, the outcome after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ecluse.domain.learned import LearnedFacts
from ecluse.domain.limit_mark import LimitMark


class Stage(StrEnum):
    """Which of the records of one message this is."""

    INTENT = "intent"  # We are about to send the final dot to the next hop.
    OUTCOME = "outcome"  # What was answered to the sender.
    DELIVERY = "delivery"  # A later attempt from the spool, or the end of a spooled message.


class Ending(StrEnum):
    """What happened to one recipient, as the log shows it."""

    RELAYED = "relayed"  # The next hop took it while the sender waited.
    SPOOLED = "spooled"
    HELD = "held"
    REFUSED = "refused"
    DEFERRED = "deferred"
    DELIVERED = "delivered"  # From the spool.
    BOUNCED = "bounced"
    EXPIRED = "expired"
    DELETED = "deleted"
    REJECTED_BY_NEXT_HOP = "rejected-by-next-hop"


TAKEN = frozenset({Ending.RELAYED, Ending.DELIVERED, Ending.SPOOLED})  # It goes on to its recipient, or has.


@dataclass(frozen=True, slots=True)
class RecipientEvent:
    """What became of one recipient."""

    address: str
    fate: Ending
    disposition: str = ""  # The verdict's.
    category: str = ""  # P, Q, M, N or "".
    score: float = 0.0
    findings: tuple[str, ...] = ()  # "CODE" or "CODE: detail".
    reply: str = ""  # The next hop's answer, or ours.
    is_found: bool = False  # Of an outcome: its server was asked, takes it, and turns away a name that nobody has.


@dataclass(frozen=True, slots=True)
class DmarcEvent:
    """What the report to the author's domain tells of a message (RFC 9990)."""

    from_domain: str
    policy_domain: str  # Whose record applied.
    record: str  # Its tags, as `published_tags` writes them.
    policy: str  # What it asks for with a message that fails, after sp, np and t.
    is_spf_aligned: bool = False
    is_dkim_aligned: bool = False
    spf: tuple[str, str] | None = None  # Domain and result for MAIL FROM.
    dkim: tuple[tuple[str, str, str], ...] = ()  # Domain, selector and result of each signature.


@dataclass(frozen=True, slots=True)
class EvidenceEvent:
    """What a verdict can be computed from anew, beside the findings: some 200 octets, no content (15-8)."""

    points: dict[str, float] = field(default_factory=dict)  # What each code counted for then; none where it was 0.
    learned: LearnedFacts | None = None  # What the classifier said; None where it was not asked.


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """One session, or the lack of one, with a server of a domain, as TLS reports count it (RFC 8460)."""

    host: str  # "" where no server was asked.
    word: str  # "ok" or a word of RFC 8460 section 4.3.
    address: str = ""
    policy: str = ""  # "tlsa" or "sts": what it was held to; "" = nothing that the domain publishes.
    strings: tuple[str, ...] = ()  # That policy: TLSA records, or the lines of an MTA-STS policy.
    hosts: tuple[str, ...] = ()  # The servers that an MTA-STS policy names.
    reason: str = ""  # Of a failure, in our words.
    source: str = ""  # From which of our addresses, where the settings choose one.


@dataclass(frozen=True, slots=True)
class MessageEvent:
    """One journal record (design 3): about 300 octets, one per message and stage."""

    id: str
    stage: Stage
    at: float  # UTC, seconds since the epoch.
    direction: str = ""
    client: str = ""
    ip: str = ""
    helo: str = ""
    tls: str = ""
    sender: str = ""
    recipients: tuple[RecipientEvent, ...] = ()
    size: int = 0
    reply: str = ""  # What the sender was answered.
    route: str = ""  # The next hop that was asked, "smtp://host:25".
    route_tls: str = ""  # How the session with it came to encryption: "ok" or a word of RFC 8460; "" = not a new one.
    timings_ms: dict[str, float] = field(default_factory=dict)
    fingerprints: tuple[str, ...] = ()  # `CampaignFacts.fingerprints`: who else got the same.
    evidence: EvidenceEvent | None = None  # Of an outcome; None in journals of older releases.
    released_by: str = ""  # Of a release: "administrator", "recipient" or "sender" (1-7: they count differently).
    dmarc: DmarcEvent | None = None  # Of an outcome, where the author's domain publishes a record.
    subject: str = ""  # Of an outcome, where the client wants subjects in its log; its beginning.
    account: str = ""  # Outbound: `Account.name` of who sent it.
    sessions: tuple[SessionEvent, ...] = ()  # Of a delivery by MX: all that were begun for it, in their order.
    limits: tuple[LimitMark, ...] = ()  # Of an outbound outcome: limits of its sender that are near, or turned it away.
