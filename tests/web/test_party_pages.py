"""Who invoices and who is invoiced, as both sides fill it in."""

from __future__ import annotations

import pytest
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.billing import registers
from tests.web.addresses import FORMS

SELLER = FORMS["provider/invoices/seller"]
BUYER = FORMS["service/invoices/buyer"]


@pytest.fixture
def billing(cast):
    return cast.browser(Role.BILLING)


@pytest.fixture
def owner(cast):
    return cast.browser(Role.OWNER)


def of_provider(cast):
    return f"/clients/{cast.one.pk}/service/invoices/buyer"


def of_client(cast):
    return f"/clients/{cast.one.pk}/invoices/buyer"


def known(cast):
    with scope(client=cast.one):
        return registers.read_buyer(registers.newest_buyer())


def test_the_provider_says_who_invoices(cast, billing):
    assert "No invoice is made before" in billing.get("/provider/invoices/seller").text
    assert "Saved." in billing.post("/provider/invoices/seller", SELLER, follow=True).text
    seller = registers.read_seller(registers.newest_seller())
    assert (seller.siren, seller.capital, seller.taxed_on_debits) == ("732829320", None, False)
    assert seller.address.country == "FR"
    assert 'value="73282932000074"' in billing.get("/provider/invoices/seller").text


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("siret", "73282932000075", "not written as it should be"),
        ("vat_number", "FR83404833048", "another SIREN"),
        ("iban", "FR76", "not written as it should be"),
        ("name", "", "This field is required"),
    ],
)
def test_what_cannot_be_is_not_saved(cast, billing, field, text, said):
    assert said in billing.post("/provider/invoices/seller", {**SELLER, field: text}).text
    assert registers.newest_seller() is None


def test_both_sides_fill_in_the_client_and_see_what_the_other_has_said(cast, billing, owner):
    assert "Saved." in owner.post(of_client(cast), BUYER, follow=True).text
    assert 'value="732829320"' in billing.get(of_provider(cast)).text
    exempt = {**BUYER, "exempt_reason": "Article 294-1 du CGI"}
    assert "Saved." in billing.post(of_provider(cast), exempt, follow=True).text
    assert "exempt_reason" not in owner.get(of_client(cast)).text
    owner.post(of_client(cast), {**BUYER, "city": "Moved", "exempt_reason": "I say so"})
    assert (known(cast).address.city, known(cast).exempt_reason) == ("Moved", "Article 294-1 du CGI")


def test_the_client_cannot_move_out_of_its_tax(cast, owner):
    form = {**BUYER, "country": "CH", "siren": ""}
    assert "ask your provider to change it" in owner.post(of_client(cast), form).text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"siren": ""}, "In France each company has one"),
        ({"country": "BE", "siren": ""}, "without it no invoice can be made"),
        ({"vat_number": "BE0428759497"}, "not of the country"),
        ({"country": "XX"}, "Select a valid choice"),
        ({"city": "Pa\x0bris"}, "not written as it should be"),
        ({"order_reference": "PO\x017"}, "not written as it should be"),
    ],
)
def test_what_contradicts_itself_is_said_beside_its_field(cast, billing, changed, said):
    assert said in billing.post(of_provider(cast), {**BUYER, **changed}).text


@pytest.mark.parametrize("who", [Role.ADMINISTRATOR, Role.HELP_DESK, Role.RESELLER])
def test_it_is_the_owners_to_say(cast, who):
    assert cast.browser(who).get(of_client(cast)).status_code == 403
