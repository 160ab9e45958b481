"""Amendments of the client's own contract: what is offered, and its yes (17-1)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.contracts import amendments, queries
from ecluse.control.contracts.queries import Amendment
from ecluse.domain.errors import Impossible
from ecluse.web.amendment_facts import facts_of_amendment
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.pages import or_404, typed

_SUM_LENGTH = 64


@never_cache
@require_safe
@client_page(Permission.SEE_BILLING)
def amendment(request: HttpRequest, visit: Visit, contract_id: int, amendment_id: int) -> HttpResponse:
    """One of them, with the sum of what is accepted by the button."""
    row = _found(contract_id, amendment_id)
    return show(request, visit, "console/amendment.html", facts_of_amendment(row))


@require_POST
@client_page(Permission.ACCEPT_CONTRACTS)
def accept(request: HttpRequest, visit: Visit, contract_id: int, amendment_id: int) -> HttpResponse:
    """Yes, to exactly what was shown."""
    row = _found(contract_id, amendment_id)
    if not request.POST.get("agrees"):
        messages.error(request, _("Tick that you accept the amendment."))
    else:
        _accept(request, visit, row)
    return redirect("amendment", client_id=visit.client.pk, contract_id=contract_id, amendment_id=row.pk)


def _accept(request: HttpRequest, visit: Visit, row: Amendment) -> None:
    try:
        seen = typed(request.POST.get("sum", ""), _SUM_LENGTH)
        amendments.accept_amendment(row, seen, today=row.contract.today, by=visit.by)
    except Impossible:
        messages.error(request, _("This cannot be accepted: the amendment has changed since, or has expired."))
    else:
        messages.success(request, _("Accepted. It holds when your provider signs it, too."))


def _found(contract_id: int, amendment_id: int) -> Amendment:
    contract = or_404(queries.contract_shown_to_client(contract_id))
    return or_404(queries.amendment_shown_to_client(contract, amendment_id))
