"""Who invoices, and as what each client is invoiced: the provider's word. For its own programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated

import msgspec
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from ninja import Router
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing import registers
from ecluse.control.billing.parties import FRANCE, Buyer, Flaw, Flawed, PostalAddress, Seller
from ecluse.control.billing.registers import BuyerVersion, SellerVersion
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.problems import Problem, invalid
from ecluse.web.countries import countries
from ecluse.web.pages import or_404
from ecluse.wire.company_numbers import MAX_WRITTEN, Bic, Iban, Siren, Siret, VatNumber

router = Router(tags=["Invoices"])

_FLAWS: Mapping[Flaw, tuple[str, str]] = MappingProxyType(
    {
        Flaw.NO_SIREN: ("body.siren", "in France each company has one"),
        Flaw.NO_VAT_NUMBER: (
            "body.vat_number",
            "elsewhere in the European Union a business has one: without it no invoice can be made",
        ),
        Flaw.OTHER_COUNTRY: ("body.vat_number", "this number is not of the country of the address"),
        Flaw.OTHER_COMPANY: ("body.vat_number", "this number belongs to a company with another SIREN"),
    }
)


def _written(notation: Callable[[str], str]) -> AfterValidator:
    return AfterValidator(lambda text: str(notation(text)) if text else "")


def _email(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        raise ValueError("expected an e-mail address") from None
    return text


def _country(code: str) -> str:
    if code not in {known for known, _ in countries()}:
        raise ValueError("expected a country, as ISO 3166-1 has it in two letters")
    return code


# What no XML can hold is refused: an invoice with it could never be drawn.
Words = Annotated[str, StringConstraints(strip_whitespace=True), Field(pattern=r"^[^\x00-\x1f\x7f\ufffe\uffff]*$")]
Numbered = Annotated[str, Field(max_length=MAX_WRITTEN)]
Email = Annotated[Words, Field(max_length=254), AfterValidator(_email)]


class PostalAddressIn(BaseModel):
    """Where a company in France is."""

    model_config = ConfigDict(extra="forbid")
    street: Words = Field(min_length=1, max_length=150, description="Street and number.")
    more: Words = Field(default="", max_length=150, description="Building, floor, box.")
    postcode: Words = Field(min_length=1, max_length=20)
    city: Words = Field(min_length=1, max_length=100)


class BuyerAddressIn(PostalAddressIn):
    """Where a client is."""

    country: Annotated[str, AfterValidator(_country)] = Field(description="ISO 3166-1, two letters.", examples=["FR"])


class PostalAddressOut(BaseModel):
    """Where it is."""

    street: str
    more: str
    postcode: str
    city: str
    country: str


class SellerIn(BaseModel):
    """The provider, whole: what is left out is not kept from before. What decides about tax has no default."""

    model_config = ConfigDict(extra="forbid")
    name: Words = Field(min_length=1, max_length=200, description="Legal name.")
    legal_form: Words = Field(min_length=1, max_length=50, examples=["SAS"])
    capital: str | None = Field(
        default=None, pattern=r"^[0-9]{1,12}\.[0-9]{2}$", description="EUR; null where its form has none."
    )
    address: PostalAddressIn
    siret: Annotated[Numbered, _written(Siret)] = Field(min_length=1)
    vat_number: Annotated[Numbered, _written(VatNumber)] = Field(min_length=1)
    registered_in: Words = Field(
        default="", max_length=100, description="The town of its register of companies: Toulouse."
    )
    iban: Annotated[Numbered, _written(Iban)] = Field(min_length=1)
    bic: Annotated[Numbered, _written(Bic)] = Field(min_length=1)
    email: Email = Field(description="For questions about invoices.")
    phone: Words = Field(min_length=1, max_length=30)
    taxed_on_debits: bool = Field(description="VAT is owed when it is invoiced, and not when it is paid (CGI 269-2 c).")


class OwnBuyerIn(BaseModel):
    """A client, whole: what is left out is not kept from before."""

    model_config = ConfigDict(extra="forbid")
    name: Words = Field(min_length=1, max_length=200, description="Legal name.")
    address: BuyerAddressIn
    siren: Annotated[Numbered, _written(Siren)] = Field(default="", description="Demanded in France.")
    vat_number: Annotated[Numbered, _written(VatNumber)] = Field(
        default="", description="Demanded elsewhere in the European Union."
    )
    invoices_to: Email = Field(description="Where invoices go.")
    order_reference: Words = Field(default="", max_length=50, description="To be named on invoices (BT-13).")


class BuyerIn(OwnBuyerIn):
    """The same by its provider. What decides about tax has no default."""

    exempt_reason: Words = Field(
        max_length=200,
        description="Why no VAT is asked, word for word with the article of the law; empty: by the country.",
    )


class SellerOut(BaseModel):
    """The version in use."""

    name: str
    legal_form: str
    capital: str | None
    address: PostalAddressOut
    siret: str
    vat_number: str
    registered_in: str
    iban: str
    bic: str
    email: str
    phone: str
    taxed_on_debits: bool
    made_at: datetime


class BuyerOut(BaseModel):
    """The version in use."""

    name: str
    address: PostalAddressOut
    siren: str
    vat_number: str
    invoices_to: str
    order_reference: str
    exempt_reason: str
    made_at: datetime


@operation(router, "GET", "seller", (Permission.SEE_BILLING, Permission.CHANGE_CONTRACTS), is_of_client=False)
def show_seller(_call: Call) -> SellerOut:
    """The provider, as it stands on its invoices; 404 until it is known."""
    return _seller(or_404(registers.newest_seller()))


@operation(router, "PUT", "seller", Permission.CHANGE_CONTRACTS, is_of_client=False)
def set_seller(call: Call, body: SellerIn) -> SellerOut:
    """Who invoices from now on; invoices that were made keep theirs."""
    try:
        return _seller(registers.set_seller(_said(body), by=call.by))
    except Flawed as problem:
        raise _flawed(problem) from None


@operation(router, "GET", "/buyer", (Permission.ACCEPT_CONTRACTS, Permission.CHANGE_CONTRACTS))
def show_buyer(_call: Call) -> BuyerOut:
    """As what the client is invoiced; 404 until it is known."""
    return _buyer(or_404(registers.newest_buyer()))


@operation(router, "PUT", "/buyer", Permission.CHANGE_CONTRACTS)
def set_buyer(call: Call, body: BuyerIn) -> BuyerOut:
    """As what the client is invoiced from now on, with its tax; invoices that were made keep theirs."""
    try:
        return _buyer(registers.set_buyer(call.client, _bought(body, body.exempt_reason), by=call.by))
    except Flawed as problem:
        raise _flawed(problem) from None


@operation(router, "PUT", "/buyer/own", Permission.ACCEPT_CONTRACTS)
def correct_buyer(call: Call, body: OwnBuyerIn) -> BuyerOut:
    """The same by the client itself, which keeps it true (3-6). 409 where its VAT would be another: that its provider enters."""
    known = registers.newest_buyer()
    exempt_reason = registers.read_buyer(known).exempt_reason if known else ""
    try:
        return _buyer(registers.correct_buyer(call.client, _bought(body, exempt_reason), by=call.by))
    except Flawed as problem:
        raise _flawed(problem) from None


def _flawed(problem: Flawed) -> Problem:
    return invalid(*_FLAWS[problem.flaw])


def _said(body: SellerIn) -> Seller:
    said = dict(body) | {
        "address": PostalAddress(**dict(body.address), country=FRANCE),
        "capital": None if body.capital is None else Decimal(body.capital),
    }
    return Seller(register=said.pop("registered_in"), **said)


def _bought(body: OwnBuyerIn, exempt_reason: str) -> Buyer:
    said = dict(body) | {"address": PostalAddress(**dict(body.address)), "exempt_reason": exempt_reason}
    return Buyer(**said)


def _seller(row: SellerVersion) -> SellerOut:
    known = msgspec.to_builtins(registers.read_seller(row))
    return SellerOut(registered_in=known.pop("register"), **known, made_at=row.made_at)


def _buyer(row: BuyerVersion) -> BuyerOut:
    return BuyerOut(**msgspec.to_builtins(registers.read_buyer(row)), made_at=row.made_at)
