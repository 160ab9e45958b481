"""What one node has learned of clients' words, told to the control database."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace

from ecluse.adapters.controldb.database import Database, Transaction
from ecluse.adapters.controldb.shared_lessons import share
from ecluse.domain.act import Act, Origin

_MAX_VOTER, _MAX_MESSAGE = 330, 100  # Characters.


class ControlToldLessons:
    """The port `ToldLessons`."""

    def __init__(self, database: Database, node: str) -> None:
        self._database, self._node = database, node

    def clients(self) -> dict[str, int]:
        """See `ToldLessons.clients`."""
        with self._database.transaction() as transaction:
            return dict(transaction.rows("told_lessons", node=self._node))

    def taken_down(self) -> set[str]:
        """See `ToldLessons.taken_down`."""
        with self._database.transaction() as transaction:
            return {name for (name,) in transaction.rows("taken_down_clients")}

    def tell(self, client: str, log: str, acts: Iterable[Act]) -> None:
        """See `ToldLessons.tell`: what another node was told is that one's to tell."""
        now = time.time()
        with self._database.transaction() as transaction:
            for act in acts:
                bounded = replace(act, voter=act.voter[:_MAX_VOTER], message=act.message[:_MAX_MESSAGE])
                if act.origin is None:
                    self._tell(transaction, client, bounded)
                    share(transaction, client, bounded, Origin(self._node, log, act.number), now)
                if act.undoes:
                    self._take_back(transaction, client, bounded)

    def forget(self, client: str) -> None:
        """See `ToldLessons.forget`."""
        with self._database.transaction() as transaction:
            transaction.run("forget_lessons", client=client, node=self._node)
            transaction.run("unshare_lessons", client=client, node=self._node)

    def _tell(self, transaction: Transaction, client: str, act: Act) -> None:
        transaction.run(
            "tell_lesson",
            client=client,
            node=self._node,
            number=act.number,
            at=act.at,
            channel=act.channel.value,
            voter=act.voter,
            message=act.message,
            is_spam=act.is_spam,
            standing=act.standing.value,
            undoes=act.undoes,
            nobody="",
        )

    def _take_back(self, transaction: Transaction, client: str, act: Act) -> None:
        transaction.run(
            "lesson_is_taken_back", client=client, node=self._node, number=act.undoes, at=act.at, voter=act.voter
        )
