"""What the provider fills in about offers, prices and terms."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecluse.control.contracts import catalogue, offers
from ecluse.control.contracts.price_grid import Bundle, Grid, Tier, Wanted
from ecluse.control.contracts.terms import MONTHS
from ecluse.web.contract_words import BUNDLES
from ecluse.web.lines_field import LinesField
from ecluse.wire.notations import DomainName

_MAX_PRICE = Decimal("99999999.99")
_MAX_UNIT_PRICE = Decimal(10_000)
_TIERS, _OPTIONS = 20, 20


def money_field(label: Any, **more: Any) -> forms.DecimalField:
    """An amount in EUR."""
    return forms.DecimalField(label=label, min_value=0, max_value=_MAX_PRICE, decimal_places=2, **more)


def _percent(label: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, min_value=0, max_value=100, decimal_places=2, required=False)


class OfferForm(forms.Form):
    """An offer for one client."""

    bundle = forms.ChoiceField(label=gettext_lazy("Services"), choices=list(BUNDLES.items()), initial=Bundle.BOTH)
    addresses = forms.IntegerField(label=gettext_lazy("Addresses"), min_value=1, max_value=offers.MAX_ADDRESSES)
    domains = LinesField(
        DomainName, most=offers.MAX_DOMAINS, is_short=True, label=gettext_lazy("Domains"), help_text="one.example"
    )
    months = forms.TypedChoiceField(
        label=gettext_lazy("Months of the first term"), choices=[(each, str(each)) for each in MONTHS], coerce=int
    )
    options = forms.MultipleChoiceField(
        label=gettext_lazy("Options"), required=False, widget=forms.CheckboxSelectMultiple
    )
    agreed = money_field(
        gettext_lazy("Price agreed upon, in EUR net of tax, for the whole first term"),
        required=False,
        help_text=gettext_lazy("Empty: by the price list."),
    )
    agreed_options = money_field(gettext_lazy("The same of the options"), required=False)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        names = catalogue.option_names(catalogue.newest_prices())
        self.fields["options"].choices = [(each, each) for each in names]  # type: ignore[attr-defined]  # a ChoiceField's

    def clean_domains(self) -> tuple[str, ...]:
        """Raises `ValidationError` for none."""
        names: tuple[str, ...] = self.cleaned_data["domains"]
        if not names:
            raise forms.ValidationError(_("An offer names one domain at least."))
        return names

    def wanted(self) -> Wanted:
        """What is offered."""
        said = self.cleaned_data
        return Wanted(
            Bundle(said["bundle"]), said["addresses"], len(said["domains"]), said["months"], tuple(said["options"])
        )

    def agreed_price(self) -> offers.Agreed | None:
        """None: by the list."""
        services, options = self.cleaned_data["agreed"], self.cleaned_data["agreed_options"]
        return None if services is None else offers.Agreed(services, options or Decimal(0))


class PricesForm(forms.Form):
    """A new price list."""

    tiers = LinesField(
        str,
        most=_TIERS,
        label=gettext_lazy("Prices for an address and month, in EUR"),
        help_text=gettext_lazy("On each line: up to how many addresses (0: any number), inbound, outbound, both."),
    )
    domain = money_field(gettext_lazy("For each domain after the first, a month"))
    less_24 = _percent(gettext_lazy("Percent less for 24 months"))
    less_36 = _percent(gettext_lazy("Percent less for 36 months"))
    options = LinesField(
        str,
        most=_OPTIONS,
        label=gettext_lazy("Options"),
        help_text=gettext_lazy("On each line: a name without spaces, and its price for an address and month."),
    )

    def clean_tiers(self) -> tuple[Tier, ...]:
        """In the order of their sizes. Raises `ValidationError`."""
        tiers = [self._tier(line) for line in self.cleaned_data["tiers"]]
        if not tiers:
            raise forms.ValidationError(_("A price list has one line at least."))
        return tuple(sorted(tiers, key=lambda each: (not each.up_to, each.up_to)))

    def clean_options(self) -> dict[str, Decimal]:
        """By name. Raises `ValidationError`."""
        pairs = [line.split() for line in self.cleaned_data["options"]]
        if any(len(pair) != 2 for pair in pairs):
            raise forms.ValidationError(_("Each line has a name and a price."))
        return {name[:50]: _unit_price(price) for name, price in pairs}

    def grid(self) -> Grid:
        """All of it."""
        said = self.cleaned_data
        reductions = {24: said["less_24"] or Decimal(0), 36: said["less_36"] or Decimal(0)}
        return Grid(said["tiers"], said["domain"], reductions, said["options"])

    @staticmethod
    def shown(grid: Grid | None) -> dict[str, object]:
        """What stands in the fields at first."""
        if grid is None:
            return {}
        return {
            "tiers": [" ".join(map(str, (each.up_to, *(each.prices[one] for one in Bundle)))) for each in grid.tiers],
            "domain": grid.domain,
            "less_24": grid.reductions.get(24),
            "less_36": grid.reductions.get(36),
            "options": [f"{name} {price}" for name, price in grid.options.items()],
        }

    def _tier(self, line: str) -> Tier:
        parts = line.split()
        if len(parts) != 1 + len(Bundle) or not parts[0].isascii() or not parts[0].isdigit():
            raise forms.ValidationError(_("Each line has a number of addresses and three prices."))
        prices = dict(zip(Bundle, map(_unit_price, parts[1:]), strict=True))
        return Tier(min(int(parts[0][:9]), offers.MAX_ADDRESSES), prices)


class TermsForm(forms.Form):
    """New terms of sale."""

    name = forms.CharField(label=gettext_lazy("Name of this version"), max_length=catalogue.MAX_NAME)
    text = forms.CharField(
        label=gettext_lazy("Text in French, which holds"), max_length=catalogue.MAX_TERMS, widget=forms.Textarea
    )
    text_en = forms.CharField(
        label=gettext_lazy("The same in English, shown beside it"),
        max_length=catalogue.MAX_TERMS,
        widget=forms.Textarea,
        required=False,
    )


def _unit_price(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal(-1)
    if not found.is_finite() or not 0 <= found <= _MAX_UNIT_PRICE:
        raise forms.ValidationError(_("This is no price: %(text)s") % {"text": text[:20]})
    return found
