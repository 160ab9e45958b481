"""One message as the log knows it: its events, merged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter

from ecluse.domain.event import DmarcEvent, Ending, EvidenceEvent, MessageEvent, RecipientEvent, Stage

# A message that was about to be relayed when the node died, or is being relayed now: nobody may know who has it.
UNANSWERED = "unanswered"
_OPEN_ENDINGS = frozenset({Ending.SPOOLED, Ending.HELD})


@dataclass(slots=True)
class LoggedRecipient:
    """What became of one recipient, as far as the journal tells."""

    address: str
    fate: Ending
    disposition: str = ""
    category: str = ""
    score: float = 0.0
    findings: tuple[str, ...] = ()
    reply: str = ""
    is_ours: bool = False  # We have answered for it, and it has not come to its end.

    def learn(self, event: RecipientEvent, stage: Stage) -> None:
        """A later record changes the fate; the verdict stands in the first alone."""
        self.fate, self.reply = event.fate, event.reply or self.reply
        self.disposition, self.category = event.disposition or self.disposition, event.category or self.category
        self.score, self.findings = event.score or self.score, event.findings or self.findings
        # Deferred by the next hop it stays with us; deferred by us it stayed with its sender.
        self.is_ours = event.fate in _OPEN_ENDINGS or (stage is Stage.DELIVERY and event.fate is Ending.DEFERRED)


@dataclass(slots=True)
class LoggedMessage:
    """One message; its fields are those of `MessageEvent`, the first that was told of each."""

    id: str
    at: float  # Of the first event that was read.
    direction: str = ""
    client: str = ""
    ip: str = ""
    helo: str = ""
    tls: str = ""
    sender: str = ""
    size: int = 0
    reply: str = ""  # What the sender was answered.
    route: str = ""
    timings_ms: dict[str, float] = field(default_factory=dict)
    recipients: dict[str, LoggedRecipient] = field(default_factory=dict)
    fingerprints: tuple[str, ...] = ()
    released_by: str = ""
    evidence: EvidenceEvent | None = None
    subject: str = ""
    dmarc: DmarcEvent | None = None
    route_tls: str = ""

    def learn(self, event: MessageEvent) -> None:
        """Take in one more event."""
        for name in (
            "direction",
            "client",
            "ip",
            "helo",
            "tls",
            "sender",
            "size",
            "route",
            "timings_ms",
            "fingerprints",
            "released_by",
            "evidence",
            "subject",
            "dmarc",
            "route_tls",
        ):
            setattr(self, name, getattr(self, name) or getattr(event, name))
        if event.stage is Stage.OUTCOME:
            self.reply = event.reply
        for one in event.recipients:
            known = self.recipients.setdefault(one.address, LoggedRecipient(one.address, one.fate))
            known.learn(one, event.stage)

    @property
    def is_settled(self) -> bool:
        """Whether no further event is to come."""
        return bool(self.recipients) and not any(one.is_ours for one in self.recipients.values())

    @property
    def words(self) -> frozenset[str]:
        """What may be asked for: the verdicts and fates of its recipients."""
        if not self.recipients:
            return frozenset({UNANSWERED})
        return frozenset(word for one in self.recipients.values() for word in (one.disposition, one.fate) if word)


def merge(events: Iterable[MessageEvent]) -> LoggedMessage:
    """The events of one message, in whatever order; raises `ValueError` for none."""
    in_order = sorted(events, key=attrgetter("at"))
    if not in_order:
        raise ValueError("no event")
    message = LoggedMessage(in_order[0].id, in_order[0].at)
    for event in in_order:
        message.learn(event)
    return message
