"""The provider's own audit trail: what its people and jobs did that is of no client, and whether the chain holds."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.audit.queries import head, verify_newest
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.console.audit import TrailForm, trail_file
from ecluse.web.pages import page_of
from ecluse.web.trail import trail_of_provider

MOST_VERIFIED = 20_000  # A person waits for it: a second or two.
_FAULTS_SHOWN = 5


@never_cache
@require_safe
@provider_page(Permission.SEE_AUDIT)
def audit(request: HttpRequest, duty: Duty) -> HttpResponse:
    """Newest first; and the last entry's hash, which proves later that none was cut off."""
    form, (number, digest) = TrailForm(request.GET), head()
    page = page_of(request, trail_of_provider(duty.grant, **form.asked()))
    values = {"form": form, "page": page, "query": request.GET.urlencode(), "number": number, "hash": digest.hex()}
    return show(request, duty, "backoffice/audit.html", values)


@require_safe
@provider_page(Permission.SEE_AUDIT)
def export(request: HttpRequest, duty: Duty) -> HttpResponse:
    """The same as a file."""
    return trail_file(trail_of_provider(duty.grant, **TrailForm(request.GET).asked()))


@require_POST
@provider_page(Permission.SEE_AUDIT)
def verify(request: HttpRequest, duty: Duty) -> HttpResponse:  # noqa: ARG001 - as all pages
    """Whether the newest entries, of all clients, are as they were written."""
    looked_at, faults = verify_newest(MOST_VERIFIED)
    for each in faults[:_FAULTS_SHOWN]:
        messages.error(request, _("Entry %(number)s: %(reason)s") % {"number": each.number, "reason": each.reason})
    if not faults:
        told = ngettext(
            "The newest %(count)s entry is as it was written.",
            "The newest %(count)s entries are as they were written.",
            looked_at,
        )
        messages.success(request, told % {"count": looked_at})
    return redirect("provider_audit")
