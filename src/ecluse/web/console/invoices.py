"""The client's side of its invoices: who it is on them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing import registers
from ecluse.control.billing.parties import Flawed
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.party_forms import BuyerForm


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
