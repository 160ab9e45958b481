"""Published policy, read from the control database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ecluse.adapters.controldb.database import Database
from ecluse.domain.publication import Batch, Kind, Publication

MOST = 1_000  # Changes in one batch.


class ControlPublications:
    """The port `Publications`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def everything(self) -> Iterator[tuple[int, Iterable[Publication]]]:
        """See `Publications.everything`."""
        with self._database.transaction(is_snapshot=True) as transaction:
            _, position = transaction.row("span")
            rows = transaction.rows("everything")
            yield position, (publication for row in rows for publication in _known(*row))

    def after(self, position: int) -> Batch | None:
        """See `Publications.after`."""
        with self._database.transaction(is_snapshot=True) as transaction:
            first, last = transaction.row("span")
            if position == last:
                return Batch(position, ())
            if position > last or position < first - 1:
                # Restored from a backup, or older than the changes that are kept.
                return None
            rows = list(transaction.rows("changed", position=position, most=MOST))
        # The last row tells how far this goes.
        publications = tuple(publication for _, *row in rows for publication in _known(*row))
        return Batch(rows[-1][0], publications)


def _known(kind: str, key: str, body: bytes | memoryview | None) -> Iterator[Publication]:
    """Kinds of a later release are passed over."""
    if kind in Kind.__members__.values():
        yield Publication(Kind(kind), key, None if body is None else bytes(body))
