"""The purge clocks: when each has run, what is the oldest that it left, how much went; and the proofs of a year."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.privacy import clocks
from ecluse.control.privacy.clocks import OURS
from ecluse.domain.purge import Clock, Purged
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.pages import page_of
from ecluse.web.spreadsheets import as_csv

CLOCK_WORDS: Mapping[Clock, str | Promise] = MappingProxyType(
    {
        Clock.OUTAGE: _("168 hours of an outage (11-2)"),
        Clock.BODIES: _("30 days for messages (15-4)"),
        Clock.LOGS: _("365 days for records (15-7, 15-8)"),
    }
)
PURGED_WORDS: Mapping[str, str | Promise] = MappingProxyType(
    {
        Purged.OUTAGE_MAIL: _("mail for servers out of reach"),
        Purged.WAITING_MAIL: _("waiting mail, what is on hold included"),
        Purged.HELD_MAIL: _("held mail"),
        Purged.HELD_ROWS: _("held mail, as the console shows it"),
        Purged.JOURNAL: _("journal of the node"),
        Purged.MESSAGE_LOG: _("log of messages"),
        Purged.TRAIL: _("audit trail"),
        Purged.SIGN_INS: _("sign-ins, sessions, invitations, acts for clients"),
        Purged.OBJECTIONS: _("objections to verdicts"),
        Purged.SHARED_LESSONS: _("lessons of the filter, for the other nodes"),
    }
)
_EXPORTED = timedelta(days=365)


@never_cache
@require_safe
@provider_page(Permission.SEE_NODES)
def list_clocks(request: HttpRequest, duty: Duty) -> HttpResponse:
    """All of them, and the newest runs; with `?store=` and `?node=` those of one."""
    rows = [(each, CLOCK_WORDS[each.clock], PURGED_WORDS[each.purged]) for each in clocks.standings(timezone.now())]
    store = request.GET.get("store", "")
    is_one = store in Purged.__members__.values()
    node = request.GET.get("node", OURS)[:253] if is_one else None
    page = page_of(request, clocks.runs(node=node, purged=store if is_one else ""))
    values = {
        "rows": rows,
        "page": page,
        "runs": [(run, PURGED_WORDS[run.purged]) for run in page],
        "is_one": is_one,
        "has_wrong": any(each.is_wrong for each, *_words in rows),
    }
    return show(request, duty, "backoffice/clocks.html", values)


@require_safe
@provider_page(Permission.SEE_NODES)
def export(request: HttpRequest, duty: Duty) -> HttpResponse:  # noqa: ARG001 - as all pages
    """The proofs of a year as a table."""
    head = ("at", "store", "node", "oldest", "removed")
    rows = clocks.runs().filter(at__gte=timezone.now() - _EXPORTED).iterator(2_000)
    told = (
        (r.at.isoformat(), r.purged, r.node, r.oldest_at.isoformat() if r.oldest_at else "", r.removed) for r in rows
    )
    return as_csv("purge-runs", head, told)
