"""A CSV file that somebody imports: all of it, or nothing where a line is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias, TypeVar

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from ecluse.web.console.access import Visit, show
from ecluse.web.spreadsheets import BadSheet, read_csv

MAX_ROWS = 5_000
_MAX_BYTES = 1_048_576
_SHOWN = 10

Upload: TypeAlias = "UploadedFile[Any]"  # It is one for the type checker alone.
_Row = TypeVar("_Row")


def import_file(
    request: HttpRequest,
    visit: Visit,
    page: str,
    read: Callable[[Upload], tuple[list[_Row], list[str]]],
    take: Callable[[list[_Row]], None],
) -> HttpResponse:
    """What `read` finds in it is given to `take`, which tells how that went, unless there are faults. Back to the page of that name."""
    upload = request.FILES.get("file")
    if not isinstance(upload, UploadedFile):
        messages.error(request, _("Choose a file first."))
        return redirect(page, client_id=visit.client.pk)
    try:
        rows, faults = read(upload)
    except BadSheet:
        rows, faults = [], [_("This is no CSV file of at most %(rows)d lines.") % {"rows": MAX_ROWS}]
    if faults:
        return _show_faults(request, visit, faults, page)
    take(rows)
    return redirect(page, client_id=visit.client.pk)


def lines_of(upload: Upload) -> Iterator[tuple[int, list[str]]]:
    """Their numbers and cells, without the head. Raises `BadSheet`."""
    return read_csv(upload, max_bytes=_MAX_BYTES, max_rows=MAX_ROWS)


def at_line(number: int, problem: object) -> str:
    """A fault of that line."""
    return _("Line %(line)d: %(problem)s") % {"line": number, "problem": problem}


def _show_faults(request: HttpRequest, visit: Visit, faults: Sequence[str], page: str) -> HttpResponse:
    values = {
        "faults": faults[:_SHOWN],
        "more": max(0, len(faults) - _SHOWN),
        "back": reverse(page, kwargs={"client_id": visit.client.pk}),
    }
    return show(request, visit, "console/file_faults.html", values, status=400)
