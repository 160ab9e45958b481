"""The messages that one node holds, told to the control database."""

from __future__ import annotations

from collections.abc import Iterable

from ecluse.adapters.controldb.database import Database, Transaction
from ecluse.domain.queue import QueuedMessage

MAX_TEXT = 300


class ControlHeldCopies:
    """The port `HeldCopies`."""

    def __init__(self, database: Database, node: str) -> None:
        self._database, self._node = database, node

    def known(self) -> set[str]:
        """See `HeldCopies.known`."""
        with self._database.transaction() as transaction:
            return {message_id for (message_id,) in transaction.rows("held_of_node", node=self._node)}

    def add(self, messages: Iterable[QueuedMessage]) -> None:
        """See `HeldCopies.add`."""
        with self._database.transaction() as transaction:
            for message in messages:
                self._add(transaction, message)

    def gone(self, ids: Iterable[str], at: float) -> None:
        """See `HeldCopies.gone`."""
        with self._database.transaction() as transaction:
            for message_id in ids:
                transaction.run("held_is_gone", id=message_id, at=at)

    def _add(self, transaction: Transaction, message: QueuedMessage) -> None:
        judgement, _, codes = message.verdict.partition(": ")
        disposition, _, category = judgement.partition(" ")
        transaction.run(
            "add_held_message",
            id=message.id,
            client=message.client,
            node=self._node,
            sender=str(message.sender) if message.sender else "",
            size=message.size,
            received_at=message.received_at,
            disposition=disposition,
            codes=codes[:MAX_TEXT],
            reason=message.reason[:MAX_TEXT],
            seal=message.seal or None,
            summary=message.summary or None,
            token=message.token or None,
            may_be_challenged=message.may_be_challenged,
            direction=message.direction.value,
        )
        for one in message.waiting:
            recipient = one.address.key
            letter = one.category or category
            transaction.run("add_held_copy", id=message.id, recipient=recipient, category=letter, no=False)
