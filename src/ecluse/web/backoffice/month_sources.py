"""A closed month of a client beside what its sources give today, for the provider (9-2 to 9-9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.mail.rates import Party
from ecluse.control.sla import closing
from ecluse.control.sla.sources import Beside, Fact, compare
from ecluse.domain.errors import Unavailable
from ecluse.web.backends import backends
from ecluse.web.backoffice.access import client_page_of_provider
from ecluse.web.console.access import Visit, show
from ecluse.web.console.rate_words import PARTIES
from ecluse.web.pages import or_404
from ecluse.web.sla_words import KINDS, SERVICES

_MINUTES_DIFFER = gettext_lazy("An outage was entered or taken back since, or a vantage point told its minutes late.")
_CLAIMS_DIFFER = gettext_lazy(
    "A claim was answered or taken back since, a release has taken a message out of the count, or a person was erased."
)
_MAIL_DIFFERS = gettext_lazy("A node told its events late, or the log was restored from a backup.")
_WORDS = {
    Fact.FIRST_DOWN: (gettext_lazy("First server down, min"), _MINUTES_DIFFER),
    Fact.SECOND_DOWN: (gettext_lazy("Second server down, min"), _MINUTES_DIFFER),
    Fact.MISCONFIGURED: (gettext_lazy("No domain's MX named both, min"), gettext_lazy("A look at the MX was lost.")),
    Fact.UNWATCHED: (
        gettext_lazy("Not measured, min"),
        gettext_lazy("A vantage point told its minutes late, or the client's servers were given otherwise since."),
    ),
    Fact.FORCE_MAJEURE: (gettext_lazy("Force majeure, min"), gettext_lazy("It was entered or taken back since.")),
    Fact.VERDICTS: (gettext_lazy("Mail that came, copies"), _MAIL_DIFFERS),
    Fact.SENT: (gettext_lazy("Mail that went, copies"), _MAIL_DIFFERS),
    Fact.BLOCKED: (gettext_lazy("Wrongly blocked"), _CLAIMS_DIFFER),
    Fact.PASSED: (gettext_lazy("Wrongly delivered"), _CLAIMS_DIFFER),
    Fact.VIRUSES: (gettext_lazy("Viruses that both agree upon"), _CLAIMS_DIFFER),
}
_WHOSE: Mapping[str, str | Promise] = {**SERVICES, **PARTIES, Party.CLIENT: gettext_lazy("The client's figure")}


@never_cache
@require_safe
@client_page_of_provider(Permission.SEE_CLIENT)
def month_sources(request: HttpRequest, visit: Visit, closing_id: int) -> HttpResponse:
    """What would be otherwise today, and why that may be; the closing stays as it is."""
    row = or_404(closing.closings().filter(pk=closing_id).first())
    try:
        found = compare(row, backends().message_log(), timezone.now().timestamp())
    except Unavailable:
        return show(request, visit, "console/log_away.html", {}, status=503)
    values = {
        "closing": row,
        "found": found,
        "faults": closing.faults_of(row),
        "lines": [_line(each) for each in found.facts],
        "broken": [KINDS[each] for each in closing.figures_in(row).broken],
        "broken_today": None if found.broken_today is None else [KINDS[each] for each in found.broken_today],
    }
    return show(request, visit, "backoffice/month_sources.html", values)


def _line(each: Beside) -> dict[str, Any]:
    words, why = _WORDS[each.fact]
    same_sum = "" if each.is_same or each.sealed != each.today else _("The same in all, at other times.")
    return {
        "beside": each,
        "whose": _WHOSE.get(each.of, ""),
        "words": words,
        "why": "" if each.is_same else why,
        "note": same_sum,
    }
