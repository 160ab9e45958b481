"""Who may send no outbound mail from one node, told to the control database."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ecluse.adapters.controldb.database import Database
from ecluse.domain.lock import Lock


class ControlToldLocks:
    """The port `ToldLocks`."""

    def __init__(self, database: Database, node: str) -> None:
        self._database, self._node = database, node

    def tell(self, locks: Iterable[Lock]) -> None:
        """See `ToldLocks.tell`."""
        with self._database.transaction() as transaction:
            for each in locks:
                transaction.run(
                    "tell_lock",
                    node=self._node,
                    id=each.id,
                    client=each.client,
                    scope=each.scope.value,
                    name=each.name,
                    cause=each.cause.value,
                    since=each.since,
                    until=each.until,
                    lifted_at=each.lifted_at,
                    reason=each.reason,
                    times=each.times,
                    origin=each.origin,
                    evidence=each.evidence or None,
                    is_lifted_by_hand=each.is_lifted_by_hand,
                    no=False,
                )

    def end_others(self, ids: Collection[str], now: float) -> None:
        """See `ToldLocks.end_others`."""
        with self._database.transaction() as transaction:
            told = [name for (name,) in transaction.rows("told_locks", node=self._node, now=now)]
            for each in told:
                if each not in ids:
                    transaction.run("lift_lock", node=self._node, id=each, now=now)
