"""The client's own contract: what it has, what it is offered, and its yes."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.contracts import consents, naming, offers, papers, queries
from ecluse.control.contracts.queries import Contract
from ecluse.domain.errors import Impossible
from ecluse.web.amendment_facts import rows_of
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.console.changes import changes_of
from ecluse.web.contract_facts import facts_of
from ecluse.web.contract_papers import amendment_named, paper_response, shown_papers, take_paper
from ecluse.web.contract_words import STATES
from ecluse.web.pages import or_404, typed
from ecluse.wire.notations import DomainName

_SUM_LENGTH = 64


@require_safe
@client_page(Permission.SEE_BILLING)
def contracts(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Those it was ever offered."""
    rows = [(each, STATES[each.state]) for each in queries.shown_to_client()]
    return show(request, visit, "console/contracts.html", {"rows": rows})


@never_cache
@require_safe
@client_page(Permission.SEE_BILLING)
def contract(request: HttpRequest, visit: Visit, contract_id: int) -> HttpResponse:
    """One of them, with its history; what is offered, with the sum of what is accepted by the button."""
    row = _found(contract_id)
    offered = {"sum": offers.sum_of(offers.offer_document(row))}
    values = (
        facts_of(row)
        | offered
        | {
            "amendments": rows_of(queries.amendments_shown_to_client(row)),
            "changes": changes_of(row),
            "papers": shown_papers(row, for_client=True),
        }
    )
    return show(request, visit, "console/contract.html", values)


@require_POST
@client_page(Permission.ACCEPT_CONTRACTS)
def accept(request: HttpRequest, visit: Visit, contract_id: int) -> HttpResponse:
    """Yes, to exactly what was shown."""
    row = _found(contract_id)
    if not request.POST.get("agrees") or not request.POST.get("informed"):
        messages.error(request, _("Tick that you accept the offer and the terms, and that your staff is informed."))
    else:
        _accept(request, visit, row)
    return redirect("contract", client_id=visit.client.pk, contract_id=row.pk)


@require_POST
@client_page(Permission.ACCEPT_CONTRACTS)
def name_domain(request: HttpRequest, visit: Visit, contract_id: int) -> HttpResponse:
    """One more domain that it wants to be served; the provider decides."""
    row = _found(contract_id)
    try:
        naming.name_domain(row, DomainName(typed(request.POST.get("domain", ""), 253)), by=visit.by)
    except (Impossible, ValueError):
        messages.error(request, _("This domain cannot be added: it is no domain, or is named already."))
    else:
        messages.success(request, _("Saved. Your provider approves or refuses it."))
    return redirect("contract", client_id=visit.client.pk, contract_id=row.pk)


@require_POST
@client_page(Permission.ACCEPT_CONTRACTS)
def cite(request: HttpRequest, visit: Visit, contract_id: int) -> HttpResponse:
    """Whether the provider may name the client as a reference (7-2)."""
    row = _found(contract_id)
    consents.allow_citing(row, allows=bool(request.POST.get("cited")), by=visit.by)
    messages.success(request, _("Saved."))
    return redirect("contract", client_id=visit.client.pk, contract_id=row.pk)


@require_safe
@client_page(Permission.SEE_BILLING)
def paper(request: HttpRequest, visit: Visit, contract_id: int, paper_id: int) -> HttpResponse:
    """One of its papers, to be saved."""
    row = _found(contract_id)
    found = or_404(papers.find_paper(row, paper_id))
    if found.pk not in {each.pk for each in papers.papers_of(row, for_client=True)}:
        raise Http404
    page = redirect("contract", client_id=visit.client.pk, contract_id=row.pk)
    return paper_response(request, found, page)


@require_POST
@client_page(Permission.ACCEPT_CONTRACTS)
def add_paper(request: HttpRequest, visit: Visit, contract_id: int) -> HttpResponse:
    """What the client has signed by hand."""
    row = _found(contract_id)
    take_paper(request, row, amendment_named(request, row, for_client=True), visit.by)
    return redirect("contract", client_id=visit.client.pk, contract_id=row.pk)


def _accept(request: HttpRequest, visit: Visit, row: Contract) -> None:
    is_cited = bool(request.POST.get("cited"))
    try:
        seen = typed(request.POST.get("sum", ""), _SUM_LENGTH)
        offers.accept(row, seen, today=row.today, staff_is_informed=True, may_be_cited=is_cited, by=visit.by)
    except Impossible:
        messages.error(request, _("This cannot be accepted: the offer has changed since, or has expired."))
    else:
        messages.success(request, _("Accepted. The contract begins when your provider accepts it, too."))


def _found(contract_id: int) -> Contract:
    return or_404(queries.contract_shown_to_client(contract_id))
