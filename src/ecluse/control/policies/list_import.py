"""Many lines of a client's lists and of its users' at once, as one change: from a file or a program."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.policies.models import ListEntry, ListKind
from ecluse.control.policies.services import list_sender
from ecluse.control.tenants.models import Address, Client


@dataclass(frozen=True, slots=True)
class ListRow:
    """One line as it is to be."""

    kind: ListKind
    entry: str
    pattern: str
    note: str = ""
    expires_at: datetime | None = None
    address: Address | None = None  # Of the user whose list it is; None: the client's.

    @property
    def place(self) -> tuple[int | None, str]:
        """A list has one line for a sender."""
        return self.address.pk if self.address else None, self.pattern


def import_list(client: Client, rows: Iterable[ListRow], *, by: Actor) -> int:
    """How many were not there as they are now. Of two for one sender in one list the last counts.

    In the other list before, it moves.
    """
    wanted = {row.place: row for row in rows}
    with change(by=by):
        there = {
            one.place: one for one in map(_row_of, ListEntry.objects.filter(client=client).select_related("address"))
        }
        fresh = [row for place, row in wanted.items() if there.get(place) != row]
        for row in fresh:
            list_sender(
                client,
                row.kind,
                row.entry,
                row.pattern,
                address=row.address,
                note=row.note,
                expires_at=row.expires_at,
                by=by,
            )
    return len(fresh)


def _row_of(one: ListEntry) -> ListRow:
    return ListRow(ListKind(one.kind), one.entry, one.pattern, one.note, one.expires_at, one.address)
