"""The verdicts that clients call wrong and the provider has still to answer for (9-2)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.mail.objections import ANSWER_WITHIN_S, Objection, open_everywhere
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.console.objection_words import kind_in_words
from ecluse.web.pages import page_of


@never_cache
@require_safe
@provider_page(Permission.ANSWER_OBJECTIONS)
def list_verdicts(request: HttpRequest, duty: Duty) -> HttpResponse:
    """Of all clients, the most urgent first."""
    page = page_of(request, open_everywhere())
    return show(request, duty, "backoffice/verdicts.html", {"page": page, "rows": [_shown(each) for each in page]})


def _shown(row: Objection) -> dict[str, Any]:
    due = datetime.fromtimestamp((row.opened_at or 0.0) + ANSWER_WITHIN_S, UTC)
    return {"row": row, "kind": kind_in_words(row), "due": due}
