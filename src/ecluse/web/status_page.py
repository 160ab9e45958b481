"""A client's status page: for whoever has its address, which nobody guesses; off until the client wants one."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ecluse.control.sla.status import public_status
from ecluse.web.limits import Limit
from ecluse.web.secret_address import secret_address
from ecluse.web.sla_words import chart_of, chart_words, services_in_words
from ecluse.web.who import ip_of

LOOKS = Limit("status-pages", 300, 600)  # By network address.
_DAYS = 90


@secret_address
@require_safe
def status_page(request: HttpRequest, token: str) -> HttpResponse:
    """Now, and minutes without service by day; the client's name, and no more of it."""
    if LOOKS.is_reached(ip_of(request)):
        return render(request, "release/too_often.html", status=429)
    found = public_status(token, timezone.now(), _DAYS)
    if found is None:
        raise Http404
    values = {
        "name": found.client.name,
        "services": services_in_words(found.services),
        "chart": chart_of(found.days, found.down) if found.services else None,
        "chart_words": chart_words(found.down),
        "days": _DAYS,
        "at": timezone.now(),
    }
    return render(request, "status_page.html", values)
