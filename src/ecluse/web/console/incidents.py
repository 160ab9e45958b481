"""The journal of security incidents that affected this client's data, and nothing of whom else they affected (15-12)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.privacy.incidents import extract, plain_extract
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.pages import page_of
from ecluse.web.privacy_words import NATURES
from ecluse.web.spreadsheets import as_csv

_COLUMNS = (
    "number",
    "title",
    "nature",
    "happened_at",
    "detected_at",
    "account",
    "consequence",
    "measures",
    "told_at",
)


@never_cache
@require_safe
@client_page(Permission.SEE_INCIDENTS)
def list_incidents(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The newest first."""
    page = page_of(request, extract())
    rows = [(each, each.incident, NATURES[each.incident.nature]) for each in page]
    return show(request, visit, "console/incidents.html", {"page": page, "rows": rows})


@never_cache
@require_safe
@client_page(Permission.SEE_INCIDENTS)
def export_csv(request: HttpRequest, visit: Visit) -> HttpResponse:  # noqa: ARG001 - every page takes them.
    """All of them as a table."""
    rows = plain_extract(extract())
    return as_csv("incidents", _COLUMNS, ([row[name] for name in _COLUMNS] for row in rows))


@never_cache
@require_safe
@client_page(Permission.SEE_INCIDENTS)
def export_json(request: HttpRequest, visit: Visit) -> HttpResponse:  # noqa: ARG001 - as above.
    """All of them for programs."""
    response = JsonResponse({"client": visit.client.name, "incidents": plain_extract(extract())})
    response["Content-Disposition"] = 'attachment; filename="incidents.json"'
    return response
