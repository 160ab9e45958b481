"""Who sells and who buys, as it stands on invoices, and under which tax the one sells to the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ecluse.control.billing.totals import STANDARD_RATE, Vat, VatCategory
from ecluse.domain.errors import Impossible
from ecluse.wire.company_numbers import VAT_COUNTRIES, Siret, VatNumber

FRANCE = "FR"
_MONACO = "MC"  # For the tax it is France (CGI, article 256 bis).
# Guadeloupe, Martinique, Réunion: companies of France, in its tax at a rate of their own (CGI, article 296).
_OVERSEAS, _OVERSEAS_RATE = frozenset({"GP", "MQ", "RE"}), Decimal("8.5")
# French Guiana, Mayotte: in France, whose tax does not apply there. All other places overseas are outside of it.
_UNTAXED, _UNTAXED_REASON = frozenset({"GF", "YT"}), "TVA non applicable (CGI, article 294-1)."


class Flaw(StrEnum):
    """Why somebody cannot be invoiced as what is said of him."""

    NO_SIREN = "no-siren"  # A French buyer has one.
    NO_VAT_NUMBER = "no-vat-number"  # Elsewhere in the Union without one he would be no business.
    OTHER_COUNTRY = "other-country"  # The VAT number is of another one.
    OTHER_COMPANY = "other-company"  # The French VAT number holds another SIREN.


class Flawed(Impossible):
    """Somebody cannot be invoiced, or invoice, as this."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """Where a company is."""

    street: str
    postcode: str
    city: str
    country: str = FRANCE  # ISO 3166-1 alpha-2.
    more: str = ""  # Building, floor, box.

    @property
    def lines(self) -> tuple[str, ...]:
        """As it is written, without the country."""
        return tuple(line for line in (self.street, self.more, f"{self.postcode} {self.city}".strip()) if line)


@dataclass(frozen=True, slots=True)
class Seller:
    """The provider: a company in France, liable to VAT there."""

    name: str
    legal_form: str  # "SAS".
    capital: Decimal | None  # EUR; None where its form has none.
    address: PostalAddress
    siret: str
    vat_number: str
    register: str  # Where it is entered: "Toulouse" for "RCS Toulouse"; "" for who is in none.
    iban: str
    bic: str
    email: str
    phone: str
    taxed_on_debits: bool = False  # Tax is owed when it is invoiced, and not when it is paid (CGI, article 269-2 c).

    @property
    def siren(self) -> str:
        """The company's."""
        return Siret(self.siret).siren

    @property
    def registered(self) -> str:
        """Its form, capital and register, as the law wants them on whatever it writes (Code de commerce, R123-237)."""
        capital = f"au capital de {self.capital:,.2f} EUR".replace(",", " ").replace(".", ",") if self.capital else ""
        register = f"{self.siren} RCS {self.register}" if self.register else f"SIREN {self.siren}"
        return ", ".join(part for part in (f"{self.legal_form} {capital}".strip(), register) if part)

    @property
    def flaws(self) -> Iterator[Flaw]:
        """None where it may invoice."""
        return _flaws_of_number(self.vat_number, FRANCE, self.siren)


@dataclass(frozen=True, slots=True)
class Buyer:
    """A client, as invoices name it: a company, or a professional (P-1)."""

    name: str
    address: PostalAddress
    siren: str  # "" outside France.
    vat_number: str  # "" for who has none.
    invoices_to: str  # The e-mail address to which copies go.
    order_reference: str = ""  # What it wants to read on its invoices (BT-13).
    exempt_reason: str = ""  # Why no tax is owed, word for word, where none is: the provider's to say.

    @property
    def vat(self) -> Vat:
        """What is asked from it."""
        return Vat(VatCategory.EXEMPT) if self.exempt_reason else self.vat_of_country

    @property
    def vat_of_country(self) -> Vat:
        """What is asked where it is, from whom no reason of its own exempts."""
        if self.address.country in {FRANCE, _MONACO}:
            return Vat(VatCategory.STANDARD, STANDARD_RATE)
        if self.address.country in _OVERSEAS:
            return Vat(VatCategory.STANDARD, _OVERSEAS_RATE)
        if self.address.country in _UNTAXED:
            return Vat(VatCategory.EXEMPT)
        return Vat(VatCategory.REVERSE_CHARGE if self.address.country in VAT_COUNTRIES else VatCategory.OUTSIDE)

    @property
    def why_exempt(self) -> str:
        """In words for its invoices; "" where tax is asked, or another law says why none is."""
        return self.exempt_reason or (_UNTAXED_REASON if self.address.country in _UNTAXED else "")

    @property
    def is_french(self) -> bool:
        """Whether it is in the register of France's companies, by which platforms find it."""
        return self.address.country in {FRANCE, *_OVERSEAS}

    @property
    def flaws(self) -> Iterator[Flaw]:
        """None where it may be invoiced."""
        country = self.address.country
        if self.is_french and not self.siren:
            yield Flaw.NO_SIREN
        if self.vat_number:
            is_numbered_there = self.is_french or country == _MONACO
            yield from _flaws_of_number(self.vat_number, FRANCE if is_numbered_there else country, self.siren)
        elif self.vat.category is VatCategory.REVERSE_CHARGE:
            yield Flaw.NO_VAT_NUMBER


def demand_sound(party: Seller | Buyer) -> None:
    """Raises `Flawed`."""
    for flaw in party.flaws:
        raise Flawed(flaw)


def _flaws_of_number(number: str, country: str, siren: str) -> Iterator[Flaw]:
    if VatNumber(number).country != country:
        yield Flaw.OTHER_COUNTRY
    elif country == FRANCE and siren and not number.endswith(siren):
        yield Flaw.OTHER_COMPANY
