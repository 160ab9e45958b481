"""What is paid late, on the provider's pages and in the letters to clients."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.billing import dunning, invoice_days, invoices, key_rates, late_claims
from ecluse.control.billing.dunning import NoticeKind, Told
from ecluse.control.billing.invoices import Received
from ecluse.control.billing.models import Invoice, Notice
from ecluse.control.billing.notice_papers import draw_notices
from ecluse.control.contracts.models import Contract
from ecluse.web.notice_mail import notice_mail
from tests.control.cast import OPERATOR
from tests.web.things import invoiced

TOLD = Told(
    kind=NoticeKind.FORMAL_NOTICE,
    recipient="pay@one.example",
    language="fr",
    client_id=1,
    contract="C000001",
    reference="F2026-00001",
    dated=date(2026, 1, 31),
    due=date(2026, 3, 4),
    left=Decimal("1407.52"),
    penalties=Decimal("1.84"),
    letter="1A 234",
    pay_until=date(2026, 3, 18),
    seller="Fournisseur",
    iban="FR76",
)


@pytest.fixture
def billing(cast):
    return cast.browser(Role.BILLING)


@pytest.fixture
def late(cast):
    """180.00 EUR, received forty days ago; its contract is in force."""
    with scope(client=cast.one):
        row = invoiced(cast.one)
        day = invoice_days.today() - timedelta(days=40)
        Invoice.objects.update(dated=day, received_on=day)
        Contract.objects.filter(pk=row.contract_id).update(state="active")
        row.refresh_from_db()
        return row


@pytest.fixture
def notice(cast, late):
    with scope(client=cast.one):
        return Notice.objects.create(
            client=cast.one, invoice=late, kind=NoticeKind.SUSPENSION, proposed_at=timezone.now()
        )


def answered(cast, browser, notice, **form):
    return browser.post(f"/clients/{cast.one.pk}/service/invoices/notices/{notice.pk}/answer", form, follow=True).text


def test_a_rung_waits_for_a_yes(cast, billing, notice):
    page = billing.get("/provider/invoices/late").text
    assert "Suspension" in page
    assert notice.invoice.reference in page
    assert "180.00 EUR" in page
    assert "Saved." in answered(cast, billing, notice, act="yes", said="1A 234")
    with scope(client=cast.one):
        assert Contract.objects.get(pk=notice.invoice.contract_id).state == "suspended"
    assert "No invoice waits" in billing.get("/provider/invoices/late").text
    assert "This cannot be done" in answered(cast, billing, notice, act="yes")
    page = billing.get(f"/clients/{cast.one.pk}/service/invoices/{notice.invoice_id}/").text
    assert "Suspension, 1A 234" in page


def test_a_no_has_a_reason(cast, billing, notice):
    assert "This cannot be done" in answered(cast, billing, notice, act="no")
    assert "Saved." in answered(cast, billing, notice, act="no", said="we agreed")
    with scope(client=cast.one):
        assert Contract.objects.get(pk=notice.invoice.contract_id).state == "active"


@pytest.fixture
def claims(cast, late):
    """The indemnity and the penalties of it, paid today."""
    today = invoice_days.today()
    with scope(client=cast.one):
        for each in key_rates.unknown_half_years(today):
            key_rates.enter_rate(each, Decimal("2.15"), by=OPERATOR)
        invoices.pay(late, Received(late.gross, today, "transfer"), by=OPERATOR)
        late_claims.claim_late()
        return late_claims.claims()


def test_claims_are_asked_for_or_waived(cast, billing, claims):
    page = billing.get("/provider/invoices/late").text
    assert all(str(each.net) in page for each in claims)
    penalty, _ = claims
    of_client = f"/clients/{cast.one.pk}/service/invoices/claims/"
    assert "with a reason" in billing.post(f"{of_client}{penalty.pk}/waive", {"why": ""}, follow=True).text
    assert "Saved." in billing.post(f"{of_client}{penalty.pk}/waive", {"why": "kept"}, follow=True).text
    page = billing.post(f"{of_client}ask", follow=True).text
    assert "40.00 EUR and 0.00 EUR of tax" in page
    assert "recovery:" in page
    assert "Nothing is owed" in billing.post(f"{of_client}ask", follow=True).text


def test_a_rate_that_is_not_known_is_said_and_entered(cast, billing):
    today = invoice_days.today()
    missing = key_rates.unknown_half_years(today)[-1]
    assert str(missing) in billing.get("/provider/invoices/late").text
    for percent in ("", "NaN", "-1", "2.155", "1e9999"):
        form = {"half_year": str(missing), "percent": percent}
        assert "from 0 to 50 percent" in billing.post("/provider/invoices/key-rates", form, follow=True).text
    page = billing.post(
        "/provider/invoices/key-rates", {"half_year": str(missing), "percent": "2,15"}, follow=True
    ).text
    assert "Saved." in page
    assert key_rates.known_rates()[missing] == Decimal("2.15")


def test_a_formal_notice_reads_as_one_in_french_and_in_english():
    french = notice_mail(TOLD)
    assert french.subject == "Mise en demeure de payer la facture F2026-00001"
    assert "vous met en demeure de payer le solde au plus tard le 18 mars 2026" in french.text
    assert "1A 234" in french.text
    assert "IBAN FR76" in french.text
    values = {name: getattr(TOLD, name) for name in TOLD.__slots__}
    english = notice_mail(Told(**values | {"language": "en"}))
    assert "formal notice to pay what is left until" in english.text


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_letter_names_the_invoice_and_what_is_left(kind):
    values = {name: getattr(TOLD, name) for name in TOLD.__slots__}
    letter = notice_mail(Told(**values | {"kind": kind, "penalties": None, "letter": ""}))
    assert "F2026-00001" in letter.subject
    assert "52" in letter.text
    assert "Pénalités de retard à ce jour" not in letter.text
    assert "recommandée" not in letter.text


def test_the_job_that_tells_is_the_one_that_the_page_shows(cast, late):
    now = timezone.now()
    with scope(client=cast.one):
        assert dunning.climb(now) == 1
        told = []
        dunning.tell_due(now, told.append)
    assert notice_mail(told[0]).recipient == "compta@one.example"


def test_its_letter_is_had_before_the_yes_and_after_it(cast, billing, notice):
    with scope(client=cast.one):
        assert draw_notices(lambda _: b"%PDF-1.7 drawn %%EOF") == 1
        (paper,) = notice.papers.all()
    address = f"/clients/{cast.one.pk}/service/invoices/notices/{notice.pk}/papers/{paper.pk}"
    assert address in billing.get("/provider/invoices/late").text
    answer = billing.get(address)
    assert answer.content == b"%PDF-1.7 drawn %%EOF"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert address in billing.get(f"/clients/{cast.one.pk}/service/invoices/{notice.invoice_id}/").text
    assert billing.get(address.replace(f"papers/{paper.pk}", f"papers/{paper.pk + 1}")).status_code == 404
