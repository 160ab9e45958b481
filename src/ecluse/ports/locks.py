"""Who may send no outbound mail, known to all processes of the node and kept through restarts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ecluse.domain.lock import Lock, LockScope


class Locks(Protocol):
    """Read for each message, in microseconds; written where somebody is locked or unlocked."""

    def find(self, client: str, account: str, ip: str, now: float) -> Lock | None:
        """The lock that stops this account's mail from this address, the narrowest first; None = it may send.

        Raises `Unavailable`.
        """
        ...

    def of(self, scope: LockScope, client: str, name: str) -> Lock | None:
        """The last lock of this one, in force or not. Raises `Unavailable`."""
        ...

    def put(self, lock: Lock) -> None:
        """In the place of the last one of the same; durable when it returns. Raises `Unavailable`, `NoRoom`."""
        ...

    def add(self, lock: Lock, now: float) -> Lock:
        """Put it, unless one of the same makes it needless, whoever puts that at the same moment; the one that counts now.

        Durable when it returns. Raises `Unavailable`, `NoRoom`.
        """
        ...

    def all(self) -> Iterator[Lock]:
        """Every lock, those in force and those that are remembered. Raises `Unavailable`."""
        ...

    def forget(self, lock: Lock) -> None:
        """It is over and tells nothing any more; harmless when it is not here. Raises `Unavailable`."""
        ...
