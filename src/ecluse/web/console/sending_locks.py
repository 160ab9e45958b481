"""Who of the client's may send no mail for now, why, until when, and how that ends."""

from __future__ import annotations

import time

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ecluse.control.abuse import busy_days, evidence, locks, near_limits
from ecluse.control.accounts.roles import Permission
from ecluse.domain.errors import Impossible
from ecluse.domain.incoming import Direction
from ecluse.web.console import limit_words
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.console.lock_words import DIRECTIONS, in_words, report_words
from ecluse.web.letters import our_address
from ecluse.web.pages import or_404


class UnlockForm(forms.Form):
    """What it was."""

    act = forms.ChoiceField(choices=[("us", ""), ("deliver", ""), ("delete", "")])


@require_safe
@client_page(Permission.SEE_CLIENT)
def sending_locks(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The locks in force, the limits that are near, and the addresses that are near what may be received and sent in a day."""
    rows = [
        {
            **in_words(each),
            "order": locks.state_of(each.order) if each.order else "",
            "said": each.order.text if each.order else "",
        }
        for each in locks.locks_of_client()
    ]
    busy = [(each, DIRECTIONS[Direction(each.direction)]) for each in busy_days.busy_days()]
    values = {
        "rows": rows,
        "near": [limit_words.in_words(each, time.time()) for each in near_limits.near_limits()],
        "busy": busy,
        "most": busy_days.MOST_A_DAY,
        "own_most": busy_days.own_most(),
        "kept": evidence.locks_with_evidence(),
    }
    return show(request, visit, "console/sending_locks.html", values)


@require_POST
@client_page(Permission.SEE_CONTENT)
def report(request: HttpRequest, visit: Visit, lock_id: int) -> HttpResponse:
    """A report of the message that brought a lock about (RFC 5965), as a file; that somebody has it is recorded."""
    lock = or_404(locks.find_lock(lock_id))
    try:
        octets = evidence.report_of(lock, visit.client, our_address(), report_words(lock), by=visit.by)
    except Impossible:
        messages.warning(request, _("Nothing is kept of this message, or it cannot be opened any more."))
        return redirect("sending_locks", client_id=visit.client.pk)
    response = HttpResponse(octets, content_type="message/rfc822")
    response["Content-Disposition"] = f'attachment; filename="report-{lock.lock_id}.eml"'
    return response


@require_POST
@client_page(Permission.CHANGE_SETTINGS)
def unlock(request: HttpRequest, visit: Visit, lock_id: int) -> HttpResponse:
    """One of them ends: "it was us", or it has been cleaned up."""
    lock, form = or_404(locks.find_lock(lock_id)), UnlockForm(request.POST)
    if form.is_valid():
        act = form.cleaned_data["act"]
        try:
            locks.unlock(lock, was_us=act == "us", deletes_mail=act == "delete", by=visit.by)
        except Impossible:
            messages.warning(request, _("It is not locked any more."))
        else:
            messages.success(request, _("It may send again as soon as its server has heard of it."))
    return redirect("sending_locks", client_id=visit.client.pk)
