"""What is paid late: the next rung of each invoice, what is owed for it, and by which rates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing import coming_lines, dunning, key_rates, late_claims, notice_papers
from ecluse.control.billing.dunning import NoticeKind
from ecluse.control.billing.invoice_days import today
from ecluse.domain.errors import Impossible
from ecluse.web.backoffice.access import Duty, client_page_of_provider, provider_page, show
from ecluse.web.console.access import Visit
from ecluse.web.notice_words import NOTICES
from ecluse.web.pages import or_404, typed, typed_day, typed_number

_ANSWERS = {"yes": dunning.approve, "no": dunning.decline}
_MAX_WHY = 300


@never_cache
@require_safe
@provider_page(Permission.SEE_BILLING)
def late_payment(request: HttpRequest, duty: Duty) -> HttpResponse:
    """What waits for a person."""
    day = today()
    values = {
        "notices": [(*each, NOTICES[NoticeKind(each[0].kind)]) for each in dunning.notices_waiting(day)],
        "claims": late_claims.claims_of_all(),
        "unknown": key_rates.unknown_half_years(day),
    }
    return show(request, duty, "backoffice/late_payment.html", values)


@require_POST
@client_page_of_provider(Permission.CHANGE_CONTRACTS)
def answer(request: HttpRequest, visit: Visit, notice_id: int) -> HttpResponse:
    """Yes or no to a rung."""
    row = or_404(dunning.find_notice(notice_id))
    do, said = _ANSWERS.get(request.POST.get("act", "")), request.POST.get("said", "")
    if do is None:
        raise Http404
    try:
        do(row, typed(said, _MAX_WHY), by=visit.by)
    except Impossible:
        messages.error(
            request,
            _("This cannot be done: it is paid, was answered, a reason is missing, or its contract is not in force."),
        )
    else:
        messages.success(request, _("Saved."))
    return redirect("late_payment")


@never_cache
@require_safe
@client_page_of_provider(Permission.SEE_BILLING)
def paper(_request: HttpRequest, _visit: Visit, notice_id: int, notice_paper_id: int) -> HttpResponse:
    """A letter for the registered post, as it was drawn."""
    row = or_404(dunning.find_notice(notice_id))
    body = or_404(notice_papers.body_of(or_404(notice_papers.find_paper(row, notice_paper_id))))
    response = HttpResponse(body, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{row.invoice.reference}-{row.kind}-{notice_paper_id}.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
@client_page_of_provider(Permission.CHANGE_CONTRACTS)
def ask(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Penalties and indemnities of one client, on a document of their own."""
    try:
        invoice = late_claims.ask_for_claims(by=visit.by)
    except Impossible:
        messages.error(request, _("Nothing is owed, or it is not known as what the client is invoiced."))
        return redirect("late_payment")
    messages.success(request, _("%(reference)s was issued.") % {"reference": invoice.reference})
    return redirect("client_invoice", client_id=visit.client.pk, invoice_id=invoice.pk)


@require_POST
@client_page_of_provider(Permission.CHANGE_CONTRACTS)
def waive(request: HttpRequest, visit: Visit, line_id: int) -> HttpResponse:
    """One claim of the provider's is not asked for."""
    row = or_404(coming_lines.find_line(line_id))
    try:
        coming_lines.waive(row, typed(request.POST.get("why", ""), _MAX_WHY), by=visit.by)
    except Impossible:
        messages.error(request, _("Only what you ask for and did not invoice yet is waived, with a reason."))
    else:
        messages.success(request, _("Saved."))
    if row.is_taxed:
        return redirect("own_account", client_id=visit.client.pk)
    return redirect("late_payment")


@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.SEE_BILLING, to_change=Permission.CHANGE_CONTRACTS)
def rates(request: HttpRequest, duty: Duty) -> HttpResponse:
    """Of half-years that are not shipped."""
    if request.method == "POST":
        try:
            key_rates.enter_rate(_half_year(request), _percent(request), by=duty.by)
        except Impossible:
            messages.error(request, _("A rate is entered for a half-year that has begun, from 0 to 50 percent."))
        else:
            messages.success(request, _("Saved."))
        return redirect("key_rates")
    known, unknown = key_rates.all_rates(), key_rates.unknown_half_years(today())
    entered = [each.half_year for each in known if each.entered]
    values = {"rates": known, "unknown": unknown, "offered": [*unknown, *entered]}
    return show(request, duty, "backoffice/key_rates.html", values)


def _half_year(request: HttpRequest) -> date:
    day = typed_day(request.POST.get("half_year", ""))
    if day is None:
        raise Impossible("no day")
    return day


def _percent(request: HttpRequest) -> Decimal:
    percent = typed_number(request.POST.get("percent", ""), key_rates.HIGHEST)
    if percent is None:
        raise Impossible("no rate")
    return percent
