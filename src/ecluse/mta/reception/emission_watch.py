"""Follows what each account, address and client sends, and locks the one whose bucket is full (3-12)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ecluse.domain.account import Account
from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.ids import new_id
from ecluse.domain.incoming import Incoming
from ecluse.domain.lock import Lock, LockCause, LockScope, burst_lock
from ecluse.domain.quota import Bucket, Charge, Sum
from ecluse.domain.sending import DAY_S
from ecluse.filtering.emission import UNKNOWN_DAYS, Behaviour, Room, experience, room, weigh
from ecluse.mta.sent_counts import MESSAGES, RECIPIENTS, STRANGERS, UNKNOWN, own_count
from ecluse.ports.locks import Locks
from ecluse.ports.quotas import Quotas

DAYS = 28  # That tell what is usual.
KNOWN_FOR_S = 600.0  # What was read of them.
MAX_KNOWN = 10_000
TRUSTED_FOR_S = 3 * 86_400.0  # After "it was us" the same account is not locked again at once.
HUNDREDTHS = 100  # Sums are whole numbers.


@dataclass(frozen=True, slots=True)
class Watched:
    """One of those whom a message speaks against."""

    scope: LockScope
    client: str
    name: str  # As its lock names it; "" for the client itself.

    @property
    def sum_name(self) -> str:
        """The points of its days, under what is unique on the installation."""
        key = f"{self.client}/{self.name}" if self.name else self.client
        return f"points\0{self.scope}\0{key}"


@dataclass(frozen=True, slots=True)
class EmissionWatch:
    """Asked for each message that is within its limits."""

    locks: Locks
    quotas: Quotas
    known: dict[str, tuple[float, tuple[float, ...]]] = field(default_factory=dict)  # Sum -> read when, its days.

    async def look(self, incoming: Incoming, account: Account, evidence: Evidence, behaviour: Behaviour) -> Lock | None:
        """The lock that this message brings about, not put yet, or met; None = nothing strange. Raises `Unavailable`."""
        weighed = weigh(evidence, behaviour)
        if not weighed.points:
            return None
        now = incoming.received_at
        watched = self._watched(account, incoming.peer.ip, now)
        rooms = [await self._room(one, evidence, behaviour, now) for one in watched]
        shares = [weighed.points * experience(evidence.sending, one.scope, behaviour) for one in watched]
        rows = tuple(zip(watched, shares, rooms, strict=True))
        sums = tuple(Sum(one.sum_name, DAY_S, round(weighed.points * HUNDREDTHS)) for one in watched)
        buckets = tuple(Bucket(one.sum_name, share, of.leak_per_s) for one, share, of in rows)
        grant = await self.quotas.take(Charge(now, sums, (), buckets))
        levels = zip(watched, grant.levels, rooms, strict=True)
        full = next((one for one, level, of in levels if level >= of.capacity), None)
        if full is None:
            return None
        lock = self._burst(full, account, weighed.reason, now)
        if lock is None:
            await self._begin_anew(full)
        return lock

    async def begin_anew(self, lock: Lock) -> None:
        """What comes after this lock is counted anew: the next burst is one of its own. Raises `Unavailable`.

        For who has put it: a message that was on its way meets the lock then, and fills nobody else's bucket.
        """
        await self._begin_anew(Watched(lock.scope, lock.client, lock.name))

    async def compared(self, account: Account, today: Behaviour, now: float) -> Behaviour:
        """What was counted of today, beside what the account did on the days before. Raises `Unavailable`."""
        messages, recipients, strangers, unknown = [
            await self._days(own_count(account, what), now) for what in (MESSAGES, RECIPIENTS, STRANGERS, UNKNOWN)
        ]
        return replace(
            today,
            usual_day=_usual(messages),
            usual_strangers=_usual(strangers),
            strangers=today.strangers + _lately(strangers),
            recipients=today.recipients + _lately(recipients),
            unknown=today.unknown + _lately(unknown),
        )

    def _watched(self, account: Account, ip: str, now: float) -> tuple[Watched, ...]:
        """The account; where nobody vouches for what it sends, its address and its client, too."""
        own = Watched(LockScope.ACCOUNT, account.client, account.name)
        if is_trusted(self.locks.of(own.scope, account.client, own.name), now):
            return (own,)
        address = Watched(LockScope.IP, account.client, ip)
        return (own, address, Watched(LockScope.CLIENT, account.client, ""))

    async def _room(self, one: Watched, evidence: Evidence, behaviour: Behaviour, now: float) -> Room:
        facts = evidence.sending
        is_new = not isinstance(facts, Unknown) and facts.is_new_to_client
        days = await self._days(one.sum_name, now)
        points = tuple(each / HUNDREDTHS for each in days)
        return room(one.scope, points, is_new_address=is_new, has_bad_list=behaviour.has_bad_list)

    async def _days(self, name: str, now: float) -> tuple[float, ...]:
        read_at, days = self.known.get(name, (float("-inf"), ()))
        if abs(now - read_at) >= KNOWN_FOR_S:
            today = int(now // DAY_S)
            days = await self.quotas.days(name, range(today - DAYS, today))
            if len(self.known) >= MAX_KNOWN:
                self.known.clear()
            self.known[name] = (now, days)
        return days

    def _burst(self, full: Watched, account: Account, reason: str, now: float) -> Lock | None:
        own = self.locks.of(LockScope.ACCOUNT, account.client, account.name)
        former = self.locks.of(full.scope, account.client, full.name)
        for lock in (own, former):
            if lock is not None and lock.is_in_force(now):
                return lock  # Of the same burst: this message was on its way when the lock came.
        if is_trusted(former, now):
            return None
        lock = Lock(new_id(), full.scope, account.client, full.name, LockCause.BURST, now, reason=reason)
        return burst_lock(lock, former)

    async def _begin_anew(self, one: Watched) -> None:
        await self.quotas.empty([one.sum_name])


def _usual(days: tuple[float, ...]) -> float:
    """The mean of the days that had any; 0 where there is none."""
    busy = [amount for amount in days if amount]
    return sum(busy) / len(busy) if busy else 0.0


def _lately(days: tuple[float, ...]) -> int:
    """With today these are `UNKNOWN_DAYS`."""
    return int(sum(days[1 - UNKNOWN_DAYS :]))


def is_trusted(former: Lock | None, now: float) -> bool:
    """Whether somebody has said of a burst a short time ago that it was his own."""
    return former is not None and former.was_wanted and now - former.lifted_at < TRUSTED_FOR_S
