"""What one person gets of what is held of him (15-1, GDPR art. 15 and 20): as data, and for pages to make readable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from ecluse.control.audit.actor import Actor
from ecluse.control.privacy.naming import Names
from ecluse.control.privacy.outside import LOG, OUTSIDE
from ecluse.control.privacy.requests import PersonRequest, note_export, note_search
from ecluse.control.privacy.searching import Trace, exported, log_rows, traces
from ecluse.domain.log_row import LogRow
from ecluse.domain.personal_data import Store
from ecluse.ports.message_log import MessageLog


@dataclass(frozen=True, slots=True)
class Part:
    """What one store has of him."""

    store: Store
    rows: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class Export:
    """All of it."""

    request: int
    addresses: tuple[str, ...]
    made_at: datetime
    parts: tuple[Part, ...]
    is_whole: bool  # False: the message log has more than the newest `MAX_LOG_ROWS` of one address.

    @property
    def plain(self) -> dict[str, object]:
        """As JSON."""
        parts = [
            {
                "store": part.store.name,
                "purpose": part.store.purpose.value,
                "basis": part.store.basis.value,
                "kept": part.store.kept.value,
                "rows": list(part.rows),
            }
            for part in self.parts
        ]
        return {
            "request": self.request,
            "addresses": list(self.addresses),
            "made_at": self.made_at.isoformat(),
            "is_whole": self.is_whole,
            "parts": parts,
        }


def found(request: PersonRequest, log: MessageLog, now: datetime) -> Export:
    """What is held of him now; in the scope of the request. Raises `Unavailable`."""
    names = Names(tuple(request.addresses))
    rows, is_whole = log_rows(log, names, request.client, now.timestamp())
    parts = (*_parts(traces(names, request.client), names), _log_part(rows))
    return Export(request.pk, names.addresses, now, tuple(part for part in parts if part.rows), is_whole)


def search(request: PersonRequest, log: MessageLog, now: datetime, *, by: Actor) -> Export:
    """The same, to be looked at by whoever works on the request: recorded. Raises `Unavailable`."""
    note_search(request, by=by)
    return found(request, log, now)


def export(request: PersonRequest, log: MessageLog, now: datetime, *, by: Actor) -> Export:
    """The same, to be given to him: recorded. Raises `Impossible` before he has proven who he is, `Unavailable`."""
    note_export(request, by=by)
    return found(request, log, now)


def _parts(all_of_them: Iterable[Trace], names: Names) -> list[Part]:
    """One row that names him in several fields is one row."""
    rows: dict[Store, dict[object, dict[str, str]]] = {}
    for trace in all_of_them:
        rows.setdefault(trace.store, {}).setdefault(trace.row.pk, {}).update(exported(trace, names))
    return [Part(store, tuple(of_store.values())) for store, of_store in rows.items()]


def _log_part(rows: Iterable[LogRow]) -> Part:
    store = next(each for each in OUTSIDE if each.name == LOG)
    lines = {(row.id, row.recipient): _logged(row) for row in rows}
    return Part(store, tuple(lines.values()))


def _logged(row: LogRow) -> dict[str, str]:
    return {
        "at": datetime.fromtimestamp(row.at, UTC).isoformat(timespec="seconds"),
        "id": row.id,
        "direction": row.direction,
        "sender": row.sender,
        "recipient": row.recipient,
        "ip": row.ip,
        "disposition": row.disposition,
        "category": row.category,
        "fate": row.fate,
        "code": str(row.code),
        "size": str(row.size),
        "subject": row.subject,
    }
