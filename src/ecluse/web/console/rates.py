"""Rates of wrong verdicts: the last seven days, the worst seven days of a span, and all of them as a file (9-2 to 9-5)."""

from __future__ import annotations

import time
from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.mail.rates import Party, Rates
from ecluse.control.sla.virus_weeks import VirusFigures
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.console.rate_words import rates_in_words, tables, virus_figures_in_words, virus_lines
from ecluse.web.spreadsheets import as_csv

SPANS = (30, 90, 365)  # Days.
_NAMES = ("false_positives", "false_positive_percent", "false_negatives", "false_negative_percent")
_VIRUSES = ("mails_both_ways", "both_viruses", "viruses_allowed")
_HEAD = ("window_ends_utc", "verdicts", *(f"{party}_{name}" for party in Party for name in _NAMES), *_VIRUSES)


@require_safe
@client_page(Permission.SEE_LOG)
def rates(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Each party's figures side by side."""
    days, now = _span(request), time.time()
    found, viruses = rates_in_words(visit.client, days, now), virus_figures_in_words(visit.client, days, now)
    values = {"days": days, "spans": SPANS, "is_away": found is None or viruses is None}
    if found is None or viruses is None:
        return show(request, visit, "console/rates.html", values, status=503)
    values |= {"tables": tables(found), "agreed": found[Party.BOTH], "viruses": virus_lines(viruses)}
    return show(request, visit, "console/rates.html", values)


@require_safe
@client_page(Permission.SEE_LOG)
def export(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A line for each window: both parties can compute the rest from it."""
    days, now = _span(request), time.time()
    found, viruses = rates_in_words(visit.client, days, now), virus_figures_in_words(visit.client, days, now)
    if found is None or viruses is None:
        return show(request, visit, "console/log_away.html", {}, status=503)
    return as_csv("rates", _HEAD, _lines(found, viruses[Party.BOTH]))


def _lines(found: dict[Party, Rates], viruses: VirusFigures) -> Iterator[list[object]]:
    """The newest first."""
    rows = zip(reversed(viruses.weeks), *(reversed(each.windows) for each in found.values()), strict=True)
    for week, *windows in rows:
        line: list[object] = [windows[0].until.isoformat(timespec="minutes"), windows[0].verdicts]
        for each in windows:
            for share in (each.false_positives, each.false_negatives):
                line += [share.wrong, f"{share.percent:.6f}"]
        yield [*line, week.mails, week.received, week.allowed]


def _span(request: HttpRequest) -> int:
    return next((each for each in SPANS if request.GET.get("days") == str(each)), SPANS[0])
