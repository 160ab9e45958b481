"""Amendments, as the provider writes and signs them (17-1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.contracts import amendments, moves, queries
from ecluse.control.contracts.amendment_states import AmendmentState, AmendmentStep, amendment_steps
from ecluse.control.contracts.queries import Amendment, Contract
from ecluse.domain.errors import Impossible
from ecluse.web.amendment_facts import facts_of_amendment
from ecluse.web.backoffice.access import client_page_of_provider
from ecluse.web.backoffice.amendment_form import AmendmentForm
from ecluse.web.console.access import Visit, show
from ecluse.web.pages import or_404, typed


@require_http_methods(["GET", "HEAD", "POST"])
@client_page_of_provider(Permission.CHANGE_CONTRACTS)
def draft(request: HttpRequest, visit: Visit, contract_id: int) -> HttpResponse:
    """A new one, of a contract in force."""
    row = or_404(queries.find_contract(contract_id))
    if row.state not in amendments.AMENDABLE:
        messages.error(request, _("The contract is not in force."))
        return redirect("client_contract", client_id=visit.client.pk, contract_id=row.pk)
    form = AmendmentForm(row, request.POST or None)
    if form.is_valid():
        made = _drafted(form, row, visit)
        if made is not None:
            return redirect("client_amendment", client_id=visit.client.pk, contract_id=row.pk, amendment_id=made.pk)
    return show(request, visit, "backoffice/amendment_draft.html", {"form": form, "contract": row})


@never_cache
@require_safe
@client_page_of_provider(Permission.SEE_BILLING)
def amendment(request: HttpRequest, visit: Visit, contract_id: int, amendment_id: int) -> HttpResponse:
    """All that is known of one, and what may be done."""
    row = _found(contract_id, amendment_id)
    steps = {each.name: True for each in amendment_steps(AmendmentState(row.state))}
    return show(request, visit, "backoffice/amendment.html", facts_of_amendment(row) | {"steps": steps})


@require_POST
@client_page_of_provider(Permission.CHANGE_CONTRACTS)
def act(request: HttpRequest, visit: Visit, contract_id: int, amendment_id: int) -> HttpResponse:
    """One step."""
    row = _found(contract_id, amendment_id)
    step = _STEPS.get(request.POST.get("act", ""))
    if step is None:
        raise Http404
    try:
        step(request, row, visit)
    except amendments.ChangedSince:
        messages.error(request, _("The contract has changed since this was written: withdraw it, and write another."))
    except Impossible:
        messages.error(request, _("This cannot be done with the amendment as it is now: look at it anew."))
    else:
        messages.success(request, _("Saved."))
    return redirect("client_amendment", client_id=visit.client.pk, contract_id=contract_id, amendment_id=row.pk)


def _drafted(form: AmendmentForm, row: Contract, visit: Visit) -> Amendment | None:
    try:
        return amendments.draft_amendment(row, form.wish(), agreed=form.agreed_price(), by=visit.by)
    except amendments.AlreadyOpen:
        form.add_error(None, _("Another amendment of this contract waits: withdraw that one first."))
    except Impossible:
        form.add_error(
            None,
            _("Nothing is added by this, or no price list has a price for it: then agree upon one."),
        )
    return None


def _found(contract_id: int, amendment_id: int) -> Amendment:
    return or_404(queries.find_amendment(or_404(queries.find_contract(contract_id)), amendment_id))


def _send(_request: HttpRequest, row: Amendment, visit: Visit) -> None:
    amendments.send_amendment(row, today=row.contract.today, by=visit.by)


def _withdraw(request: HttpRequest, row: Amendment, visit: Visit) -> None:
    amendments.withdraw_amendment(row, typed(request.POST.get("note", ""), moves.MAX_NOTE), by=visit.by)


_STEPS: Mapping[str, Callable[[HttpRequest, Amendment, Visit], None]] = MappingProxyType(
    {
        AmendmentStep.SEND.value: _send,
        AmendmentStep.WITHDRAW.value: _withdraw,
        AmendmentStep.BEGIN.value: lambda _request, row, visit: amendments.begin_amendment(row, by=visit.by),
    }
)
