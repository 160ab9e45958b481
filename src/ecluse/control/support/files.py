"""Files with tickets: what is attached in the console, bounded as what comes by mail is. Who calls has had them scanned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecluse.control.support.models import Entry, TicketFile
from ecluse.domain.errors import Impossible
from ecluse.domain.support_mail import MAX_ALL_OCTETS, MAX_FILE_NAME, MAX_FILE_OCTETS, MAX_FILES, MAX_KIND

__all__ = ["MAX_ALL_OCTETS", "MAX_FILES", "MAX_FILE_OCTETS"]

MOST_FILES = 50  # Of one ticket.
_NAMELESS = "file"


class TooMuch(Impossible):
    """Too many files, or too large."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """One that comes with what somebody writes."""

    name: str  # As its sender calls it.
    kind: str  # As its sender says. Nothing is shown by it.
    octets: bytes


def room_in(ticket_id: int) -> int:
    """How many files more it takes."""
    return max(0, MOST_FILES - TicketFile.objects.filter(entry__ticket=ticket_id).count())


def attach(entry: Entry, files: Sequence[NewFile]) -> None:
    """Within a change. Raises `TooMuch`."""
    sizes = [len(each.octets) for each in files]
    if len(files) > min(MAX_FILES, room_in(entry.ticket_id)):
        raise TooMuch("too many files")
    if max(sizes, default=0) > MAX_FILE_OCTETS or sum(sizes) > MAX_ALL_OCTETS:
        raise TooMuch("files that are too large")
    TicketFile.objects.bulk_create(
        TicketFile(
            client_id=entry.client_id,
            entry=entry,
            name=_on_one_line(each.name)[:MAX_FILE_NAME] or _NAMELESS,
            kind=_on_one_line(each.kind)[:MAX_KIND],
            size=len(each.octets),
            octets=each.octets,
        )
        for each in files
    )


def within(entry: Entry, most: int) -> tuple[tuple[NewFile, ...], tuple[str, ...]]:
    """Its files in order, as many as have room in so many octets, and the names of the others. The latter are not read."""
    taken: list[int] = []
    names: list[str] = []
    for pk, name, size in entry.files.values_list("pk", "name", "size"):
        if size <= most:
            taken.append(pk)
            most -= size
        else:
            names.append(name)
    rows = TicketFile.objects.filter(pk__in=taken)
    return tuple(NewFile(row.name, row.kind, bytes(row.octets)) for row in rows), tuple(names)


def _on_one_line(text: str) -> str:
    return "".join(each for each in text if each.isprintable()).strip()
