"""Quote, order form and amendment as PDF, drawn once; what was signed by hand, kept as it came (3-1, 17-1)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pypdfium2
import pytest
import time_machine
from django_scopes import scope
from structlog.testing import capture_logs

from ecluse.control.audit.queries import entries
from ecluse.control.billing.registers import set_buyer, set_seller
from ecluse.control.contracts import amendments, catalogue, life, naming, offers, papers
from ecluse.control.contracts.amendments import Wish
from ecluse.control.contracts.models import ContractPaper
from ecluse.control.contracts.price_grid import Bundle, Wanted
from ecluse.control.contracts.prices import Ordered
from ecluse.domain.errors import Impossible
from ecluse.entrypoints import invoice_jobs
from tests.control.cast import ADMIN, OPERATOR, client
from tests.parties import BUYER, SELLER
from tests.price_list import GRID

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 20, 11, tzinfo=UTC)
SIGNED = b"%PDF-1.7\nsigned\n%%EOF\n"


@pytest.fixture
def one():
    with time_machine.travel(START, tick=False):
        found = client("One")
        with scope(client=found):
            catalogue.publish_prices(GRID, by=OPERATOR)
            catalogue.publish_terms("2026-01", "Vous payez.\n\nNous filtrons.", text_en="You pay <us>.", by=OPERATOR)
            yield found


def sent(one):
    contract = offers.draft(one, Wanted(Bundle.BOTH, 10, 2, 24, ("archive",)), ["one.example"], by=OPERATOR)
    offers.send(contract, today=START.date(), by=OPERATOR)
    return contract


def started(one):
    contract = sent(one)
    offers.accept(contract, offers.sum_of(offers.offer_document(contract)), today=START.date(), by=ADMIN)
    naming.grant(contract.domains.get(), by=OPERATOR)
    life.start(contract, by=OPERATOR)
    return contract


def kinds(contract):
    return [(each.kind, each.is_current) for each in papers.papers_of(contract, for_client=True)]


def text_of(paper):
    document = pypdfium2.PdfDocument(papers.body_of(paper))
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def fake(_):
    return SIGNED


def test_3_1_quote_and_order_form_are_drawn_when_the_offer_is_sent_with_terms_in_both_languages(one):
    set_seller(SELLER, by=OPERATOR)
    set_buyer(one, BUYER, by=OPERATOR)
    contract = sent(one)
    invoice_jobs.draw_papers()
    invoice_jobs.draw_papers()
    quote, order = ContractPaper.objects.all()
    assert (quote.kind, order.kind) == ("quote", "order-form")
    assert papers.body_of(order).startswith(b"%PDF-")
    seen, signed = text_of(quote), text_of(order)
    for words in (f"Devis {contract.reference}", SELLER.name, BUYER.name, "one.example", "archive", "19/02/2026"):
        assert words in seen, words
    assert "Nous filtrons." not in seen
    for words in ("Bordereau de souscription", "Order form", "Nous filtrons.", "You pay <us>.", "Le texte français"):
        assert words in signed, words
    assert offers.sum_of(offers.offer_document(contract))[:40] in signed.replace("\r\n", "").replace("\n", "")
    assert "contract.paper-drawn" in {each.action for each in entries(one.pk)}


def test_a_draft_has_no_papers_and_who_is_sent_another_offer_gets_others(one):
    contract = offers.draft(one, Wanted(Bundle.BOTH, 10, 2, 24), ["one.example"], by=OPERATOR)
    assert papers.draw_due(fake) == 0
    offers.send(contract, today=START.date(), by=OPERATOR)
    assert papers.draw_due(fake) == 2
    offers.revise(contract, by=OPERATOR)
    offers.send(contract, today=START.date() + timedelta(days=1), by=OPERATOR)
    assert papers.draw_due(fake) == 2
    assert papers.draw_due(fake) == 0
    assert kinds(contract) == [("quote", False), ("order-form", False), ("quote", True), ("order-form", True)]


def test_17_1_an_amendment_has_a_paper_of_its_own(one):
    contract = started(one)
    made = amendments.draft_amendment(contract, Wish(Ordered(Bundle.BOTH, 20, ("archive",))), by=OPERATOR)
    assert papers.draw_due(fake) == 0
    amendments.send_amendment(made, today=date(2026, 1, 20), by=OPERATOR)
    invoice_jobs.draw_papers()
    [paper] = ContractPaper.objects.all()
    assert (paper.kind, paper.amendment) == ("amendment", made)
    assert f"Avenant {made.reference}" in text_of(paper)
    assert "avant / before: 10" in text_of(paper)
    assert papers.file_name(paper) == f"{made.reference}-amendment-{paper.pk}.pdf"


def test_one_that_cannot_be_drawn_keeps_no_other_from_it(one):
    first, second = sent(one), sent(one)

    def draw(sheet):
        if sheet.contract == first:
            raise ValueError("a secret")
        return SIGNED

    with capture_logs() as logs:
        assert papers.draw_due(draw) == 2
    assert {each["problem"] for each in logs if each["event"] == "paper not drawn"} == {"ValueError"}
    assert kinds(first) == []
    assert len(kinds(second)) == 2


def test_3_1_what_was_signed_is_kept_as_it_came_and_moves_nothing(one):
    contract = sent(one)
    paper = papers.upload_signed(contract, SIGNED, by=ADMIN)
    assert (papers.body_of(paper), paper.made_by) == (SIGNED, str(ADMIN))
    assert contract.moves.last().what == "paper-signed"
    assert paper.sha256 in contract.moves.last().note
    contract.refresh_from_db()
    assert contract.state == "sent"
    assert kinds(contract) == [("signed", True)]


@pytest.mark.parametrize(
    "body", [b"", b"<html>%%EOF", b"%PDF-1.7 cut short", b"GIF89a %PDF- %%EOF", b"%PDF-" + bytes(10_000_000) + b"%%EOF"]
)
def test_what_is_no_pdf_or_too_large_is_not_kept(one, body):
    with pytest.raises(papers.NoPaper):
        papers.upload_signed(sent(one), body, by=ADMIN)
    assert not ContractPaper.objects.exists()


def test_a_contract_has_so_many_signed_papers_and_no_more(one, monkeypatch):
    monkeypatch.setattr(papers, "MOST_SIGNED", 1)
    contract = sent(one)
    papers.upload_signed(contract, SIGNED, by=ADMIN)
    with pytest.raises(papers.NoPaper):
        papers.upload_signed(contract, SIGNED, by=ADMIN)


def test_nobody_signs_what_was_not_sent(one):
    contract = offers.draft(one, Wanted(Bundle.BOTH, 10, 2, 24), ["one.example"], by=OPERATOR)
    with pytest.raises(Impossible):
        papers.upload_signed(contract, SIGNED, by=OPERATOR)


def test_a_paper_that_is_not_what_it_was_is_not_given_out(one):
    paper = papers.upload_signed(sent(one), SIGNED, by=ADMIN)
    ContractPaper.objects.update(body=b"%PDF- another %%EOF")
    paper.refresh_from_db()
    with capture_logs() as logs:
        assert papers.body_of(paper) is None
    assert [each["event"] for each in logs] == ["paper changed"]


def test_terms_in_two_languages_have_one_sum(one):
    french = catalogue.publish_terms("a", "Vous payez.", by=OPERATOR)
    both = catalogue.publish_terms("b", "Vous payez.", text_en="You pay.", by=OPERATOR)
    assert french.sha256 == offers.sum_of("Vous payez.")
    assert both.sha256 == offers.sum_of("Vous payez.\fYou pay.")
