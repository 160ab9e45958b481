"""Who may send no outbound mail for now, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf

FORGOTTEN_AFTER_S = 30 * 86_400.0  # A burst so long after the last one is a first one again.
FIRST_LOCK_S = 4 * 3_600.0  # A first burst locks so long; the next one until somebody unlocks (3-12).
TOGETHER_S = 60.0  # Messages of one burst that are on their way together ask for locks that end so close to each other.


class LockScope(StrEnum):
    """What a lock stops, the narrowest first."""

    ACCOUNT = "account"
    IP = "ip"  # An address that one client's mail comes from.
    CLIENT = "client"


class LockCause(StrEnum):
    """Why somebody is locked."""

    RECIPIENTS = "recipients"  # Of one message, or of near-identical ones, more than an account may have (3-11).
    BURST = "burst"  # What it sends looks like the work of somebody who has stolen it (3-12).
    PERSON = "person"  # Somebody has decided so.


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock, in force or remembered."""

    id: str
    scope: LockScope
    client: str
    name: str  # `Account.name`, the IP address, or "" for the client.
    cause: LockCause
    since: float  # UTC, seconds since the epoch.
    until: float = 0.0  # It ends by itself then; 0 = only by order.
    lifted_at: float = 0.0  # 0 = by nobody yet.
    reason: str = ""  # Numbers and domains for people: evidence, never content.
    times: int = (
        1  # How often it was locked for this cause in short succession, this time included; 0 = see `was_wanted`.
    )
    by: str = ""  # Who locked it; "" = we did.
    origin: str = ""  # The node that locked it first, where this one was told to; "" = this one.
    evidence: bytes = b""  # `LockEvidence`, sealed to the client; b"" = none is kept, or not any more.
    is_lifted_by_hand: bool = False  # At this node's command line: the others have not heard of it yet.

    @property
    def key(self) -> tuple[str, str, str]:
        """What it stops; one lock each."""
        return (self.scope.value, self.client, self.name)

    @property
    def ends_at(self) -> float:
        """When it ends, or has ended; 0 = nobody knows."""
        return self.lifted_at or self.until

    def is_in_force(self, now: float) -> bool:
        """Whether it stops mail now."""
        return not self.lifted_at and (not self.until or now < self.until)

    @property
    def was_wanted(self) -> bool:
        """Whether somebody has said that what looked like a burst was his own ("it was us")."""
        return self.cause is LockCause.BURST and not self.times

    def makes_needless(self, new: Lock, now: float) -> bool:
        """Whether it stops already what a new lock of the same would, for as long; or is the same lock, which is not revived."""
        lasts = (self.until or inf) >= (new.until or inf) - TOGETHER_S
        return self.id == new.id or (self.is_in_force(now) and lasts)


def burst_lock(new: Lock, former: Lock | None) -> Lock:
    """The lock with its length: a first one ends by itself, one soon after another does not."""
    was_burst = former is not None and former.cause is LockCause.BURST and not former.was_wanted
    if former is None or not was_burst or new.since - former.since >= FORGOTTEN_AFTER_S:
        return replace(new, until=new.since + FIRST_LOCK_S, times=1)
    return replace(new, until=0.0, times=former.times + 1)
