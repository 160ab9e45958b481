"""With which programs, and at which hours of the day, an account sends: what its owner does without a thought (3-12)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ecluse.domain.account import Account
from ecluse.domain.history import DAY_S, Kind, Memory
from ecluse.domain.sending import HOUR_S
from ecluse.filtering.identities import account_hour_name, sender_program_name
from ecluse.ports.counters import Counters

NEWCOMER_DAYS = 3.0  # So long an account may begin with each program that its colleagues have.
HOURS = 24
HOURS_DAYS = 14.0  # In which an account shows the hours at which it sends.
OWN_HOURS_DAYS, OWN_HOURS_SHARE = 7.0, 0.01  # Who is there by night makes no custom of it within a week.


@dataclass(frozen=True, slots=True)
class Programs:
    """How many days ago the program of a message was first used, by the account and by anybody of its client; 0 = today."""

    name: str
    own_days: float
    client_days: float

    @classmethod
    def of(cls, counters: Counters, account: Account, name: str, now: float) -> Programs:
        """Raises `Unavailable`."""
        if not name:
            return cls(name, 0.0, 0.0)
        owners = [sender_program_name(owner, name) for owner in (account.key, account.client)]
        own, of_client = counters.find_each(Kind.ACCOUNT_PROGRAM, owners)
        return cls(name, _days(own, now), _days(of_client, now))

    @property
    def is_own(self) -> bool:
        """The account has used it before today."""
        return self.own_days >= 1

    def is_new(self, days_known: float, client_days_known: float, days_noted: float) -> bool:
        """The account has not used it before today; in its first days: nobody of the client has.

        `days_noted`: since when habits of the account are remembered; an older release knew it without them.
        """
        if not self.name or client_days_known < NEWCOMER_DAYS:
            return False
        if days_known < NEWCOMER_DAYS:
            return self.client_days < 1
        return days_noted >= NEWCOMER_DAYS and not self.is_own


@dataclass(frozen=True, slots=True)
class Hours:
    """What is remembered of each hour of the day (UTC), and since when."""

    memories: tuple[Memory | None, ...]
    days: float

    @classmethod
    def of(cls, counters: Counters, account: Account, now: float) -> Hours:
        """Raises `Unavailable`."""
        memories = counters.find_each(Kind.ACCOUNT_HOUR, [account_hour_name(account, each) for each in range(HOURS)])
        return cls(memories, max(_days(memory, now) for memory in memories))

    def is_odd(self, now: float) -> bool:
        """Whether it hardly ever sent at this hour, the one before or the one after: clocks change, and people stay late."""
        if self.days < HOURS_DAYS:
            return False
        hour = int(now % DAY_S // HOUR_S)
        near = [memory for each in (hour - 1, hour, hour + 1) if (memory := self.memories[each % HOURS])]
        is_used = any(_days(memory, now) >= OWN_HOURS_DAYS for memory in near)
        return not is_used or _count(near, now) < OWN_HOURS_SHARE * _count(filter(None, self.memories), now)


def _count(memories: Iterable[Memory], now: float) -> float:
    return sum(memory.faded(now).good for memory in memories)


def _days(memory: Memory | None, now: float) -> float:
    return max(0.0, now - memory.first_seen) / DAY_S if memory else 0.0
