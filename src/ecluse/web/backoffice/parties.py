"""Who invoices, and as what each client is invoiced: the provider's word."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing import registers
from ecluse.control.billing.parties import Flawed
from ecluse.web.backoffice.access import Duty, client_page_of_provider, provider_page
from ecluse.web.backoffice.access import show as show_provider
from ecluse.web.console.access import Visit, show
from ecluse.web.party_forms import ProvidersBuyerForm, SellerForm


@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.SEE_BILLING, to_change=Permission.CHANGE_CONTRACTS)
def seller(request: HttpRequest, duty: Duty) -> HttpResponse:
    """The provider, as it stands on its invoices."""
    newest = registers.newest_seller()
    form = SellerForm(request.POST or None, initial=SellerForm.shown(registers.read_seller(newest) if newest else None))
    if form.is_valid():
        try:
            registers.set_seller(form.seller(), by=duty.by)
        except Flawed as problem:
            form.show_flaw(problem)
        else:
            messages.success(request, _("Saved. Invoices name it from now on; those that were made stay as they are."))
            return redirect("invoice_seller")
    return show_provider(request, duty, "backoffice/invoice_seller.html", {"form": form, "newest": newest})


@require_http_methods(["GET", "HEAD", "POST"])
@client_page_of_provider(Permission.CHANGE_CONTRACTS)
def buyer(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A client, as it stands there, with its tax."""
    newest = registers.newest_buyer()
    form = ProvidersBuyerForm(request.POST or None, registers.read_buyer(newest) if newest else None)
    if form.is_valid():
        try:
            registers.set_buyer(visit.client, form.buyer(), by=visit.by)
        except Flawed as problem:
            form.show_flaw(problem)
        else:
            messages.success(request, _("Saved. Invoices name it from now on; those that were made stay as they are."))
            return redirect("invoice_buyer", client_id=visit.client.pk)
    return show(request, visit, "console/invoice_buyer.html", {"form": form, "newest": newest})
