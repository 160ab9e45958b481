"""What a month broke is the client's to choose: a credit, or the end of its contract (article 10)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from ecluse.control.audit.queries import entries
from ecluse.control.billing import invoices
from ecluse.control.billing.models import ComingLine, Invoice
from ecluse.control.billing.refund_notes import credit_refunds
from ecluse.control.contracts import life
from ecluse.control.contracts.models import Contract
from ecluse.control.contracts.states import OutOfTurn
from ecluse.control.sla import breaches, closing, remedies
from ecluse.control.sla.breaches import NoCredit, TooLate
from ecluse.control.sla.models import Breach, Remedy, VantagePoint
from ecluse.domain.errors import Impossible
from tests.control import test_sla_months
from tests.control.cast import ADMIN, OPERATOR
from tests.control.measured import both_down, claim, mail, points
from tests.control.test_amendments import begun
from tests.control.test_sla_months import NOON, RIPE

pytestmark = pytest.mark.django_db
clock, message_log = test_sla_months.clock, test_sla_months.message_log
contract, closed = test_sla_months.contract, test_sla_months.closed
TODAY = date(2026, 4, 16)


@pytest.fixture
def breach(contract, closed):
    """Two hours: 20 % of 25.00 EUR."""
    both_down(points(2), NOON, 120)
    return closed().breaches.get()


def test_6_11_one_chooses_within_a_month(breach):
    assert (breach.opened_on, breach.choose_until) == (TODAY, date(2026, 5, 16))
    with pytest.raises(TooLate):
        remedies.choose(breach, Remedy.CREDIT, date(2026, 5, 17), by=ADMIN)
    assert not ComingLine.objects.exists()
    remedies.choose(breach, Remedy.CREDIT, date(2026, 5, 16), by=ADMIN)


def test_10_6_one_chooses_once(breach):
    remedies.choose(breach, Remedy.CREDIT, TODAY, by=ADMIN)
    with pytest.raises(Impossible):
        remedies.choose(breach, Remedy.TERMINATE, TODAY, by=ADMIN)
    contract = Contract.objects.get()
    assert (contract.state, ComingLine.objects.count()) == ("active", 1)
    [told] = [each for each in entries(contract.client_id) if each.action == "sla.remedy-chosen"]
    assert (told.actor_name, told.after) == (
        "ann@one.example",
        {"choice": "credit", "percent": "20", "monthly": "25.00", "amount": "5.00"},
    )


def test_10_4_the_credit_stands_on_the_next_invoice_with_its_calculation(breach, clock):
    remedies.choose(breach, Remedy.CREDIT, TODAY, by=ADMIN)
    clock.move_to(datetime(2026, 4, 17, tzinfo=UTC))
    assert invoices.issue_due(datetime(2026, 4, 17, tzinfo=UTC)) == 1
    row = Invoice.objects.get()
    assert row.net == Decimal("334.60")
    assert ComingLine.objects.get().calculation["seal"] == breach.closing.seal
    assert "120 min" in str(row.lines)


def test_10_4_what_is_ordered_later_makes_no_month_before_it_dearer(breach, contract, closed):
    both_down(VantagePoint.objects.all(), datetime(2026, 4, 20, 12, tzinfo=UTC), 120)
    begun(contract)  # On 16 April: 25.00 a month more.
    closed(datetime(2026, 5, 16, tzinfo=UTC))
    april, march = Breach.objects.order_by("-closing__month")
    assert [remedies.offer_of(each, TODAY).amount for each in (march, april)] == [Decimal("5.00"), Decimal("10.00")]


def test_10_1_or_leaves_and_is_given_back_the_months_that_have_not_begun(breach, clock):
    now = datetime(2026, 4, 16, 12, tzinfo=UTC)
    clock.move_to(now)
    invoices.issue_due(now)
    remedies.choose(breach, Remedy.TERMINATE, TODAY, by=ADMIN)
    contract = Contract.objects.get()
    assert contract.state == "terminated"
    assert credit_refunds(now) == 1
    note = Invoice.objects.get(kind="381")
    assert note.net == Decimal("254.70")  # Nine of twelve months of 339.60 EUR.
    breach.refresh_from_db()
    assert breach.outcome == {"refund": "254.70"}


def test_10_1_an_invoice_that_is_late_is_waited_for(breach, clock):
    remedies.choose(breach, Remedy.TERMINATE, TODAY, by=ADMIN)
    now = datetime(2026, 4, 17, tzinfo=UTC)
    assert credit_refunds(now) == 0
    clock.move_to(now)
    invoices.issue_due(now)
    assert credit_refunds(now) == 1
    assert Invoice.objects.get(kind="381").net == Decimal("254.70")


def test_10_1_a_contract_that_is_over_is_not_ended_again(breach, contract):
    life.terminate(contract, "both want it", by=OPERATOR)
    with pytest.raises(OutOfTurn):
        remedies.choose(breach, Remedy.TERMINATE, TODAY, by=ADMIN)
    breach.refresh_from_db()
    assert not breach.choice


def test_10_2_10_3_the_worst_week_of_a_period_is_given_once(contract, clock, message_log):
    """Ten times 0.5 % in February, ten times 2 % in March: five percent, then fifteen more."""
    for at, copies, wrong in ((datetime(2026, 2, 10, 12, tzinfo=UTC), 200, 1), (NOON, 100, 2)):
        clock.move_to(at)
        event = mail(message_log, at, copies)
        for number in range(wrong):
            claim(contract.client, event, to=f"u{number}@one.example")
    clock.move_to(RIPE)
    closing.close_due(message_log, RIPE)
    march, february = breaches.breaches().order_by("-closing__month")
    assert breaches.credit_percent(march) == 20
    remedies.choose(february, Remedy.CREDIT, TODAY, by=ADMIN)
    assert breaches.credit_percent(march) == 15
    remedies.choose(march, Remedy.CREDIT, TODAY, by=ADMIN)
    assert sorted(Fraction(each.percent) for each in ComingLine.objects.all()) == [5, 15]
    assert breaches.credit_percent(march) == 15


def test_10_4_without_a_full_hour_there_is_no_money(contract, closed):
    both_down(points(2), NOON, 59)
    row = closed().breaches.get()
    with pytest.raises(NoCredit):
        remedies.choose(row, Remedy.CREDIT, TODAY, by=ADMIN)
    assert Breach.objects.get().is_open(TODAY)
