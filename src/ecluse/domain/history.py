"""What is remembered of those who send: how long, how much, how much of it was bad; it fades (issue 3, item 5)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

DAY_S = 86_400.0
HALF_LIFE_S = 30 * DAY_S  # A message of a month ago counts half.
KEPT_S = 365 * DAY_S  # Contract 15-8: nothing is remembered longer than that after it was last seen.
GREYLIST_WAITS_S = 4 * DAY_S  # So long a message that was told to come again may stay away.
CAMPAIGN_KEPT_S = 7_200.0  # So long a campaign is counted: nothing is in a hurry for longer.
GREYLIST_KEPT_S = 36 * DAY_S  # So long one that came again opens the door to the next.


class Kind(StrEnum):
    """What a memory is about; names are kept as salted hashes only (15-7)."""

    NETWORK = "network"  # "192.0.2.0/24", "2001:db8::/48".
    SENDER_DOMAIN = "sender-domain"  # Of the envelope, proven by SPF or DKIM.
    DKIM_DOMAIN = "dkim-domain"
    PAIR = "pair"  # Sender and recipient.
    CORRESPONDENT = "correspondent"  # Client and an address that its users wrote to.
    GREYLIST = "greylist"  # A message that was told to come again.
    UNPROVEN_SENDER = "unproven-sender"  # Domain of the envelope without proof, and the network that used it.
    CAMPAIGN = "campaign"  # A fingerprint of content, or one of those who sent or got it, in one hour.
    ACCOUNT = "account"  # Who sends outbound mail, or a client as a whole.
    ACCOUNT_PLACE = "account-place"  # An account or a client, and a network or country that its mail came from.
    ACCOUNT_LINK = "account-link"  # An account, and a domain that its mail links to.
    ACCOUNT_PROGRAM = "account-program"  # An account or a client, and a program that has written its mail.
    ACCOUNT_HOUR = "account-hour"  # An account, and an hour of the day in which it has sent.


@dataclass(frozen=True, slots=True)
class Sighting:
    """One thing to remember."""

    kind: Kind
    name: str
    at: float  # UTC, seconds since the epoch.
    good: float = 0.0  # Messages that were delivered.
    bad: float = 0.0  # Messages that were refused or held.


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered under one name; the counts are those of `last_seen`."""

    first_seen: float
    last_seen: float
    good: float
    bad: float

    def faded(self, now: float) -> Memory:
        """The same memory at a later time."""
        share = 0.5 ** (max(0.0, now - self.last_seen) / HALF_LIFE_S)
        return Memory(self.first_seen, max(now, self.last_seen), self.good * share, self.bad * share)

    @property
    def count(self) -> float:
        """Messages, the older ones counted less."""
        return self.good + self.bad

    @property
    def bad_share(self) -> float:
        """Between 0 and 1; 0 where nothing is remembered any more."""
        return self.bad / self.count if self.count else 0.0


def recall(kind: Kind, memory: Memory | None, at: float, good: float, bad: float) -> Memory:
    """The memory with one more sighting; an older sighting that comes late counts like one of now."""
    if memory is None or is_over(kind, memory, at):
        return Memory(at, at, good, bad)
    faded = memory.faded(at)
    return Memory(min(memory.first_seen, at), faded.last_seen, faded.good + good, faded.bad + bad)


def is_over(kind: Kind, memory: Memory, now: float) -> bool:
    """Whether a memory has had its time; one of greylisting sooner than the others."""
    if kind is Kind.CAMPAIGN:
        return now - memory.last_seen > CAMPAIGN_KEPT_S
    if kind is not Kind.GREYLIST:
        return now - memory.last_seen > KEPT_S
    return now - memory.last_seen > (GREYLIST_KEPT_S if memory.good else GREYLIST_WAITS_S)
