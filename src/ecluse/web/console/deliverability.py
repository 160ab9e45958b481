"""How the client's outbound mail fares at those to whom it is sent, and what to change."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.console.deliverability_words import OUTCOMES, deliverability_of

SPANS = (7, 30, 90)  # Days.


@require_safe
@client_page(Permission.SEE_LOG)
def deliverability(request: HttpRequest, visit: Visit) -> HttpResponse:
    """See above."""
    days = next((each for each in SPANS if request.GET.get("days") == str(each)), SPANS[1])
    found = deliverability_of(visit.client, days)
    values = {"found": found, "days": days, "spans": SPANS, "outcomes": OUTCOMES.values()}
    return show(request, visit, "console/deliverability.html", values)
