"""A quote for who is no client yet: computed, shown and drawn, and kept nowhere; an offer is made once he is one (6-1, 15-6)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing.invoice_days import today
from ecluse.control.contracts import offers
from ecluse.control.contracts.offers import OFFER_LASTS
from ecluse.control.contracts.price_grid import Price
from ecluse.domain.errors import Impossible
from ecluse.web.backends import backends
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.backoffice.contract_forms import OfferForm
from ecluse.web.contract_sheet import Prospect, quote_sheet

_MAX_NAME = 200


class QuoteForm(OfferForm):
    """For whom, and of what."""

    name = forms.CharField(label=gettext_lazy("For whom"), max_length=_MAX_NAME)
    field_order = ("name",)


@never_cache
@require_safe
@provider_page(Permission.CHANGE_CONTRACTS)
def quote(request: HttpRequest, duty: Duty) -> HttpResponse:
    """Its form, and once that is filled in the price; `?as=pdf`: as a file."""
    form, draw = QuoteForm(request.GET or None), backends().draw_pdf
    price, valid_until = _price(form), today() + OFFER_LASTS
    if price is not None and draw is not None and request.GET.get("as") == "pdf":
        try:
            return _file(draw(_sheet(form, price, valid_until)))
        except Impossible:
            messages.error(request, _("This cannot be drawn: look at its words."))
    values = {"form": form, "price": price, "valid_until": valid_until, "may_draw": draw is not None}
    return show(request, duty, "backoffice/quote.html", values)


def _price(form: QuoteForm) -> Price | None:
    """By the list, or as it was agreed upon; None before the form is right."""
    if not form.is_valid():
        return None
    try:
        return offers.price_of(form.wanted(), form.agreed_price())
    except Impossible:
        form.add_error(None, _("There is no price for this: see the price list, or agree upon one."))
        return None


def _sheet(form: QuoteForm, price: Price, valid_until: date) -> str:
    said: dict[str, Any] = form.cleaned_data
    return quote_sheet(Prospect(said["name"], form.wanted(), said["domains"], price, valid_until))


def _file(body: bytes) -> HttpResponse:
    response = HttpResponse(body, content_type="application/pdf")
    response["Content-Disposition"] = 'attachment; filename="devis.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
