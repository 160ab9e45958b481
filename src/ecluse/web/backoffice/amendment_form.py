"""What the provider fills in about an amendment."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from ecluse.control.contracts import amendments, offers
from ecluse.control.contracts.amendments import Wish
from ecluse.control.contracts.price_grid import Bundle
from ecluse.control.contracts.prices import Ordered
from ecluse.control.contracts.queries import Contract
from ecluse.web.backoffice.contract_forms import money_field
from ecluse.web.contract_words import BUNDLES
from ecluse.web.lines_field import LinesField
from ecluse.wire.notations import DomainName


class AmendmentForm(forms.Form):
    """What the contract shall be; at first it shows what it is."""

    bundle = forms.ChoiceField(label=gettext_lazy("Services"), choices=list(BUNDLES.items()))
    addresses = forms.IntegerField(label=gettext_lazy("Addresses in all"), min_value=1, max_value=offers.MAX_ADDRESSES)
    domains = LinesField(
        DomainName, most=offers.MAX_DOMAINS, is_short=True, label=gettext_lazy("More domains"), help_text="two.example"
    )
    options = forms.MultipleChoiceField(
        label=gettext_lazy("Options"), required=False, widget=forms.CheckboxSelectMultiple
    )
    agreed = money_field(
        gettext_lazy("Price agreed upon, in EUR net of tax, more for each month"),
        required=False,
        help_text=gettext_lazy("Empty: by the price list of the contract."),
    )
    agreed_options = money_field(gettext_lazy("The same of the options"), required=False)

    def __init__(self, contract: Contract, data: Mapping[str, Any] | None = None) -> None:
        initial = {"bundle": contract.bundle, "addresses": contract.addresses, "options": contract.options}
        super().__init__(data, initial=initial)
        self.fields["options"].choices = [(each, each) for each in amendments.options_for(contract)]  # type: ignore[attr-defined]  # a ChoiceField's

    def wish(self) -> Wish:
        """What is wanted."""
        said = self.cleaned_data
        return Wish(Ordered(Bundle(said["bundle"]), said["addresses"], tuple(said["options"])), said["domains"])

    def agreed_price(self) -> offers.Agreed | None:
        """By month; None: by the list."""
        services, options = self.cleaned_data["agreed"], self.cleaned_data["agreed_options"]
        return None if services is None else offers.Agreed(services, options or Decimal(0))
