"""What a job asks does not grow with clients of which nothing is to be done: each case has three of them."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django_scopes import scope, scopes_disabled

from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.control.abuse.busy_days import note_busy_days
from ecluse.control.abuse.late_flags import flag_late
from ecluse.control.abuse.models import KnownCampaign
from ecluse.control.billing import dunning, invoices
from ecluse.control.billing.coming_lines import Coming, LineKind, add_line
from ecluse.control.billing.models import Invoice, Notice, NoticeKind
from ecluse.control.billing.stranded import place_stranded
from ecluse.control.contracts import catalogue, offers, papers
from ecluse.control.contracts.price_grid import Bundle, Wanted
from ecluse.control.mail.jobs import keep_house
from ecluse.control.mail.late_flags import LateCause
from ecluse.control.mail.models import HeldCopy, HeldMessage
from ecluse.control.mail.quarantine import DAY_S, set_rules
from ecluse.control.sla.closing import close_due
from tests.contract.message_log.contract import outcome
from tests.control.billed import begun_contract
from tests.control.cast import OPERATOR
from tests.control.cast import client as make_client
from tests.control.measured import measured_contract
from tests.price_list import GRID

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 20, 11, tzinfo=UTC)
NAMES = ("One", "Two", "Three")


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def message_log(tmp_path):
    log = SqliteMessageLog(tmp_path / "log")
    yield log
    log.close()


def test_held_mail_that_is_not_old(django_assert_max_num_queries):
    now = time.time()
    for name in NAMES:
        client = make_client(name)
        with scope(client=client):
            values = {"node": "mx1", "size": 1, "disposition": "refuse", "received_at": now - 8 * DAY_S}
            message = HeldMessage.objects.create(id=name, client=client, **values)
            HeldCopy.objects.create(client=client, message=message, recipient=f"ann@{name.lower()}.example")
            if name == "Three":
                set_rules(client, keep_days=9, by=OPERATOR)
    with django_assert_max_num_queries(30) as asked:
        keep_house(now)
    assert not [each["sql"] for each in asked if "keep_days" in each["sql"] and "LIMIT 1" in each["sql"]]
    keep_house(now + 2 * DAY_S)  # Whose own term is over loses his, and nobody else.
    with scopes_disabled():
        assert dict(HeldCopy.objects.values_list("message_id", "state")) == {
            "One": "held",
            "Two": "held",
            "Three": "deleting",
        }


def test_offers_whose_papers_are_drawn(clock, django_assert_max_num_queries):
    catalogue.publish_prices(GRID, by=OPERATOR)
    catalogue.publish_terms("2026-01", "You pay, we filter.", by=OPERATOR)
    for name in NAMES:
        client = make_client(name)
        with scope(client=client):
            offer = offers.draft(client, Wanted(Bundle.BOTH, 10, 1, 12), [f"{name.lower()}.example"], by=OPERATOR)
            offers.send(offer, today=START.date(), by=OPERATOR)
    assert papers.draw_due(lambda _: b"%PDF-") == 2 * len(NAMES)
    with django_assert_max_num_queries(4):  # Offers, their domains, amendments, papers.
        assert papers.draw_due(lambda _: b"%PDF-") == 0


def test_claims_that_wait_for_an_invoice(clock, django_assert_max_num_queries):
    for name in NAMES:
        contract = begun_contract(name)
        with scope(client=contract.client):
            for number, amount in enumerate(("40.00", "-10.00")):
                line = Coming(LineKind.SUPPORT, "Demande d'assistance", Decimal(amount), f"support:{name}:{number}")
                add_line(contract, line, by=OPERATOR)
    with django_assert_max_num_queries(2):  # Who has some, and what was put off.
        assert place_stranded(START + timedelta(days=359)) == 0
    assert place_stranded(START + timedelta(days=365)) == 0  # There is no invoice yet to give it back on.


def test_notices_that_are_answered_and_invoices_that_are_not_paid(clock, django_assert_max_num_queries):
    for name in NAMES:
        begun_contract(name)
    clock.move_to(datetime(2026, 1, 31, 11, tzinfo=UTC))
    invoices.issue_due(datetime.now(UTC))
    with scopes_disabled():  # Of all three.
        for invoice in Invoice.objects.all():
            invoices.receive(invoice, date(2026, 2, 2), by=OPERATOR)
    for days_late in (3, 6, 16):
        now = datetime(2026, 3, 4, 11, tzinfo=UTC) + timedelta(days=days_late)
        clock.move_to(now)
        assert dunning.climb(now) == len(NAMES)
        for notice, _ in dunning.notices_waiting(now.date()):
            with scope(client=notice.client):
                dunning.approve(notice, "RAR 1", by=OPERATOR)
        if days_late < 16:
            assert dunning.tell_due(now, lambda _: None) == len(NAMES)
    with scopes_disabled():
        assert Notice.objects.filter(kind=NoticeKind.SUSPENSION, approved_at__isnull=False).count() == len(NAMES)
    # Notices and what is left twice, late invoices and theirs, what was put off.
    with django_assert_max_num_queries(8):
        assert (dunning.climb(now), dunning.lift_paid(now)) == (0, 0)


def test_months_that_are_not_over(clock, message_log, django_assert_max_num_queries):
    for name in NAMES:
        measured_contract(name)
    ripe = datetime(2026, 2, 16, 11, tzinfo=UTC)
    assert close_due(message_log, ripe) == len(NAMES)
    with django_assert_max_num_queries(2):  # Contracts with what is closed of each, and what was put off.
        assert close_due(message_log, ripe + timedelta(days=26)) == 0
    assert close_due(message_log, ripe + timedelta(days=28)) == len(NAMES)


class Counted:
    """A message log, and how often each of its questions was asked."""

    def __init__(self, log):
        self.asked = Counter()
        self._log = log

    def __getattr__(self, name):
        self.asked[name] += 1
        return getattr(self._log, name)


def test_addresses_without_much_mail(message_log, django_assert_max_num_queries):
    for name in NAMES:
        make_client(name)
    message_log.append([outcome(START.timestamp(), client=name) for name in NAMES])
    log = Counted(message_log)
    with django_assert_max_num_queries(5):  # Clients, what they subscribed, who has a busy day, and what is forgotten.
        assert note_busy_days(log, START.timestamp()) == 0
    assert log.asked == {"busy_addresses": 1}  # All have the same clocks.


def test_mail_that_bears_nothing_that_is_known(message_log, django_assert_max_num_queries):
    now = time.time()
    for name in NAMES:
        make_client(name)
        message_log.append([outcome(now - 600, client=name, fingerprints=("f0a", "f1a", "f2a"))])
    values = {
        "fingerprints": ["f0b", "f1b", "f2b"],
        "cause": LateCause.SCANNER,
        "known_at": now,
        "looked_at": now - 900,
    }
    KnownCampaign.objects.create(name="f0b", **values)
    log = Counted(message_log)
    with django_assert_max_num_queries(
        6
    ):  # Clients, what is known twice, what people say, what is forgotten, and looked at.
        assert flag_late(log, now) == 0
    assert log.asked == {"search": 2, "events_of": 2}  # What was refused, and what was taken.
