"""What was wrong with a file that somebody wanted to import."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from ecluse.web.console.access import Visit, show

_SHOWN = 10


def show_file_faults(request: HttpRequest, visit: Visit, faults: Sequence[str], back: str) -> HttpResponse:
    """The first of them, and the way back to the page of that name."""
    values = {
        "faults": faults[:_SHOWN],
        "more": max(0, len(faults) - _SHOWN),
        "back": reverse(back, kwargs={"client_id": visit.client.pk}),
    }
    return show(request, visit, "console/file_faults.html", values, status=400)
