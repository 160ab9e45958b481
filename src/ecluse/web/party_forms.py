"""What is filled in about who sells and who buys."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from ecluse.control.billing.parties import FRANCE, Buyer, Flaw, Flawed, PostalAddress, Seller
from ecluse.web.countries import countries
from ecluse.web.notation_fields import NotationField
from ecluse.wire.company_numbers import Bic, Iban, Siren, Siret, VatNumber

_FLAWS: Mapping[Flaw, tuple[str, str | Promise]] = MappingProxyType(
    {
        Flaw.NO_SIREN: ("siren", gettext_lazy("In France each company has one.")),
        Flaw.NO_VAT_NUMBER: (
            "vat_number",
            gettext_lazy("Elsewhere in the European Union a business has one: without it no invoice can be made."),
        ),
        Flaw.OTHER_COUNTRY: ("vat_number", gettext_lazy("This number is not of the country of the address.")),
        Flaw.OTHER_COMPANY: ("vat_number", gettext_lazy("This number belongs to a company with another SIREN.")),
    }
)


# What no XML can hold: an invoice with it could never be drawn.
_READABLE = RegexValidator(
    r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]",
    NotationField.default_error_messages["notation"],
    inverse_match=True,
)


def _text(label: Any, most: int, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, validators=[_READABLE], **more)


class PartyForm(forms.Form):
    """What is asked of both."""

    name = _text(gettext_lazy("Legal name"), 200)
    street = _text(gettext_lazy("Street and number"), 150)
    more = _text(gettext_lazy("Building, floor, box"), 150, required=False)
    postcode = _text(gettext_lazy("Postcode"), 20)
    city = _text(gettext_lazy("City"), 100)

    def address(self) -> PostalAddress:
        """Where it is."""
        said = self.cleaned_data
        return PostalAddress(said["street"], said["postcode"], said["city"], said.get("country", FRANCE), said["more"])

    def show_flaw(self, problem: Flawed) -> None:
        """Beside the field that has it."""
        field, words = _FLAWS[problem.flaw]
        self.add_error(field, str(words))


class SellerForm(PartyForm):
    """The provider."""

    legal_form = _text(gettext_lazy("Legal form"), 50, help_text="SAS, SARL, EURL, EI…")
    capital = forms.DecimalField(
        label=gettext_lazy("Share capital in EUR"), min_value=0, max_digits=14, decimal_places=2, required=False
    )
    siret = NotationField(Siret, label="SIRET", help_text="732 829 320 00074")
    vat_number = NotationField(VatNumber, label=gettext_lazy("VAT number"), help_text="FR 44 732829320")
    register = _text(
        gettext_lazy("Register of companies"), 100, required=False, help_text=gettext_lazy("The town: Toulouse.")
    )
    iban = NotationField(Iban, label="IBAN", help_text="FR76 3000 6000 0112 3456 7890 189")
    bic = NotationField(Bic, label="BIC", help_text="AGRIFRPP")
    email = forms.EmailField(label=gettext_lazy("E-mail address for questions about invoices"), max_length=254)
    phone = _text(gettext_lazy("Telephone"), 30)
    taxed_on_debits = forms.BooleanField(
        label=gettext_lazy("VAT is owed when it is invoiced, and not when it is paid (option for debits)"),
        required=False,
    )

    @staticmethod
    def shown(seller: Seller | None) -> dict[str, object]:
        """What stands in the fields at first."""
        return {} if seller is None else _plain(seller)

    def seller(self) -> Seller:
        """What is said."""
        said = self.cleaned_data
        return Seller(address=self.address(), **{name: said[name] for name in _names(Seller)})


class BuyerForm(PartyForm):
    """A client, by itself."""

    country = forms.ChoiceField(label=gettext_lazy("Country"))
    siren = NotationField(Siren, label="SIREN", required=False, help_text=gettext_lazy("In France: 732 829 320."))
    vat_number = NotationField(VatNumber, label=gettext_lazy("VAT number"), required=False, help_text="FR 44 732829320")
    invoices_to = forms.EmailField(label=gettext_lazy("E-mail address to which invoices go"), max_length=254)
    order_reference = _text(gettext_lazy("Order number to be named on invoices"), 50, required=False)

    def __init__(self, data: QueryDict | None, buyer: Buyer | None) -> None:
        """`buyer` is what is known."""
        super().__init__(data, initial={} if buyer is None else _plain(buyer))
        self._known = buyer
        self.fields["country"].choices = countries()  # type: ignore[attr-defined]  # a ChoiceField's

    def buyer(self) -> Buyer:
        """What is said; why no tax is owed is not the client's to say."""
        said = {"exempt_reason": self._known.exempt_reason if self._known else "", **self.cleaned_data}
        return Buyer(address=self.address(), **{name: said[name] for name in _names(Buyer)})


class ProvidersBuyerForm(BuyerForm):
    """A client, by its provider."""

    exempt_reason = _text(
        gettext_lazy("Exempt from VAT because of"),
        200,
        required=False,
        help_text=gettext_lazy(
            "Word for word as it shall stand on invoices, with the article of the law. Empty: by the country."
        ),
    )


def _names(party: type[Seller | Buyer]) -> list[str]:
    return [name for name in party.__slots__ if name != "address"]


def _plain(party: Seller | Buyer) -> dict[str, object]:
    address = {name: getattr(party.address, name) for name in PostalAddress.__slots__}
    return address | {name: getattr(party, name) for name in _names(type(party))}
