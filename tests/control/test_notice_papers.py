"""Letters of the ladder for the registered post: drawn while a person is asked, kept whatever comes after (6-9, 6-10)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pypdfium2
import pytest
import time_machine
from django_scopes import scope
from structlog.testing import capture_logs

from ecluse.control.billing import dunning, notice_papers
from ecluse.control.billing.dunning import NoticeKind
from ecluse.control.billing.models import Notice, NoticePaper
from ecluse.domain.errors import Impossible
from ecluse.entrypoints import invoice_jobs
from tests.control.billed import begun_contract, pay, received_invoice
from tests.control.cast import OPERATOR
from tests.parties import BUYER, SELLER

LATE = datetime(2026, 3, 12, 11, tzinfo=UTC)


@pytest.fixture
def invoice(db):
    """407.52 EUR, due on 4 March, of which the client was reminded."""
    with time_machine.travel(datetime(2026, 1, 20, 11, tzinfo=UTC), tick=False) as clock:
        made = begun_contract()
        with scope(client=made.client):
            row = received_invoice(clock)
            clock.move_to(LATE)
            dunning.climb(LATE)
            dunning.tell_due(LATE, lambda _: None)
            yield row


def waiting(invoice, kind):
    return Notice.objects.create(client=invoice.client, invoice=invoice, kind=kind, proposed_at=LATE)


def text_of(paper):
    document = pypdfium2.PdfDocument(notice_papers.body_of(paper))
    return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())


def test_a_formal_notice_is_drawn_once_and_kept_as_it_was(invoice):
    """The reminder goes by mail alone. Where something was paid meanwhile it is another letter; both stay."""
    row = waiting(invoice, NoticeKind.FORMAL_NOTICE)
    invoice_jobs.draw_letters()
    invoice_jobs.draw_letters()
    (first,) = NoticePaper.objects.all()
    seen = text_of(first)
    for words in (
        "Lettre recommandée avec avis de réception",
        f"Mise en demeure de payer la facture {invoice.reference}",
        "407,52 EUR",
        "40,00 EUR",
        "8 jours qui suivent la réception",
        "le 12 mars 2026",
        SELLER.name,
        BUYER.name,
        BUYER.address.street,
        SELLER.iban,
    ):
        assert words in seen, words
    pay(invoice, date(2026, 3, 11), "7.52")
    invoice_jobs.draw_letters()
    assert [each.left for each in row.papers.all()] == [Decimal("407.52"), Decimal("400.00")]
    dunning.approve(row, "1A 234", by=OPERATOR)
    before = [bytes(each.body) for each in row.papers.all()]
    pay(invoice, date(2026, 3, 11), "100.00")
    invoice_jobs.draw_letters()
    assert [bytes(each.body) for each in row.papers.all()] == before


@pytest.mark.parametrize(
    ("kind", "words"), [(NoticeKind.SUSPENSION, "sont suspendus"), (NoticeKind.TERMINATION, "est résilié")]
)
def test_so_is_what_comes_after_it(invoice, kind, words):
    waiting(invoice, kind)
    invoice_jobs.draw_letters()
    assert words in text_of(NoticePaper.objects.get())


def test_one_that_cannot_be_drawn_keeps_no_other_from_it_and_a_changed_one_is_given_to_nobody(invoice):
    waiting(invoice, NoticeKind.FORMAL_NOTICE)
    waiting(invoice, NoticeKind.SUSPENSION)

    def draw(sheet):
        if sheet.told.kind is NoticeKind.FORMAL_NOTICE:
            raise Impossible("no font")
        return b"%PDF-1.7 %%EOF"

    with capture_logs() as logs:
        assert notice_papers.draw_notices(draw) == 1
        NoticePaper.objects.update(body=b"other")
        assert notice_papers.body_of(NoticePaper.objects.get()) is None
    assert [each["event"] for each in logs] == ["notice not drawn", "paper changed"]
