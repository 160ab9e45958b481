"""The client's side of its invoices: what it owes, their files, and who it is on them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing import queries, registers
from ecluse.control.billing.invoice_days import today
from ecluse.control.billing.parties import Flawed
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.invoice_file import file_response
from ecluse.web.pages import or_404, page_of
from ecluse.web.party_forms import BuyerForm


@never_cache
@require_safe
@client_page(Permission.SEE_BILLING)
def invoices(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All of them, with what is left to pay."""
    page = page_of(request, queries.invoices(today()))
    return show(request, visit, "console/invoices.html", {"page": page})


@never_cache
@require_safe
@client_page(Permission.SEE_BILLING)
def file(request: HttpRequest, visit: Visit, invoice_id: int) -> HttpResponse:  # noqa: ARG001 - every page takes them.
    """One as it was made."""
    return file_response(or_404(queries.find_invoice(invoice_id)))


@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.ACCEPT_CONTRACTS)
def buyer(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What it keeps true by itself (3-6); its tax is the provider's to say."""
    newest = registers.newest_buyer()
    form = BuyerForm(request.POST or None, registers.read_buyer(newest) if newest else None)
    if form.is_valid():
        try:
            registers.correct_buyer(visit.client, form.buyer(), by=visit.by)
        except Flawed as problem:
            form.show_flaw(problem)
        except registers.OtherTax:
            form.add_error("country", _("With this your VAT would be another: ask your provider to change it."))
        else:
            messages.success(request, _("Saved. Invoices name it from now on; those that were made stay as they are."))
            return redirect("own_invoice_buyer", client_id=visit.client.pk)
    return show(request, visit, "console/invoice_buyer.html", {"form": form, "newest": newest})
