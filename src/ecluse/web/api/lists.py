"""Allow and block lists: who added what, when, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from django.utils import timezone
from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.policies import queries, services
from ecluse.control.policies.list_import import ListRow, import_list
from ecluse.control.policies.queries import ListEntry, ListKind
from ecluse.control.tenants.queries import Address, addresses_named
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.api.problems import invalid
from ecluse.web.pages import or_404
from ecluse.wire.notations import address_key, list_pattern

MAX_AT_ONCE = 1_000

router = Router(tags=["Allow and block lists"])


class EntryOut(BaseModel):
    """One line of a list."""

    id: int
    kind: str
    entry: str
    address: str | None = Field(description="Of the user whose list it is; null: the client's.")
    note: str
    added_by: str
    added_at: datetime
    expires_at: datetime | None


class EntryIn(BaseModel):
    """A new line of the client's lists, or of one user's."""

    model_config = ConfigDict(extra="forbid")
    kind: ListKind
    entry: texts.Pattern
    address: Annotated[texts.Mailbox | None, Field(description="Of the user whose list it is; null: the client's.")] = (
        None
    )
    note: texts.Note = ""
    expires_at: texts.Time | None = None


class EntriesIn(BaseModel):
    """Many new lines."""

    model_config = ConfigDict(extra="forbid")
    entries: Annotated[list[EntryIn], Field(min_length=1, max_length=MAX_AT_ONCE)]


class ListedOut(BaseModel):
    """What came of it."""

    added: int  # Or changed.
    known: int  # They were there before, just so.


class EntriesAsked(Asked):
    """Which lines."""

    kind: ListKind | None = None
    q: texts.Search = ""


@operation(router, "GET", "/lists", Permission.SEE_CLIENT)
def list_entries(call: Call, asked: Query[EntriesAsked]) -> Page[EntryOut]:  # noqa: ARG001 - as all views
    """Both lists, or one; those of users, too. `q` is looked for in the user's address, as well."""
    return page_of(queries.list_entries(asked.kind or "", asked.q), asked, _entry)


@operation(router, "POST", "/lists", Permission.CHANGE_LISTS, status=201)
def add_list_entry(call: Call, body: EntryIn) -> EntryOut:
    """One more line; in the other list before, it moves."""
    row = services.list_sender(
        call.client,
        body.kind,
        body.entry,
        list_pattern(body.entry),
        address=_whose(body.address, addresses_named([body.address or ""])),
        note=body.note,
        expires_at=_end(body.expires_at),
        by=call.by,
    )
    return _entry(row)


@operation(router, "POST", "/lists/import", Permission.CHANGE_LISTS)
def import_list_entries(call: Call, body: EntriesIn) -> ListedOut:
    """All of these into the lists, or none where one of them is wrong; nothing is taken off."""
    known = addresses_named(each.address for each in body.entries if each.address)
    rows = [_row(each, f"entries.{number}.", known) for number, each in enumerate(body.entries)]
    added = import_list(call.client, rows, by=call.by)
    return ListedOut(added=added, known=len(rows) - added)


@operation(router, "GET", "/lists/{int:entry_id}", Permission.SEE_CLIENT)
def show_list_entry(call: Call, entry_id: int) -> EntryOut:  # noqa: ARG001 - as all views
    """One line."""
    return _entry(_find(entry_id))


@operation(router, "DELETE", "/lists/{int:entry_id}", Permission.CHANGE_LISTS, status=204)
def remove_list_entry(call: Call, entry_id: int) -> None:
    """One line less."""
    services.unlist(_find(entry_id), by=call.by)


def _row(line: EntryIn, where: str, known: Mapping[str, Address]) -> ListRow:
    end, whose = _end(line.expires_at, where), _whose(line.address, known, where)
    return ListRow(line.kind, line.entry, list_pattern(line.entry), line.note, end, whose)


def _whose(address: str | None, known: Mapping[str, Address], where: str = "") -> Address | None:
    """Raises `Problem` for an address that the client does not have."""
    if address is None:
        return None
    found = known.get(address_key(address))
    if found is None:
        raise invalid(f"body.{where}address", "this is none of the client's addresses")
    return found


def _end(at: datetime | None, where: str = "") -> datetime | None:
    """Raises `Problem` for a time that is over."""
    if at is not None and at <= timezone.now():
        raise invalid(f"body.{where}expires_at", "this time is over")
    return at


def _find(entry_id: int) -> ListEntry:
    return or_404(queries.find_list_entry(entry_id))


def _entry(row: ListEntry) -> EntryOut:
    return EntryOut(
        id=row.pk,
        kind=row.kind,
        entry=row.entry,
        address=None if row.address is None else str(row.address),
        note=row.note,
        added_by=row.added_by,
        added_at=row.added_at,
        expires_at=row.expires_at,
    )
