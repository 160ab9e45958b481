"""Contracts, as the provider makes and follows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing.account import received_under
from ecluse.control.contracts import catalogue, consents, life, moves, naming, offers, papers, queries
from ecluse.control.contracts.amendments import AMENDABLE
from ecluse.control.contracts.queries import Contract
from ecluse.control.contracts.sharing import sharing_signs
from ecluse.control.contracts.states import ContractState, OutOfTurn, Step, steps_from
from ecluse.domain.errors import Impossible
from ecluse.web.amendment_facts import rows_of
from ecluse.web.backoffice import contract_forms as forms
from ecluse.web.backoffice.access import Duty, client_page_of_provider, provider_page
from ecluse.web.backoffice.access import show as show_provider
from ecluse.web.console.access import Visit, show
from ecluse.web.contract_facts import facts_of
from ecluse.web.contract_papers import amendment_named, paper_response, shown_papers, take_paper
from ecluse.web.contract_words import STATES
from ecluse.web.pages import or_404, page_of, searched, typed, typed_day


@never_cache
@require_safe
@provider_page(Permission.SEE_BILLING)
def list_contracts(request: HttpRequest, duty: Duty) -> HttpResponse:
    """Of all clients, the newest first."""
    shown, search = request.GET.get("state", ""), searched(request)
    state = shown if shown in {*ContractState} else ""
    page = page_of(request, queries.contracts_of_all(state=state, search=search))
    tabs = [("", _("all")), *((str(each), words) for each, words in STATES.items())]
    rows = [(each, STATES[each.state]) for each in page]
    values = {"page": page, "rows": rows, "search": search, "shown": state, "tabs": tabs}
    return show_provider(request, duty, "backoffice/contracts.html", values)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.SEE_BILLING, to_change=Permission.CHANGE_CONTRACTS)
def prices(request: HttpRequest, duty: Duty) -> HttpResponse:
    """The price list in use, and how the next one is to be."""
    newest = catalogue.newest_prices()
    initial = forms.PricesForm.shown(catalogue.grid_of(newest) if newest else None)
    form = forms.PricesForm(request.POST or None, initial=initial)
    if form.is_valid():
        catalogue.publish_prices(form.grid(), by=duty.by)
        messages.success(request, _("Saved. Contracts in force keep their price until they are renewed."))
        return redirect("contract_prices")
    return show_provider(request, duty, "backoffice/contract_prices.html", {"form": form, "newest": newest})


@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.SEE_BILLING, to_change=Permission.CHANGE_CONTRACTS)
def terms(request: HttpRequest, duty: Duty) -> HttpResponse:
    """The terms of sale in use, and new ones."""
    form = forms.TermsForm(request.POST or None)
    if form.is_valid():
        try:
            said = form.cleaned_data
            catalogue.publish_terms(said["name"], said["text"], text_en=said["text_en"], by=duty.by)
        except Impossible:
            form.add_error("name", _("There are terms of this name already."))
        else:
            messages.success(request, _("Saved. Offers are sent under these terms from now on."))
            return redirect("contract_terms")
    values = {"form": form, "newest": catalogue.newest_terms()}
    return show_provider(request, duty, "backoffice/contract_terms.html", values)


@require_safe
@client_page_of_provider(Permission.SEE_BILLING)
def of_client(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All of one client's."""
    rows = [(each, STATES[each.state]) for each in queries.contracts()]
    return show(request, visit, "backoffice/client_contracts.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@client_page_of_provider(Permission.CHANGE_CONTRACTS)
def draft(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A new offer."""
    form = forms.OfferForm(request.POST or None)
    if form.is_valid():
        domains, agreed = form.cleaned_data["domains"], form.agreed_price()
        try:
            made = offers.draft(visit.client, form.wanted(), domains, agreed=agreed, by=visit.by)
        except Impossible:
            form.add_error(None, _("There is no price for this: see the price list, or agree upon one."))
        else:
            return redirect("client_contract", client_id=visit.client.pk, contract_id=made.pk)
    return show(request, visit, "backoffice/contract_draft.html", {"form": form})


@never_cache
@require_safe
@client_page_of_provider(Permission.SEE_BILLING)
def contract(request: HttpRequest, visit: Visit, contract_id: int) -> HttpResponse:
    """All that is known of one, and what may be done."""
    row = or_404(queries.find_contract(contract_id))
    steps = {each.name: True for each in steps_from(ContractState(row.state))}
    may_amend = row.state in AMENDABLE and visit.grant.allows(Permission.CHANGE_CONTRACTS)
    values = facts_of(row) | {"steps": steps, "may_amend": may_amend, "amendments": rows_of(row.amendments.all())}
    values |= {"received": received_under(row), "sharing": sharing_signs(row)}
    values |= {"papers": shown_papers(row, for_client=False), "not_granted": queries.not_granted(row)}
    return show(request, visit, "backoffice/contract.html", values)


@require_POST
@client_page_of_provider(Permission.CHANGE_CONTRACTS)
def act(request: HttpRequest, visit: Visit, contract_id: int) -> HttpResponse:
    """One step, or what is told of it."""
    row = or_404(queries.find_contract(contract_id))
    step = _STEPS.get(request.POST.get("act", ""))
    if step is None:
        raise Http404
    try:
        step(request, row, visit)
    except OutOfTurn:
        messages.error(request, _("This cannot be done with the contract as it is now: look at it anew."))
    except life.OverBeforeRenewal:
        messages.error(
            request,
            _(
                "The letter came in time, and the contract was renewed all the same: terminate it, and ask nothing for the new period."
            ),
        )
    except life.BeforeContract:
        messages.error(request, _("The letter is dated before the contract began: it can name no breach of it."))
    except Impossible:
        messages.error(request, str(_NOT_DONE.get(request.POST["act"], _REASON)))
    else:
        messages.success(request, _("Saved."))
    return redirect("client_contract", client_id=visit.client.pk, contract_id=row.pk)


@require_safe
@client_page_of_provider(Permission.SEE_BILLING)
def paper(request: HttpRequest, visit: Visit, contract_id: int, paper_id: int) -> HttpResponse:
    """One of its papers, to be saved."""
    row = or_404(queries.find_contract(contract_id))
    page = redirect("client_contract", client_id=visit.client.pk, contract_id=row.pk)
    return paper_response(request, or_404(papers.find_paper(row, paper_id)), page)


@require_POST
@client_page_of_provider(Permission.CHANGE_CONTRACTS)
def add_paper(request: HttpRequest, visit: Visit, contract_id: int) -> HttpResponse:
    """What was signed by hand, and came by post or mail."""
    row = or_404(queries.find_contract(contract_id))
    take_paper(request, row, amendment_named(request, row, for_client=False), visit.by)
    return redirect("client_contract", client_id=visit.client.pk, contract_id=row.pk)


def _note(request: HttpRequest) -> str:
    return typed(request.POST.get("note", ""), moves.MAX_NOTE)


def _notice(request: HttpRequest, row: Contract, visit: Visit) -> None:
    at = _moment(request)
    if at is None:
        raise Impossible("when did the letter come?")
    whose = "provider" if request.POST.get("whose") == "provider" else "client"
    if not life.receive_notice(row, _note(request), _local(at, row), whose=whose, by=visit.by):
        messages.error(request, _("The letter came too late: the contract goes on. It stands in the history."))


def _moment(request: HttpRequest) -> datetime | None:
    try:
        return parse_datetime(typed(request.POST.get("at", ""), 30))
    except ValueError:  # Written as one, and none of the calendar.
        return None


def _local(at: datetime, row: Contract) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=row.zone)


def _breach(request: HttpRequest, row: Contract, visit: Visit) -> None:
    sent_on = typed_day(request.POST.get("on", ""))
    if sent_on is None:
        raise Impossible("when did the letter go?")
    life.declare_breach(row, _note(request), sent_on, by=visit.by)


def _terminate(request: HttpRequest, row: Contract, visit: Visit) -> None:
    life.terminate(row, _note(request), waives_period=_waives_period(request), by=visit.by)


def _terminate_for_breach(request: HttpRequest, row: Contract, visit: Visit) -> None:
    life.terminate_for_breach(row, waives_period=_waives_period(request), by=visit.by)


def _waives_period(request: HttpRequest) -> bool:
    return bool(request.POST.get("waived"))


def _domain(request: HttpRequest, row: Contract, visit: Visit) -> None:
    wanted = request.POST.get("domain", "")
    domain = or_404(next((each for each in row.domains.all() if str(each.pk) == wanted), None))
    if request.POST["act"] == "grant":
        naming.grant(domain, by=visit.by)
    else:
        naming.refuse(domain, _note(request), by=visit.by)


_STEPS: Mapping[str, Callable[[HttpRequest, Contract, Visit], None]] = MappingProxyType(
    {
        Step.SEND.value: lambda _request, row, visit: offers.send(row, today=row.today, by=visit.by),
        Step.REVISE.value: lambda _request, row, visit: offers.revise(row, by=visit.by),
        Step.WITHDRAW.value: lambda request, row, visit: offers.withdraw(row, _note(request), by=visit.by),
        Step.START.value: lambda _request, row, visit: life.start(row, by=visit.by),
        Step.GIVE_NOTICE.value: _notice,
        Step.SUSPEND.value: lambda request, row, visit: life.suspend(row, _note(request), by=visit.by),
        Step.RESUME.value: lambda _request, row, visit: life.resume(row, by=visit.by),
        Step.TERMINATE.value: _terminate,
        "breach": _breach,
        "repaired": lambda _request, row, visit: life.repair_breach(row, by=visit.by),
        "breach-end": _terminate_for_breach,
        "share": lambda _request, row, visit: consents.allow_sharing(row, allows=True, by=visit.by),
        "unshare": lambda _request, row, visit: consents.allow_sharing(row, allows=False, by=visit.by),
        "grant": _domain,
        "refuse": _domain,
    }
)
_REASON = gettext_lazy("A reason is missing.")
# Of all others that is what they can lack.
_NOT_DONE: Mapping[str, str | Promise] = MappingProxyType(
    {
        Step.SEND.value: gettext_lazy("An offer needs terms of sale: publish some first."),
        Step.START.value: gettext_lazy(
            "Approve or refuse each domain first, one of them must be approved; and a client has one contract in force."
        ),
        Step.GIVE_NOTICE.value: gettext_lazy("A letter of notice has a reference, and came at a time that has passed."),
        "breach": gettext_lazy("The letter has a reference, and went on a day that has come."),
        "repaired": gettext_lazy("No breach was declared."),
        "breach-end": gettext_lazy("Fifteen days must have passed since the letter went (16-1)."),
    }
)
