"""From the contract to the client's mailbox, by the jobs alone; and each copy once."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes, policy

import pytest
import time_machine
from django_scopes import scope
from structlog.testing import capture_logs

from ecluse.adapters.invoices.rules import faults
from ecluse.control.billing import copies, files, invoices, queries
from ecluse.control.billing.cii import invoice_xml
from ecluse.control.billing.document import document_of
from ecluse.control.billing.models import Invoice
from ecluse.control.billing.registers import set_buyer, set_seller
from ecluse.control.contracts import life
from ecluse.domain.errors import Impossible, Refused, Unavailable
from ecluse.entrypoints import invoice_jobs, worker_jobs
from ecluse.entrypoints.post import Post
from ecluse.entrypoints.settings_tables import Settings
from tests.control.billed import begun_contract
from tests.control.cast import OPERATOR
from tests.parties import BUYER, SELLER

pytestmark = pytest.mark.django_db
START, ISSUED = datetime(2026, 1, 20, 11, tzinfo=UTC), datetime(2026, 1, 31, 11, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def drawn(clock):
    contract = begun_contract()
    with scope(client=contract.client):
        clock.move_to(ISSUED)
        invoices.issue_due(ISSUED)
        files.make_files(lambda _: b"%PDF of it")
        yield Invoice.objects.get()


class Postbox:
    """Takes every mail, and knows what each was."""

    def __init__(self):
        self.mails = []

    def sendmail(self, _sender, recipients, octets):
        self.mails.append((recipients, message_from_bytes(octets, policy=policy.default)))

    def quit(self):
        """Good-bye."""


def test_6_3_6_4_the_jobs_invoice_draw_and_mail(clock, tmp_path):
    contract = begun_contract()
    clock.move_to(ISSUED)
    box, settings = Postbox(), Settings(hostname="gateway.test", data_dir=tmp_path)
    worker_jobs.JOBS["contracts"].work(settings)
    worker_jobs.JOBS["invoices"].work(settings)
    invoice_jobs.send_invoices(Post(lambda: box, bytes))
    invoice_jobs.send_invoices(Post(lambda: box, bytes))
    (([recipient], mail),) = box.mails
    assert (recipient, mail["Subject"]) == ("compta@one.example", "Facture F2026-00001")
    (file,) = mail.iter_attachments()
    with scope(client=contract.client):
        row = Invoice.objects.get()
        assert file.get_payload(decode=True) == files.file_of(row)
        assert faults(invoice_xml(document_of(row))) == ()
        assert (row.sent_at, invoices.due_day(row)) == (ISSUED, date(2026, 3, 2))
    assert f"/clients/{contract.client_id}/invoices/" in mail.get_body(("plain",)).get_content()


@pytest.mark.parametrize(("problem", "tries"), [(Unavailable("away"), 2), (Refused("no"), 1)])
def test_what_the_mail_server_does_not_take_now_is_sent_later_and_what_never_when_somebody_says(drawn, problem, tries):
    asked = []

    def send(copy):
        asked.append(copy.recipient)
        raise problem

    for _ in range(2):
        assert copies.send_copies(ISSUED, send) == 0
    assert asked == ["compta@one.example"] * tries
    set_buyer(drawn.client, replace(BUYER, invoices_to="new@one.example"), by=OPERATOR)
    if tries == 1:
        copies.send_again(drawn, by=OPERATOR)
    sent = []
    assert copies.send_copies(ISSUED, sent.append) == 1
    assert [each.recipient for each in sent] == ["new@one.example"]


def test_nothing_is_sent_before_it_is_drawn(clock):
    begun_contract()
    invoices.issue_due(ISSUED)
    assert copies.send_copies(ISSUED, None) == 0


@pytest.mark.parametrize(("day", "is_unsent"), [(4, False), (5, True)])
def test_6_4_what_was_not_sent_within_three_jours_ouvrables_is_seen(drawn, day, is_unsent):
    """31 January 2026 is a Saturday: Monday, Tuesday, Wednesday."""
    assert queries.standing_of(drawn, date(2026, 2, day)).is_unsent is is_unsent


def test_a_machine_without_the_extra_says_what_to_install(drawn, monkeypatch):
    monkeypatch.setitem(sys.modules, "ecluse.entrypoints.invoice_files", None)
    with pytest.raises(Impossible, match=r"requirements/invoices\.txt"):
        invoice_jobs._drawn(document_of(drawn))


def test_a_period_that_cannot_be_invoiced_is_not_renewed_away(clock):
    contract = begun_contract(are_parties_known=False)
    later = datetime(2027, 2, 1, tzinfo=UTC)
    clock.move_to(later)
    invoices._say_lacking.cache_clear()
    with capture_logs() as logs:
        for _ in range(2):
            worker_jobs.JOBS["contracts"].work(None)
    said = [(each["event"], each.get("lacking")) for each in logs]
    assert said == [("period not invoiced", "seller")]
    with scope(client=contract.client):
        set_seller(SELLER, by=OPERATOR)
        set_buyer(contract.client, BUYER, by=OPERATOR)
        worker_jobs.JOBS["contracts"].work(None)
        worker_jobs.JOBS["contracts"].work(None)
        found = [(each.reference, each.period_start.year) for each in Invoice.objects.order_by("number")]
        assert found == [("F2027-00001", 2026), ("F2027-00002", 2027)]


def test_one_whose_notice_was_given_ends_though_it_was_not_invoiced(clock):
    contract = begun_contract(are_parties_known=False)
    with scope(client=contract.client):
        life.receive_notice(contract, "1A", START, whose="client", by=OPERATOR)
        later = datetime(2027, 2, 1, tzinfo=UTC)
        clock.move_to(later)
        assert life.turn_due(later, unbilled=invoices.unbilled(later)) == 1
        contract.refresh_from_db()
    assert contract.state == "ended"
