"""The lists of a client and of its users as a file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.policies import queries
from ecluse.control.policies.list_import import ListRow, import_list
from ecluse.control.policies.queries import ListEntry, ListKind
from ecluse.control.tenants.queries import Address, addresses_named
from ecluse.web.console.access import Visit, client_page
from ecluse.web.console.file_import import Upload, at_line, import_file, lines_of
from ecluse.web.pages import searched
from ecluse.web.spreadsheets import as_csv
from ecluse.wire.notations import MAX_TEXT, address_key, list_pattern

_COLUMNS = ("list", "sender", "note", "last day", "for", "added by", "added on")
_READ = 5  # The rest of what is exported is told, and not taken in.
_MAX_NOTE = 200


@require_POST
@client_page(Permission.CHANGE_LISTS)
def import_(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A file with the columns list, sender, note, last day, for: all of it, or nothing where a line is wrong."""

    def take(rows: list[ListRow]) -> None:
        added = import_list(visit.client, rows, by=visit.by)
        told = _("%(added)d added or changed, %(known)d known before.")
        messages.success(request, told % {"added": added, "known": len(rows) - added})

    return import_file(request, visit, "lists", _read_file, take)


@require_safe
@client_page(Permission.SEE_CLIENT)
def export(request: HttpRequest, _visit: Visit) -> HttpResponse:
    """What the page shows, in the form that `import_` reads, and who added each when."""
    kind = request.GET.get("kind", "")
    found = queries.list_entries(kind if kind in ListKind.values else "", searched(request))
    return as_csv("lists", _COLUMNS, map(_line, found))


def _line(row: ListEntry) -> tuple[object, ...]:
    whose = str(row.address) if row.address else ""
    return row.kind, row.entry, row.note, _day(row.expires_at), whose, row.added_by, _day(row.added_at)


def _day(at: datetime | None) -> str:
    """In UTC, as days are entered."""
    return at.astimezone(UTC).date().isoformat() if at else ""


def _read_file(upload: Upload) -> tuple[list[ListRow], list[str]]:
    rows, faults = [], []
    lines = [(number, _cells(cells)) for number, cells in lines_of(upload)]
    known = addresses_named(whose for _number, (*_, whose) in lines)
    for number, cells in lines:
        try:
            rows.append(_read_row(cells, known))
        except ValueError as problem:
            faults.append(at_line(number, problem))
    return rows, faults


def _cells(cells: list[str]) -> list[str]:
    """Those that are read, whichever are there."""
    return (cells + [""] * _READ)[:_READ]


def _read_row(cells: list[str], known: Mapping[str, Address]) -> ListRow:
    """Raises `ValueError` with a sentence for people."""
    kind, sender, note, last_day, whose = cells
    address = known.get(address_key(whose))
    if whose and address is None:
        raise ValueError(_("This is none of your addresses."))
    if kind.casefold() not in ListKind.values:
        raise ValueError(_("The list is allow or block."))
    return ListRow(ListKind(kind.casefold()), sender, _pattern(sender), note[:_MAX_NOTE], _end(last_day), address)


def _pattern(sender: str) -> str:
    try:
        if len(sender) <= MAX_TEXT:
            return list_pattern(sender)
    except ValueError:
        pass
    raise ValueError(_("This is no sender: an address, a domain or an IP address."))


def _end(last_day: str) -> datetime | None:
    if not last_day:
        return None
    try:
        until = datetime.combine(date.fromisoformat(last_day), time.max, UTC)
    except ValueError:
        raise ValueError(_("The last day is written as 2027-12-31.")) from None
    if until < timezone.now():
        raise ValueError(_("This day is over."))
    return until
