"""The audit trail of a client: who did what, when, from where (4-5, 4-7)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.pages import page_of
from ecluse.web.spreadsheets import as_csv
from ecluse.web.trail import Entry, trail_of

_MAX_ROWS = 100_000
_COLUMNS = ("number", "at", "actor", "kind", "on behalf of", "ip", "act", "subject", "before", "after", "hash")


class TrailForm(forms.Form):
    """What to look for."""

    q = forms.CharField(label=gettext_lazy("Person, act or thing"), max_length=100, required=False)
    since = forms.DateField(label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=gettext_lazy("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def asked(self) -> dict[str, Any]:
        """As `entries` takes it; what cannot be read is not asked for."""
        values = self.cleaned_data if self.is_valid() else {}
        since, until = values.get("since"), values.get("until")
        return {
            "search": values.get("q", ""),
            "since": datetime.combine(since, time.min, UTC) if since else None,
            "until": datetime.combine(until, time.max, UTC) if until else None,
        }


@require_safe
@client_page(Permission.SEE_AUDIT)
def audit(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Newest first."""
    form = TrailForm(request.GET)
    values = {"form": form, "page": page_of(request, _asked(form, visit)), "query": request.GET.urlencode()}
    return show(request, visit, "console/audit.html", values)


@require_safe
@client_page(Permission.SEE_AUDIT)
def export(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The same as a file."""
    return trail_file(_asked(TrailForm(request.GET), visit))


def trail_file(found: QuerySet[Entry]) -> HttpResponse:
    """The newest of these entries as a table."""
    return as_csv("audit", _COLUMNS, (_row(each) for each in found[:_MAX_ROWS].iterator(1_000)))


def _asked(form: TrailForm, visit: Visit) -> QuerySet[Entry]:
    return trail_of(visit.client.pk, visit.grant, **form.asked())


def _row(entry: Entry) -> tuple[object, ...]:
    return (
        entry.number,
        entry.at.isoformat(),
        entry.actor_name,
        entry.actor_kind,
        entry.on_behalf_of,
        entry.ip or "",
        entry.action,
        entry.subject,
        json.dumps(entry.before, ensure_ascii=False) if entry.before is not None else "",
        json.dumps(entry.after, ensure_ascii=False) if entry.after is not None else "",
        bytes(entry.hash).hex(),
    )
