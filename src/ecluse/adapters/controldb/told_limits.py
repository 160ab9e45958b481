"""Limits of outbound mail that are near or reached, told to the control database."""

from __future__ import annotations

from collections.abc import Iterable

from ecluse.adapters.controldb.database import Database
from ecluse.domain.limit_mark import LimitMark

MAX_NAME, MAX_ANSWER = 320, 500  # Characters: one that does not fit would keep all others from being told.


class ControlToldLimits:
    """Told by the agent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tell(self, marks: Iterable[LimitMark]) -> None:
        """How these limits stood; those of nobody's client are passed over. Raises `Unavailable`."""
        with self._database.transaction() as transaction:
            for each in marks:
                transaction.run(
                    "tell_limit",
                    client=each.client,
                    scope=each.scope,
                    name=each.name.replace("\0", "\ufffd")[:MAX_NAME],
                    what=each.what,
                    window_s=each.window_s,
                    most=each.most,
                    count=each.count,
                    of=each.of,
                    at=each.at,
                    ends_at=each.ends_at,
                    reached_at=each.at if each.answer else 0.0,
                    answer=each.answer.replace("\0", "\ufffd")[:MAX_ANSWER],
                )
