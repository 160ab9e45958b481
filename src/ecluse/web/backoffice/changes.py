"""Changes of terms, prices and service: what the provider tells its clients, and who leaves for it (3-8)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.contracts import change_notices
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.backoffice.change_form import ChangeForm
from ecluse.web.contract_words import REFUNDS
from ecluse.web.pages import or_404


@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.SEE_BILLING, to_change=Permission.CHANGE_CONTRACTS)
def changes(request: HttpRequest, duty: Duty) -> HttpResponse:
    """Those that were published, and a new one."""
    form = ChangeForm(request.POST or None)
    if form.is_valid():
        try:
            made = change_notices.publish_change(form.said(), by=duty.by)
        except change_notices.SaysNothing as problem:
            form.add_error(problem.field, _("Nothing of this text can be seen."))
        else:
            messages.success(request, _("Published. Each owner of each client gets one letter."))
            return redirect("change_notice", change_id=made.pk)
    values = {"form": form, "notices": change_notices.notices()}
    return show(request, duty, "backoffice/changes.html", values)


@never_cache
@require_safe
@provider_page(Permission.SEE_BILLING)
def change_notice(request: HttpRequest, duty: Duty, change_id: int) -> HttpResponse:
    """One, with whom it was told to, and who leaves."""
    notice = or_404(change_notices.find_notice(change_id))
    rows = [
        (told, change_notices.letters_of(told), [(each, REFUNDS[each.state]) for each in change_notices.leavers(told)])
        for told in change_notices.told_of_all(notice)
    ]
    return show(request, duty, "backoffice/change_notice.html", {"notice": notice, "rows": rows})
