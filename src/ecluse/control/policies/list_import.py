"""Many lines of a client's lists at once, as one change: from a file or a program."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.policies.models import ListEntry, ListKind
from ecluse.control.policies.services import list_sender
from ecluse.control.tenants.models import Client


@dataclass(frozen=True, slots=True)
class ListRow:
    """One line as it is to be."""

    kind: ListKind
    entry: str
    pattern: str
    note: str = ""
    expires_at: datetime | None = None


def import_list(client: Client, rows: Iterable[ListRow], *, by: Actor) -> int:
    """How many were not there as they are now. Of two for one sender the last counts; in the other list before, it moves."""
    wanted = {row.pattern: row for row in rows}
    with change(by=by):
        there = {one.pattern: _row_of(one) for one in ListEntry.objects.filter(client=client, address=None)}
        fresh = [row for row in wanted.values() if there.get(row.pattern) != row]
        for row in fresh:
            list_sender(client, row.kind, row.entry, row.pattern, note=row.note, expires_at=row.expires_at, by=by)
    return len(fresh)


def _row_of(one: ListEntry) -> ListRow:
    return ListRow(ListKind(one.kind), one.entry, one.pattern, one.note, one.expires_at)
