"""What the accountant gets: the entries of a financial year, and which accounts they name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing import books, fec
from ecluse.control.billing.accounts import NAMES, Accounts, newest_accounts, set_accounts
from ecluse.control.billing.invoice_days import today
from ecluse.domain.errors import Impossible
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.pages import or_404, typed, typed_day

_MAX_ACCOUNT = 12
_LABELS: Mapping[str, str | Promise] = MappingProxyType(
    {
        "clients": gettext_lazy("Clients"),
        "advances": gettext_lazy("Advances of clients"),
        "bank": gettext_lazy("Bank"),
        "cheques": gettext_lazy("Cheques"),
        "other_means": gettext_lazy("Other means of payment"),
        "services": gettext_lazy("Services, taxed"),
        "services_union": gettext_lazy("Services, European Union"),
        "services_abroad": gettext_lazy("Services, elsewhere"),
        "services_exempt": gettext_lazy("Services, exempt"),
        "given_back": gettext_lazy("Credits and credit notes"),
        "vat": gettext_lazy("VAT at 20 %"),
        "vat_other": gettext_lazy("VAT at other rates"),
        "vat_waiting": gettext_lazy("VAT that is owed once it is paid"),
        "penalties": gettext_lazy("Penalties for late payment"),
        "recovery": gettext_lazy("Indemnities for recovery"),
    }
)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.SEE_BILLING, to_change=Permission.CHANGE_CONTRACTS)
def accounting(request: HttpRequest, duty: Duty) -> HttpResponse:
    """Both."""
    if request.method == "POST":
        wanted = {name: typed(request.POST.get(name, ""), _MAX_ACCOUNT).upper() for name in NAMES}
        try:
            set_accounts(Accounts(**wanted), by=duty.by)
        except Impossible:
            messages.error(request, _("An account begins with a digit and has three to twelve digits or letters."))
        else:
            messages.success(request, _("Saved."))
        return redirect("accounting")
    used = newest_accounts()
    values = {
        "accounts": [(name, _LABELS[name], getattr(used, name)) for name in NAMES],
        "years": books.financial_years(),
        "waiting": books.waiting(),
        "today": today(),
    }
    return show(request, duty, "backoffice/accounting.html", values)


@never_cache
@require_safe
@provider_page(Permission.SEE_BILLING)
def export(request: HttpRequest, _duty: Duty, financial_year_id: int) -> HttpResponse:
    """The file of one year."""
    year = or_404(books.find_year(financial_year_id))
    try:
        file = fec.export(year)
    except Impossible:
        messages.error(request, _("It must be known who invoices."))
        return redirect("accounting")
    response = HttpResponse(file.body, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response


@require_POST
@provider_page(Permission.CHANGE_CONTRACTS)
def act(request: HttpRequest, duty: Duty, financial_year_id: int) -> HttpResponse:
    """Its last day is another, or it is closed."""
    year, what = or_404(books.find_year(financial_year_id)), request.POST.get("act", "")
    try:
        if what == "close":
            books.close_year(year, by=duty.by)
        else:
            books.end_year(year, typed_day(request.POST.get("last", "")) or year.first, by=duty.by)
    except Impossible:
        words = _CLOSED if what == "close" else _ENDED
        messages.error(request, words)
    else:
        messages.success(request, _("Saved."))
    return redirect("accounting")


_CLOSED = gettext_lazy("A year is closed once it is over, all is booked, and the year before it is closed.")
_ENDED = gettext_lazy(
    "The newest year ends after its first day, within 24 months, and not before what is booked in it."
)
