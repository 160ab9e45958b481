"""A quote for who is no client yet: the same price as an offer's, on a page and as a file, and kept nowhere (6-1, 15-6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django_scopes import scopes_disabled

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.billing.invoice_days import today
from ecluse.control.billing.registers import set_seller
from ecluse.control.contracts import catalogue
from ecluse.control.contracts.models import Contract
from ecluse.control.contracts.price_grid import Bundle, Wanted
from ecluse.web.backends import backends, hand_over
from tests.control.cast import OPERATOR
from tests.parties import SELLER
from tests.price_list import GRID

PAGE = "/provider/contracts/quote"
ASKED = {
    "name": "Prospect <SARL>",
    "bundle": "both",
    "addresses": "10",
    "domains": "a.example\nb.example",
    "months": "24",
}


@pytest.fixture
def billing(cast):
    catalogue.publish_prices(GRID, by=OPERATOR)
    set_seller(SELLER, by=OPERATOR)
    return cast.browser(Role.BILLING)


def test_it_says_what_an_offer_would_say_and_nothing_is_kept(cast, billing):
    assert 'href="/provider/contracts/quote"' in billing.get("/provider/contracts/").text
    before = Entry.objects.count()
    page = billing.get(PAGE, {**ASKED, "options": "archive"}).text
    price = GRID.price(Wanted(Bundle.BOTH, 10, 2, 24, ("archive",)))
    assert price.options
    for amount in (price.services, price.options, price.net):
        assert f"{amount} EUR" in page
    assert "Prospect &lt;SARL&gt;" in page
    assert str(today() + timedelta(days=30)) in page
    assert "As PDF" not in page  # Nothing draws here.
    with scopes_disabled():
        assert not Contract.objects.exists()
    assert Entry.objects.count() == before


def test_it_is_drawn_with_who_sells_and_without_a_number_or_a_sum(billing):
    drawn = []
    hand_over(replace(backends(), draw_pdf=lambda page: drawn.append(page) or b"%PDF"))
    answer = billing.get(PAGE, {**ASKED, "as": "pdf", "agreed": "1234.50"})
    assert (answer.content, answer["Content-Type"]) == (b"%PDF", "application/pdf")
    [sheet] = drawn
    for words in ("Devis", SELLER.name, "Prospect &lt;SARL&gt;", "a.example, b.example", "24 mois", "Offre valable"):
        assert words in sheet, words
    assert "1\u202f234,50" in sheet.replace("\xa0", "\u202f")
    assert "SHA-256" not in sheet


def test_what_has_no_price_is_told(cast):
    browser = cast.browser(Role.PROVIDER_OWNER)  # There is no price list yet.
    assert "There is no price for this" in browser.get(PAGE, ASKED).text
    assert "names one domain at least" in browser.get(PAGE, {**ASKED, "domains": ""}).text
    assert "1234.50 EUR" in browser.get(PAGE, {**ASKED, "agreed": "1234.50"}).text
