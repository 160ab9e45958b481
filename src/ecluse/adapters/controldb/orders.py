"""Orders to one node, read from the control database and answered there."""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterator

from ecluse.adapters.controldb.database import Database, Transaction
from ecluse.domain.order import Order, OrderAnswer, Outcome

MOST = 100  # Orders at one look.
MAX_TEXT = 300


class ControlOrders:
    """The port `Orders`."""

    def __init__(self, database: Database, node: str) -> None:
        self._database, self._node = database, node

    def waiting(self, now: float, put_off: Container[str] = ()) -> tuple[Order, ...]:
        """See `Orders.waiting`."""
        with self._database.transaction() as transaction:
            found = (order for order in self._pages(transaction, now) if order.id not in put_off)
            return tuple(itertools.islice(found, MOST))

    def _pages(self, transaction: Transaction, now: float) -> Iterator[Order]:
        ordered_at, last = 0.0, ""
        while True:
            values = {"node": self._node, "now": now, "ordered_at": ordered_at, "last": last, "most": MOST}
            rows = list(transaction.rows("orders_waiting", **values))
            yield from (_order(*row) for _, *row in rows)
            if len(rows) < MOST:
                return
            ordered_at, last = rows[-1][:2]

    def find(self, order_id: str) -> Order | None:
        """See `Orders.find`."""
        with self._database.transaction() as transaction:
            rows = list(transaction.rows("order_unanswered", node=self._node, id=order_id))
        return _order(*rows[0]) if rows else None

    def answer(self, order_id: str, answer: OrderAnswer, at: float) -> None:
        """See `Orders.answer`."""
        with self._database.transaction() as transaction:
            transaction.run(
                "answer_order",
                id=order_id,
                node=self._node,
                at=at,
                outcome=answer.outcome.value,
                text=answer.text[:MAX_TEXT],
                answer=answer.body or None,
            )
            transaction.run("order_done" if answer.outcome is Outcome.DONE else "order_failed", id=order_id)


def _order(order_id: str, kind: str, target: str, actor: str, body: bytes | memoryview | None) -> Order:
    return Order(order_id, kind, target, actor, b"" if body is None else bytes(body))
