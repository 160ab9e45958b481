"""Invoices, as the provider follows them: what is paid, what is given back, what was not sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing import invoices as services
from ecluse.control.billing import queries
from ecluse.control.billing.advances import give_back as give_advance_back
from ecluse.control.billing.advances import in_advance, keep_overpaid, use_advance
from ecluse.control.billing.copies import send_again
from ecluse.control.billing.document import document_of
from ecluse.control.billing.dunning import NoticeKind
from ecluse.control.billing.invoice_days import today
from ecluse.control.billing.invoices import Lacking, Received
from ecluse.control.billing.notice_papers import notices_of
from ecluse.control.billing.queries import Invoice
from ecluse.control.billing.totals import Line
from ecluse.domain.errors import Impossible
from ecluse.domain.invoice_status import PlatformStatus
from ecluse.web.backoffice.access import Duty, client_page_of_provider, provider_page
from ecluse.web.backoffice.access import show as show_provider
from ecluse.web.console.access import Visit, show
from ecluse.web.invoice_words import STATUSES
from ecluse.web.notice_words import NOTICES
from ecluse.web.pages import or_404, page_of, searched, typed, typed_day, typed_number

_MEANS: Mapping[str, str | Promise] = MappingProxyType(
    {"transfer": gettext_lazy("transfer"), "cheque": gettext_lazy("cheque"), "other": gettext_lazy("other")}
)
_PAID_BY: Mapping[str, str | Promise] = MappingProxyType({**_MEANS, "advance": gettext_lazy("out of the advance")})
_LACKING: Mapping[Lacking, str | Promise] = MappingProxyType(
    {
        Lacking.SELLER: gettext_lazy("it is not known who invoices"),
        Lacking.BUYER: gettext_lazy("it is not known as what the client is invoiced"),
    }
)
_MAX_AMOUNT = Decimal("9999999999.99")


@never_cache
@require_safe
@provider_page(Permission.SEE_BILLING)
def list_invoices(request: HttpRequest, duty: Duty) -> HttpResponse:
    """Of all clients, the newest first; and what cannot be invoiced."""
    search, is_open = searched(request), request.GET.get("shown") == "open"
    page = page_of(request, queries.invoices_of_all(today(), search=search, is_open=is_open))
    waiting = [(contract, _LACKING[why]) for contract, why in queries.waiting(timezone.now())]
    values = {"page": page, "search": search, "is_open": is_open, "waiting": waiting}
    return show_provider(request, duty, "backoffice/invoices.html", values)


@never_cache
@require_safe
@client_page_of_provider(Permission.SEE_BILLING)
def invoice(request: HttpRequest, visit: Visit, invoice_id: int) -> HttpResponse:
    """One of them, with all that came for it."""
    row = or_404(queries.find_invoice(invoice_id))
    values = {
        "standing": queries.standing_of(row, today()),
        "document": document_of(row),
        "payments": [(each, _PAID_BY[each.means]) for each in row.payments.all()],
        "notes": row.credit_notes.all(),
        "told": [(each, STATUSES[PlatformStatus(each.status)]) for each in row.told.all()],
        "notices": [(each, NOTICES[NoticeKind(each.kind)]) for each in notices_of(row)],
        "beside": row.taken_lines.all(),
        "means": _MEANS.items(),
        "in_advance": in_advance(),
    }
    return show(request, visit, "backoffice/invoice.html", values)


@require_POST
@client_page_of_provider(Permission.CHANGE_CONTRACTS)
def act(request: HttpRequest, visit: Visit, invoice_id: int) -> HttpResponse:
    """What is told of it, or given back."""
    row = or_404(queries.find_invoice(invoice_id))
    what = request.POST.get("act", "")
    if what not in _ACTS:
        raise Http404
    do, refusal = _ACTS[what]
    try:
        do(request, row, visit)
    except Impossible:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Saved."))
    return redirect("client_invoice", client_id=visit.client.pk, invoice_id=row.pk)


@require_POST
@client_page_of_provider(Permission.CHANGE_CONTRACTS)
def give_back(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Some of what the client has in advance, by transfer."""
    try:
        give_advance_back(visit.client, Received(_amount(request), _day(request), "transfer"), by=visit.by)
    except Impossible:
        messages.error(request, _("No more is given back than the client has, on a day that has come."))
    else:
        messages.success(request, _("Saved."))
    return redirect("own_account", client_id=visit.client.pk)


def _pay(request: HttpRequest, row: Invoice, visit: Visit) -> None:
    reference = typed(request.POST.get("reference", ""), 100)
    money = Received(_amount(request), _day(request), request.POST.get("means", ""), reference)
    services.pay(row, money, by=visit.by)


def _take_back(request: HttpRequest, row: Invoice, visit: Visit) -> None:
    reference = typed(request.POST.get("reference", ""), 100)
    money = Received(_amount(request), _day(request), request.POST.get("means", ""), reference)
    services.take_back(row, money, by=visit.by)


def _use_advance(_request: HttpRequest, row: Invoice, visit: Visit) -> None:
    use_advance(row, by=visit.by)


def _keep_overpaid(_request: HttpRequest, row: Invoice, visit: Visit) -> None:
    keep_overpaid(row, by=visit.by)


def _receive(request: HttpRequest, row: Invoice, visit: Visit) -> None:
    services.receive(row, _day(request), by=visit.by)


def _credit(request: HttpRequest, row: Invoice, visit: Visit) -> None:
    reason, vat = typed(request.POST.get("reason", ""), 300), document_of(row).lines[0].vat
    lines = [Line(reason, Decimal(1), _amount(request), vat)]
    services.credit(row, lines, reason, dated=today(), by=visit.by)


def _send(_request: HttpRequest, row: Invoice, visit: Visit) -> None:
    send_again(row, by=visit.by)


def _amount(request: HttpRequest) -> Decimal:
    amount = typed_number(request.POST.get("amount", ""), _MAX_AMOUNT)
    if amount is None:
        raise Impossible("no amount")
    return amount


def _day(request: HttpRequest) -> date:
    day = typed_day(request.POST.get("on", ""))
    if day is None or day > today():
        raise Impossible("no day that has come")
    return day


# What each does, and what is said where it cannot be done.
_ACTS: Mapping[str, tuple[Callable[[HttpRequest, Invoice, Visit], None], str | Promise]] = MappingProxyType(
    {
        "pay": (
            _pay,
            gettext_lazy("A payment has a day that has come and an amount, no more than what is left to pay."),
        ),
        "take-back": (
            _take_back,
            gettext_lazy("No more is taken back than came, on a day that has come."),
        ),
        "advance": (_use_advance, gettext_lazy("Nothing is in advance, or left to pay.")),
        "keep": (_keep_overpaid, gettext_lazy("No more was paid than is owed.")),
        "receive": (_receive, gettext_lazy("It was received on a day after its date that has come, and once.")),
        "credit": (
            _credit,
            gettext_lazy("A credit note has a reason and an amount, and gives back no more than was invoiced."),
        ),
        "send": (_send, gettext_lazy("It is about to be sent.")),
    }
)
