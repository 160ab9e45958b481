"""Orders of the control plane to this node."""

from __future__ import annotations

from collections.abc import Container
from typing import Protocol

from ecluse.domain.order import Order, OrderAnswer


class Orders(Protocol):
    """What waits to be done here. Every method raises `Unavailable`."""

    def waiting(self, now: float, put_off: Container[str] = ()) -> tuple[Order, ...]:
        """Some that are not answered and not expired, the oldest first; `now` in seconds since the epoch, UTC.

        Those that are put off, by their ids, are passed over, and keep none that came later waiting.
        """
        ...

    def find(self, order_id: str) -> Order | None:
        """One that is not answered, expired or not."""
        ...

    def answer(self, order_id: str, answer: OrderAnswer, at: float) -> None:
        """Say what came of it, durably; what its body held is erased. Said twice, the first answer stays."""
        ...
