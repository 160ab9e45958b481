"""How a client's service is, what its months came to, and what it chooses where a promise was broken (articles 9, 10)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ecluse.control.accounts.roles import PROVIDER_ROLES, Permission
from ecluse.control.sla import breaches, closing, mx_checks, remedies, servers, status
from ecluse.control.sla.breaches import NoCredit, Remedy, TooLate
from ecluse.domain.errors import Impossible
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.pages import or_404
from ecluse.web.sla_words import (
    KINDS,
    REMEDIES,
    availability_line,
    chart_of,
    chart_words,
    month_lines,
    percent_in_words,
    services_in_words,
    week_lines,
)

_CHART_DAYS = 30


@never_cache
@require_safe
@client_page(Permission.SEE_CLIENT)
def sla(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Now, the month that runs, months that are closed, open choices."""
    now = timezone.now()
    pair, services = servers.pair_now(), status.services_of_client(visit.client)
    values: dict[str, Any] = {"pair": pair, "months": _months(), "breaches": _breaches(visit)}
    if pair is not None:
        days, down = status.days_down(services, now.date(), _CHART_DAYS)
        values |= {
            "services": services_in_words(status.services_now(visit.client, int(now.timestamp()))),
            "running": running_month(now),
            "chart": chart_of(days, down),
            "chart_words": chart_words(down),
            "chart_days": _CHART_DAYS,
            "check": mx_checks.last_check(),
        }
    return show(request, visit, "console/sla.html", values | _status_page(request))


@never_cache
@require_safe
@client_page(Permission.SEE_CLIENT)
def month(request: HttpRequest, visit: Visit, closing_id: int) -> HttpResponse:
    """One closed month, with what it was computed of; `?as=json`: all that is kept, for whoever computes it again."""
    row = or_404(closing.closings().filter(pk=closing_id).first())
    if request.GET.get("as") == "json":
        kept = {"month": str(row), "client": row.client_id, "inputs": row.inputs, "figures": row.figures}
        return JsonResponse(kept | {"previous": row.previous, "seal": row.seal})
    figures = closing.figures_in(row)
    values = {
        "closing": row,
        "figures": figures,
        "lines": month_lines(figures),
        "weeks": week_lines(figures),
        "broken": [KINDS[each] for each in figures.broken],
        "faults": closing.faults_of(row),
        "is_provider": visit.grant.role in PROVIDER_ROLES,
    }
    return show(request, visit, "console/sla_month.html", values)


@never_cache
@require_safe
@client_page(Permission.SEE_BILLING)
def breach(request: HttpRequest, visit: Visit, breach_id: int) -> HttpResponse:
    """What was broken, and what may be chosen until when (10-6)."""
    row = or_404(breaches.find_breach(breach_id))
    today = row.contract.today
    offer = remedies.offer_of(row, today)
    values = {
        "breach": row,
        "kind": KINDS[row.kind],
        "is_open": row.is_open(today),
        "is_over": row.contract.over_at is not None,
        "offer": offer,
        "percent": percent_in_words(offer.percent),
        "choice": REMEDIES.get(row.choice, ""),
        "lines": month_lines(closing.figures_in(row.closing)),
    }
    return show(request, visit, "console/sla_breach.html", values)


@require_POST
@client_page(Permission.ACCEPT_CONTRACTS)
def choose(request: HttpRequest, visit: Visit, breach_id: int) -> HttpResponse:
    """Once; leaving is confirmed by a tick."""
    row = or_404(breaches.find_breach(breach_id))
    wanted = request.POST.get("remedy", "")
    if wanted not in Remedy.values or (wanted == Remedy.TERMINATE and not request.POST.get("agrees")):
        messages.error(request, _("Choose one of both; who ends the contract confirms it."))
    else:
        _choose(request, visit, row, Remedy(wanted))
    return redirect("sla_breach", client_id=visit.client.pk, breach_id=row.pk)


@require_POST
@client_page(Permission.CHANGE_SETTINGS)
def set_status_page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Open a page for whoever has its address, at a new one each time, or close it."""
    if request.POST.get("act") == "open":
        status.open_status_page(visit.client, by=visit.by)
    else:
        status.close_status_page(visit.client, by=visit.by)
    messages.success(request, _("Saved."))
    return redirect("sla", client_id=visit.client.pk)


def running_month(now: datetime) -> dict[str, Any] | None:
    """The month that runs, where there is a contract."""
    found = status.running_month(now)
    if found is None:
        return None
    month, services = found
    lines = [availability_line(each.service, each.availability, each.unwatched_s) for each in services]
    return {"first_day": month.first_day, "lines": lines}


def _choose(request: HttpRequest, visit: Visit, row: breaches.Breach, remedy: Remedy) -> None:
    try:
        remedies.choose(row, remedy, row.contract.today, by=visit.by)
    except TooLate:
        messages.error(request, _("The month in which you could choose is over."))
    except NoCredit:
        messages.error(request, _("The contract gives no money for this; it may be terminated."))
    except Impossible:
        messages.error(request, _("This cannot be chosen any more: look at it anew."))
    else:
        messages.success(request, _("Your choice is recorded, and carried out."))


def _months() -> list[dict[str, Any]]:
    """The newest first."""
    rows = []
    for row in closing.closings().reverse():
        figures = closing.figures_in(row)
        agreed = figures.parties["both"]
        rows.append(
            {
                "row": row,
                "lines": month_lines(figures),
                "blocked": agreed.most_blocked.window.false_positives,
                "passed": agreed.most_passed.window.false_negatives,
                "viruses": figures.viruses,
                "broken": [KINDS[each] for each in figures.broken],
            }
        )
    return rows


def _breaches(visit: Visit) -> list[dict[str, Any]]:
    if not visit.grant.allows(Permission.SEE_BILLING):
        return []
    return [
        {
            "row": each,
            "kind": KINDS[each.kind],
            "is_open": each.is_open(each.contract.today),
            "choice": REMEDIES.get(each.choice, ""),
        }
        for each in breaches.breaches()
    ]


def _status_page(request: HttpRequest) -> dict[str, Any]:
    row = status.status_page()
    url = None if row is None else request.build_absolute_uri(reverse("status_page", args=[row.token]))
    return {"status_url": url}
