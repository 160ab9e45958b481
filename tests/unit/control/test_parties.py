"""Who may sell and buy as what, and under which tax."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest

from ecluse.control.billing.parties import Buyer, Flaw, Flawed, PostalAddress, demand_sound
from ecluse.control.billing.totals import Vat, VatCategory
from ecluse.wire.company_numbers import VAT_COUNTRIES
from tests.parties import BUYER, SELLER

ABROAD = replace(BUYER, siren="", vat_number="")


def at(country, buyer=ABROAD, **more):
    return replace(buyer, address=PostalAddress("1 Street", "1000", "Town", country), **more)


@pytest.mark.parametrize(
    ("buyer", "category", "percent"),
    [
        (BUYER, VatCategory.STANDARD, 20),
        (at("MC", vat_number="FR53000004605"), VatCategory.STANDARD, 20),
        (at("RE", BUYER), VatCategory.STANDARD, "8.5"),
        (at("GP", siren="404833048"), VatCategory.STANDARD, "8.5"),
        (at("BE", vat_number="BE0428759497"), VatCategory.REVERSE_CHARGE, 0),
        (at("GR", vat_number="EL094259216"), VatCategory.REVERSE_CHARGE, 0),
        (at("CH"), VatCategory.OUTSIDE, 0),
        (at("GB"), VatCategory.OUTSIDE, 0),
        (at("GF"), VatCategory.EXEMPT, 0),
        (at("YT", siren="404833048"), VatCategory.EXEMPT, 0),
        *((at(country), VatCategory.OUTSIDE, 0) for country in ("PM", "PF", "NC", "WF", "BL", "MF", "TF")),
        (replace(BUYER, exempt_reason="Article 294-1 du CGI"), VatCategory.EXEMPT, 0),
    ],
)
def test_the_tax_follows_from_where_the_buyer_is(buyer, category, percent):
    demand_sound(buyer)
    assert buyer.vat == Vat(category, Decimal(percent))


@pytest.mark.parametrize(
    ("party", "flaw"),
    [
        (replace(BUYER, siren=""), Flaw.NO_SIREN),
        (at("MQ"), Flaw.NO_SIREN),
        (replace(BUYER, vat_number="BE0428759497"), Flaw.OTHER_COUNTRY),
        (replace(BUYER, vat_number="FR44732829320"), Flaw.OTHER_COMPANY),
        (at("BE"), Flaw.NO_VAT_NUMBER),
        (at("BE", vat_number="FR83404833048"), Flaw.OTHER_COUNTRY),
        (at("CH", vat_number="BE0428759497"), Flaw.OTHER_COUNTRY),
        (replace(SELLER, vat_number="FR83404833048"), Flaw.OTHER_COMPANY),
        (replace(SELLER, vat_number="BE0428759497"), Flaw.OTHER_COUNTRY),
    ],
)
def test_who_says_two_things_that_cannot_both_be_is_not_invoiced(party, flaw):
    with pytest.raises(Flawed) as raised:
        demand_sound(party)
    assert raised.value.flaw == flaw


def test_a_french_buyer_without_a_vat_number_is_sound():
    """Who is exempt of it by size has none."""
    demand_sound(replace(BUYER, vat_number=""))


@pytest.mark.parametrize("party", [SELLER, replace(SELLER, capital=None), BUYER])
def test_what_is_kept_is_read_as_it_was(party):
    assert msgspec.convert(msgspec.to_builtins(party), type(party)) == party


def test_what_was_kept_before_a_field_was_known_is_read():
    plain = msgspec.to_builtins(BUYER)
    del plain["order_reference"], plain["exempt_reason"], plain["address"]["more"]
    assert msgspec.convert(plain, Buyer).order_reference == ""


def test_the_union_is_whose_vat_numbers_are_known():
    assert len(VAT_COUNTRIES) == 27
    assert {"GR", "HR", "IE"} <= VAT_COUNTRIES
    assert not {"EL", "GB", "CH"} & VAT_COUNTRIES
