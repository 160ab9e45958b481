"""What the pages of both sides show of a ticket."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest

from ecluse.control.support.queries import Entry, Ticket, entries_of
from ecluse.control.support.tickets import Side
from ecluse.web.pages import newest_page_of
from ecluse.web.scanned import has_scanner
from ecluse.web.ticket_words import CHANNELS, CHARGES, PRIORITIES, STATES


def rows_of(tickets: Iterable[Ticket]) -> list[dict[str, Any]]:
    """For lists."""
    return [_in_words(each) for each in tickets]


def facts_of(request: HttpRequest, ticket: Ticket, *, with_notes: bool) -> dict[str, Any]:
    """All of one, cut into pages; notes are shown to the provider alone."""
    page = newest_page_of(request, entries_of(ticket, with_notes=with_notes))
    return _in_words(ticket) | {
        "page": page,
        "entries": [_entry(each) for each in page],
        "linked": list(ticket.linked.all()),
        "channel": CHANNELS[ticket.channel],
        "charge": CHARGES[ticket.charge],
        "takes_files": has_scanner(),
    }


def _in_words(ticket: Ticket) -> dict[str, Any]:
    return {"ticket": ticket, "state": STATES[ticket.state], "priority": PRIORITIES[ticket.priority]}


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "entry": entry,
        "channel": CHANNELS[entry.channel],
        "is_note": entry.side == Side.NOTE,
        "is_provider": entry.side == Side.PROVIDER,
    }
