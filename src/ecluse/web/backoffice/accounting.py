"""What the accountant gets: the entries of a financial year, and which accounts they name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing import fec
from ecluse.control.billing.accounts import NAMES, Accounts, newest_accounts, set_accounts
from ecluse.control.billing.invoice_days import today
from ecluse.domain.errors import Impossible
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.pages import typed, typed_day

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
        "penalties": gettext_lazy("Penalties for late payment"),
        "recovery": gettext_lazy("Indemnities for recovery"),
    }
)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.CHANGE_CONTRACTS)
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
    used, year = newest_accounts(), today().year - 1
    values = {
        "accounts": [(name, _LABELS[name], getattr(used, name)) for name in NAMES],
        "first": date(year, 1, 1),
        "last": date(year, 12, 31),
    }
    return show(request, duty, "backoffice/accounting.html", values)


@never_cache
@require_safe
@provider_page(Permission.CHANGE_CONTRACTS)
def export(request: HttpRequest, _duty: Duty) -> HttpResponse:
    """The file of one year."""
    try:
        file = fec.export(_day(request, "first"), _day(request, "last"), newest_accounts())
    except Impossible:
        messages.error(request, _("A financial year has a first day and a last, and it must be known who invoices."))
        return redirect("accounting")
    response = HttpResponse(file.body, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response


def _day(request: HttpRequest, name: str) -> date:
    day = typed_day(request.GET.get(name, ""))
    if day is None:
        raise Impossible("no day")
    return day
