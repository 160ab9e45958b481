"""The message log: the events of each message, merged into what is known of it now."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ecluse.domain.event import Ending, EvidenceEvent, MessageEvent, RecipientEvent, Stage
from ecluse.domain.verdict import Disposition

# A message that was about to be relayed when the node died, or is being relayed now: nobody may know who has it.
UNANSWERED = "unanswered"
WORDS = (*(each.value for each in Disposition), *(each.value for each in Ending), UNANSWERED)

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


@dataclass(frozen=True, slots=True)
class Question:
    """Which messages are asked for; an empty field asks for all."""

    address: str = ""  # "ann@a.example" or "a.example", of the sender or of a recipient.
    id_prefix: str = ""
    words: frozenset[str] = frozenset()
    client: str = ""
    fingerprints: frozenset[str] = frozenset()  # One of these.

    def may_fit(self, event: MessageEvent) -> bool:
        """Whether the event can belong to such a message; the id alone tells from the first event on."""
        return event.id.startswith(self.id_prefix)

    def fits(self, message: LoggedMessage) -> bool:
        """Whether this is one of them."""
        if self.client and message.client.casefold() != self.client.casefold():
            return False
        if self.fingerprints and self.fingerprints.isdisjoint(message.fingerprints):
            return False
        if self.words and not self.words & message.words:
            return False
        return not self.address or self._has_address(message)

    def _has_address(self, message: LoggedMessage) -> bool:
        wanted = self.address.casefold().removeprefix("@")
        addresses = (message.sender.casefold(), *message.recipients)
        return any(wanted in {address, address.rpartition("@")[2]} for address in addresses)


def latest(events: Iterable[MessageEvent], question: Question, limit: int) -> list[LoggedMessage]:
    """The newest `limit` messages that fit, oldest first; memory grows with `limit` and with what is unfinished."""
    unfinished: dict[str, LoggedMessage] = {}
    finished: deque[LoggedMessage] = deque(maxlen=limit)
    for event in events:
        if not question.may_fit(event):
            continue
        message = unfinished.setdefault(event.id, LoggedMessage(event.id, event.at))
        message.learn(event)
        if message.is_settled:
            del unfinished[event.id]
            if question.fits(message):
                finished.append(message)
    fitting = itertools.chain(finished, (message for message in unfinished.values() if question.fits(message)))
    return sorted(fitting, key=lambda message: message.at)[-limit:]


class Follower:
    """Merges events as they come; each that tells something new of a message yields it as it stands then."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._unfinished: dict[str, LoggedMessage] = {}

    def learn(self, events: Iterable[MessageEvent]) -> Iterator[LoggedMessage]:
        """The messages that fit, one for each event but the intents, which say nothing yet."""
        for event in events:
            if not self._question.may_fit(event):
                continue
            message = self._unfinished.setdefault(event.id, LoggedMessage(event.id, event.at))
            message.learn(event)
            if message.is_settled:
                del self._unfinished[event.id]
            if event.stage is not Stage.INTENT and self._question.fits(message):
                yield message
