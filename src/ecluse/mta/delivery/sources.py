"""From which of our addresses a message leaves: mail that may cost an address its good name does not leave from the best ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from zlib import crc32

from ecluse.domain.lock import Lock, LockScope
from ecluse.domain.queue import QueuedMessage
from ecluse.domain.reply import Reply
from ecluse.mta.delivery.exchanges import Exchange, NoExchange
from ecluse.mta.delivery.source import Source
from ecluse.ports.locks import Locks

WATCHED_FOR_S = 14 * 86_400.0  # After a lock's beginning; receivers' memory of a burst is about as long.

NO_SOURCE = Reply(450, "4.4", "no address of this server leads to a server of the domain")


class Tier(StrEnum):
    """Mail by what it may do to the name of the address that it leaves from."""

    GOOD = "good"  # Of accounts in good standing.
    WATCHED = "watched"  # Of who is in his first days here, or was locked a short time ago.
    NOTICES = "notices"  # Without a sender: bounces, and what else nobody may answer (RFC 5321 section 4.5.5).


Pools = Mapping[Tier, tuple[Source, ...]]


@dataclass(frozen=True, slots=True)
class Sources:
    """Chooses among them."""

    pools: Pools  # A tier without addresses of its own uses those of `Tier.GOOD`.
    locks: Locks
    clock: Callable[[], float] = time.time

    def bind(self, message: QueuedMessage, exchanges: tuple[Exchange, ...]) -> tuple[Exchange, ...]:
        """Each with the address that it is connected to from; those go that none of the tier's addresses leads to.

        A client's mail for a domain keeps to one address, so that connections are used again and receivers know it.
        Raises `NoExchange`, and `Unavailable` of the locks.
        """
        pool = self.pools.get(self.tier(message)) or self.pools[Tier.GOOD]
        share = crc32(f"{message.client}\0{message.destination}".encode())
        fitting = ((each, _of_family(pool, is_ipv6=":" in each.address)) for each in exchanges)
        bound = tuple(replace(each, source=fit[share % len(fit)]) for each, fit in fitting if fit)
        if not bound:
            raise NoExchange(NO_SOURCE)
        return bound

    def tier(self, message: QueuedMessage) -> Tier:
        """Raises `Unavailable`."""
        if message.sender is None:
            return Tier.NOTICES
        if not self.pools.get(Tier.WATCHED):
            return Tier.GOOD  # No lock makes a difference.
        if message.is_of_newcomer:
            return Tier.WATCHED
        names = ((LockScope.ACCOUNT, message.account), (LockScope.IP, message.ip), (LockScope.CLIENT, ""))
        locks = (self.locks.of(scope, message.client, name) for scope, name in names)
        return Tier.WATCHED if any(map(self._is_watched, locks)) else Tier.GOOD

    def _is_watched(self, lock: Lock | None) -> bool:
        return lock is not None and not lock.was_wanted and self.clock() - lock.since < WATCHED_FOR_S


def _of_family(pool: tuple[Source, ...], *, is_ipv6: bool) -> tuple[Source, ...]:
    return tuple(each for each in pool if each.is_ipv6 is is_ipv6)
