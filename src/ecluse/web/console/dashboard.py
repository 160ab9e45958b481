"""The first page of a client: its mail of the last days, what it has, and what still has to be done."""

from __future__ import annotations

import time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from ecluse.control.accounts.break_glass import current
from ecluse.control.accounts.queries import members_of, open_invitations
from ecluse.control.accounts.roles import Permission
from ecluse.control.directories.found import found_addresses
from ecluse.control.mail.rates import Party
from ecluse.control.policies.queries import list_counts
from ecluse.control.sla import status
from ecluse.control.sla.servers import pair_now
from ecluse.control.tenants import queries
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.console.rate_words import rates_in_words
from ecluse.web.console.sla import running_month
from ecluse.web.console.traffic_words import traffic_in_words
from ecluse.web.sla_words import chart_words, services_in_words
from ecluse.web.trail import trail_of

_NEWEST = 8
_SPANS = (7, 30, 90)  # Days.
_USUAL_SPAN = 30


@require_safe
@client_page(Permission.SEE_CLIENT)
def dashboard(request: HttpRequest, visit: Visit) -> HttpResponse:
    """See above."""
    days = next((each for each in _SPANS if request.GET.get("days") == str(each)), _USUAL_SPAN)
    now = time.time()
    traffic = traffic_in_words(visit.client, days, now)
    rates = rates_in_words(visit.client, 1, now) if traffic else None
    values = {
        "service": _service(visit),
        "rates": rates and rates[Party.BOTH],
        "traffic": traffic,
        "days": days,
        "spans": _SPANS,
        "counts": queries.counts(),
        "lists": list_counts(),
        "glasses": current(visit.client) if _sees_glasses(visit) else None,
        "domains": queries.domains()[:_NEWEST],
        "claims": queries.claims()[:_NEWEST],
        "found": found_addresses().count() if visit.grant.allows(Permission.CHANGE_ADDRESSES) else 0,
        "members": members_of(visit.client).count(),
        "invitations": open_invitations(visit.client).count(),
        "newest": trail_of(visit.client.pk, visit.grant)[:_NEWEST]
        if visit.grant.allows(Permission.SEE_AUDIT)
        else None,
    }
    return show(request, visit, "console/dashboard.html", values)


def _service(visit: Visit) -> dict[str, Any] | None:
    """How it is now, what its month comes to, and for how long it was away; None where no servers are assigned yet."""
    if pair_now() is None:
        return None
    now = timezone.now()
    _days, down = status.days_down(status.services_of_client(visit.client), now.date(), _USUAL_SPAN)
    return {
        "services": services_in_words(status.services_now(visit.client, int(now.timestamp()))),
        "running": running_month(now),
        "days": _USUAL_SPAN,
        "down": chart_words(down),
    }


def _sees_glasses(visit: Visit) -> bool:
    return visit.grant.allows(Permission.CONSENT) or visit.grant.allows(Permission.BREAK_GLASS)
