"""What the provider changes about the client's contract, and the client's right to leave for it (3-8, 6-11)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ecluse.control.accounts.roles import Permission
from ecluse.control.contracts import change_notices, queries, refund_requests
from ecluse.control.contracts.queries import Contract
from ecluse.domain.errors import Impossible
from ecluse.web.console.access import Visit, client_page
from ecluse.web.pages import or_404, typed_day


@require_POST
@client_page(Permission.ACCEPT_CONTRACTS)
def leave(request: HttpRequest, visit: Visit, contract_id: int, told_id: int) -> HttpResponse:
    """The client leaves, on the day it names."""
    row = or_404(queries.contract_shown_to_client(contract_id))
    told = or_404(change_notices.find_told(row, told_id))
    day = typed_day(request.POST.get("on", ""))
    if not request.POST.get("agrees") or day is None:
        messages.error(request, _("Tick that you leave, and say on which day."))
    else:
        try:
            change_notices.leave(told, leaves_on=day, by=visit.by)
        except refund_requests.TooLate:
            messages.error(request, _("The month in which this could be asked for is over (6-11)."))
        except Impossible:
            messages.error(request, _("This cannot be done: choose a day from today on, within the period."))
        else:
            messages.success(request, _("Saved. The contract ends on that day; a credit note follows."))
    return redirect("contract", client_id=visit.client.pk, contract_id=row.pk)


def changes_of(row: Contract) -> list[dict[str, Any]]:
    """For its page, in the reader's language."""
    today = row.today
    is_french = (get_language() or "").startswith("fr")
    return [
        {
            "told": each,
            "text": each.notice.text_fr if is_french else each.notice.text_en,
            "may_leave": change_notices.may_leave(each, today),
            "today": today,
            "last_day": change_notices.last_day(each),
        }
        for each in change_notices.told_to(row)
    ]
