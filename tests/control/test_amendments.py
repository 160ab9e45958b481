"""A contract is changed during a period: signed by both, priced by the whole months left, invoiced once, obeyed at once (17-1)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
import time_machine
from django_scopes import scope

from ecluse.control.audit.queries import entries
from ecluse.control.billing.amendment_invoices import issue_due_amendments
from ecluse.control.billing.document import document_of
from ecluse.control.billing.invoices import issue_due
from ecluse.control.billing.models import Invoice
from ecluse.control.contracts import amendments, catalogue, life, offers, queries
from ecluse.control.contracts.amendments import Wish
from ecluse.control.contracts.models import Amendment, Contract
from ecluse.control.contracts.price_grid import Bundle, Grid, Tier
from ecluse.control.contracts.prices import Ordered, price_now, refund_of
from ecluse.control.contracts.states import OutOfTurn
from ecluse.control.contracts.terms import Period
from ecluse.control.policies.models import PublishedObject
from ecluse.control.tenants import services
from ecluse.domain.errors import Impossible
from ecluse.domain.policy import Policy
from tests.control.billed import begun_contract
from tests.control.cast import ADMIN, OPERATOR, ROUTE, client

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 20, 11, tzinfo=UTC)
MORE = Ordered(Bundle.BOTH, 20, ("archive",))  # 25.00 and 3.30 a month more than the contract of `begun_contract`.


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def contract(clock):
    """10 addresses, both services, an option, for 12 months from 20 January: 25.00 and 3.30 a month."""
    made = begun_contract()
    with scope(client=made.client):
        services.add_domain(made.client, "one.example", [ROUTE], by=OPERATOR)
        yield made


def sent(contract, wish=None, **more):
    made = amendments.draft_amendment(contract, wish or Wish(MORE), by=OPERATOR, **more)
    amendments.send_amendment(made, today=date.today(), by=OPERATOR)  # noqa: DTZ011 - the clock stands still.
    return made


def accepted(contract, wish=None, **more):
    made = sent(contract, wish, **more)
    seen = offers.sum_of(amendments.amendment_document(made))
    amendments.accept_amendment(made, seen, today=made.valid_until, by=ADMIN)
    return made


def begun(contract, wish=None, **more):
    made = accepted(contract, wish, **more)
    amendments.begin_amendment(made, by=OPERATOR)
    contract.refresh_from_db()
    return made


def published():
    return msgspec.msgpack.decode(PublishedObject.objects.get(kind="domain", key="one.example").body, type=Policy)


def invoices():
    return list(Invoice.objects.order_by("pk"))


def test_17_1_drafted_sent_accepted_with_proof_and_signed_by_the_provider(contract):
    made = begun(contract)
    assert (made.reference, made.state) == (f"{contract.reference}-A1", "begun")
    assert (contract.addresses, contract.first_addresses, contract.state) == (20, 10, "active")
    [proof] = made.acceptances.all()
    said = json.loads(proof.document)
    assert (proof.by, proof.ip, proof.sha256) == (str(ADMIN), "192.0.2.1", offers.sum_of(proof.document))
    assert (said["amendment"], said["addresses"], said["before"]["addresses"]) == (made.reference, 20, 10)
    assert said["price_month_services"] == "25.00"
    whats = [each.what for each in contract.moves.all()][-3:]
    assert whats == ["amendment-send", "amendment-accept", "amendment-begin"]
    trail = {each.action for each in entries(contract.client_id)}
    assert {f"contract.{each}" for each in (*whats, "amendment-drafted")} <= trail


def test_17_1_a_draft_is_the_providers_alone(contract):
    made = amendments.draft_amendment(contract, Wish(MORE), by=OPERATOR)
    assert list(queries.amendments_shown_to_client(contract)) == []
    assert not contract.moves.filter(what__startswith="amendment").exists()
    amendments.send_amendment(made, today=START.date(), by=OPERATOR)
    assert queries.amendment_shown_to_client(contract, made.pk) == made


def test_17_1_nothing_holds_before_both_have_signed(contract):
    made = sent(contract)
    with pytest.raises(OutOfTurn):
        amendments.begin_amendment(made, by=OPERATOR)
    assert Contract.objects.get(pk=contract.pk).addresses == 10


def test_17_1_nobody_accepts_what_he_has_not_seen_or_what_has_expired(contract):
    made = sent(contract)
    with pytest.raises(Impossible, match="changed"):
        amendments.accept_amendment(made, "0" * 64, today=START.date(), by=ADMIN)
    seen = offers.sum_of(amendments.amendment_document(made))
    with pytest.raises(Impossible, match="expired"):
        amendments.accept_amendment(made, seen, today=made.valid_until + timedelta(days=1), by=ADMIN)
    assert made.acceptances.count() == 0


def test_2_5_the_gateway_is_told_at_once_of_other_services(contract):
    begun(contract, Wish(Ordered(Bundle.INBOUND, 10, ("archive",))))
    assert (published().receives_inbound, published().sends_outbound) == (True, False)
    begun(contract, Wish(Ordered(Bundle.BOTH, 10, ("archive",))))
    assert published().sends_outbound


def test_3_4_the_free_fifth_stays_that_of_the_subscription(contract):
    begun(contract)
    domain = queries.tenants.domains().get(name="one.example")
    for number in range(23):
        services.add_address(domain, f"user{number}", by=ADMIN)
    used = queries.entitlement(contract)
    assert (used.ordered, used.free, used.excess, used.support) == (20, 2, 1, 2)


def test_3_3_domains_of_an_amendment_are_approved_by_the_providers_signature(contract):
    made = begun(contract, Wish(Ordered(Bundle.BOTH, 10, ("archive",)), ("two.example", "three.example")))
    assert (made.services_month, made.options_month) == (Decimal("6.00"), Decimal("0.00"))
    assert contract.domains.filter(approval="granted").count() == 3
    with pytest.raises(Impossible, match="decided already"):
        amendments.draft_amendment(contract, Wish(MORE, ("two.example",)), by=OPERATOR)


@pytest.mark.parametrize(
    ("day", "months"),
    [
        (date(2026, 1, 20), 12),  # The first day: all of it.
        (date(2026, 1, 21), 11),  # The month that is running is free.
        (date(2026, 2, 20), 11),  # One that begins that day counts.
        (date(2026, 2, 21), 10),
        (date(2026, 12, 20), 1),
        (date(2026, 12, 21), 0),
        (date(2027, 1, 19), 0),
    ],
)
def test_17_1_whole_months_left(day, months):
    assert Period(date(2026, 1, 20), 0, 12).months_from(day) == months


def test_17_1_it_costs_the_difference_of_the_list_for_each_whole_month_left(contract, clock):
    clock.move_to(datetime(2026, 4, 2, 11, tzinfo=UTC))
    made = begun(contract)
    assert (made.services_month, made.options_month, made.months) == (Decimal("25.00"), Decimal("3.30"), 9)
    assert made.price.net == Decimal("254.70")
    assert price_now(contract).net == Decimal("339.60") * 2
    assert contract.price.net == Decimal("339.60")  # What its period's invoice asks.


def test_17_1_what_becomes_cheaper_is_not_given_back(contract):
    # Beyond fifty addresses each costs less: 51 cost 102.00 a month, and 50 had cost 125.00.
    begun(contract, Wish(Ordered(Bundle.BOTH, 50, ("archive",))))
    assert begun(contract, Wish(Ordered(Bundle.BOTH, 51, ("archive",)))).services_month == 0
    assert begun(contract, Wish(Ordered(Bundle.INBOUND, 51, ("archive",)))).services_month == 0


def test_3_8_an_amendment_is_priced_by_the_contracts_own_list(contract):
    catalogue.publish_prices(Grid((Tier(0, dict.fromkeys(Bundle, Decimal(9))),), Decimal(0)), by=OPERATOR)
    assert sent(contract).services_month == Decimal("25.00")


def test_what_its_own_list_does_not_know_is_priced_by_the_newest(contract):
    tiers = (Tier(0, dict.fromkeys(Bundle, Decimal(9))),)
    newest = Grid(tiers, Decimal(0), {}, {"archive": Decimal("0.50"), "gold": Decimal("1.00")})
    catalogue.publish_prices(newest, by=OPERATOR)
    made = sent(contract, Wish(Ordered(Bundle.BOTH, 10, ("archive", "gold"))))
    assert (made.services_month, made.options_month) == (Decimal("0.00"), Decimal("10.00"))
    amendments.withdraw_amendment(made, "", by=OPERATOR)
    with pytest.raises(Impossible, match="agree"):
        amendments.draft_amendment(contract, Wish(Ordered(Bundle.BOTH, 10, ("silver",))), by=OPERATOR)


def test_a_price_agreed_upon_is_the_same_for_each_address_more(contract):
    Contract.objects.filter(pk=contract.pk).update(has_own_price=True, services_price=Decimal("120.00"))
    contract.refresh_from_db()
    made = sent(contract, Wish(Ordered(Bundle.BOTH, 15, ("archive",))))
    assert (made.services_month, made.options_month) == (Decimal("5.00"), Decimal("1.65"))
    amendments.withdraw_amendment(made, "", by=OPERATOR)
    for wish in (Wish(Ordered(Bundle.INBOUND, 15, ("archive",))), Wish(MORE, ("two.example",))):
        with pytest.raises(Impossible, match="agree"):
            amendments.draft_amendment(contract, wish, by=OPERATOR)
    agreed = offers.Agreed(Decimal("7.00"))
    assert sent(contract, Wish(MORE, ("two.example",)), agreed=agreed).month.net == Decimal("7.00")


@pytest.mark.parametrize(
    "wish",
    [
        Wish(Ordered(Bundle.BOTH, 10, ("archive",))),  # Nothing.
        Wish(Ordered(Bundle.BOTH, 9, ("archive",))),  # Less.
        Wish(Ordered(Bundle.BOTH, 10_000_001, ("archive",))),
        Wish(MORE, ("one.example",)),  # Its own already.
    ],
)
def test_an_amendment_adds_something(contract, wish):
    with pytest.raises(Impossible):
        amendments.draft_amendment(contract, wish, by=OPERATOR)


def test_one_amendment_waits_at_a_time(contract):
    made = sent(contract)
    with pytest.raises(amendments.AlreadyOpen):
        amendments.draft_amendment(contract, Wish(MORE), by=OPERATOR)
    amendments.withdraw_amendment(made, "", by=OPERATOR)
    assert amendments.draft_amendment(contract, Wish(MORE), by=OPERATOR).number == 2


def test_it_holds_for_the_period_that_it_was_written_for(contract, clock):
    made = accepted(contract)
    issue_due(datetime(2026, 2, 1, tzinfo=UTC))
    clock.move_to(datetime(2027, 1, 20, 11, tzinfo=UTC))
    life.turn_due(datetime.now(UTC))
    with pytest.raises(amendments.ChangedSince):
        amendments.begin_amendment(made, by=OPERATOR)


def test_of_a_contract_that_is_not_in_force_nothing_is_amended(contract):
    made = accepted(contract)
    life.suspend(contract, "not paid", by=OPERATOR)
    with pytest.raises(OutOfTurn):
        amendments.begin_amendment(made, by=OPERATOR)
    with pytest.raises(OutOfTurn):
        amendments.draft_amendment(contract, Wish(MORE), by=OPERATOR)
    assert Amendment.objects.get(pk=made.pk).state == "accepted"


def test_6_3_its_invoice_is_its_own_dated_the_last_day_of_its_first_month(contract, clock):
    issue_due(datetime(2026, 2, 1, tzinfo=UTC))
    clock.move_to(datetime(2026, 4, 2, 11, tzinfo=UTC))
    made = begun(contract)
    assert issue_due_amendments(datetime(2026, 4, 29, 12, tzinfo=UTC)) == 0
    assert issue_due_amendments(datetime(2026, 4, 30, 12, tzinfo=UTC)) == 1
    assert issue_due_amendments(datetime(2026, 5, 30, 12, tzinfo=UTC)) == 0
    row = invoices()[-1]
    made.refresh_from_db()
    assert (made.invoice, row.dated, row.net) == (row.reference, date(2026, 4, 30), Decimal("254.70"))
    assert (row.period_start, row.period_end) == (date(2026, 4, 20), date(2027, 1, 19))
    document = document_of(row)
    assert [(each.quantity, each.unit_price) for each in document.lines] == [
        (9, Decimal("25.00")),
        (9, Decimal("3.30")),
    ]
    assert document.lines[0].text.startswith(f"Avenant {made.reference} : filtrage du courrier")


def test_its_invoice_comes_not_before_its_date_in_paris_whatever_day_it_is_where_the_client_is(contract, clock):
    Contract.objects.filter(pk=contract.pk).update(time_zone="Indian/Reunion")
    contract.refresh_from_db()
    begun(contract)
    assert issue_due_amendments(datetime(2026, 1, 30, 22, 59, tzinfo=UTC)) == 0
    assert issue_due_amendments(datetime(2026, 1, 30, 23, tzinfo=UTC)) == 1


def test_6_3_the_periods_invoice_asks_what_was_ordered_first(contract, clock):
    begun(contract)
    issue_due(datetime(2026, 2, 1, tzinfo=UTC))
    issue_due_amendments(datetime(2026, 2, 1, tzinfo=UTC))
    of_period, of_amendment = invoices()
    assert (of_period.net, of_amendment.net) == (Decimal("339.60"), Decimal("339.60"))
    assert "10 adresses" in document_of(of_period).lines[0].text
    assert "20 adresses" in document_of(of_amendment).lines[0].text


def test_what_costs_nothing_has_no_invoice(contract):
    begun(contract, Wish(Ordered(Bundle.INBOUND, 10, ("archive",))))
    assert issue_due_amendments(datetime(2026, 3, 1, tzinfo=UTC)) == 0


def test_of_a_period_that_was_waived_no_amendment_is_invoiced(contract):
    begun(contract)
    life.terminate(contract, "both want it", waives_period=True, by=OPERATOR)
    assert issue_due_amendments(datetime(2026, 2, 1, tzinfo=UTC)) == 0


def test_without_a_known_buyer_it_waits(clock):
    made = begun_contract(are_parties_known=False)
    with scope(client=made.client):
        begun(made)
        assert issue_due_amendments(datetime(2026, 3, 1, tzinfo=UTC)) == 0
        assert Amendment.objects.get().invoice == ""


def test_3_8_a_refund_counts_what_amendments_added(contract, clock):
    clock.move_to(datetime(2026, 4, 2, 11, tzinfo=UTC))
    begun(contract)
    assert refund_of(contract, date(2026, 12, 25)) == 0
    assert refund_of(contract, date(2026, 12, 19)) == (Decimal("28.30") * 2)


def test_3_5_a_renewal_counts_all_anew(contract, clock):
    begun(contract, Wish(MORE, ("two.example",)))
    issue_due(datetime(2026, 2, 1, tzinfo=UTC))
    clock.move_to(datetime(2027, 1, 20, 11, tzinfo=UTC))
    life.turn_due(datetime.now(UTC))
    contract.refresh_from_db()
    assert (contract.addresses, contract.services_price) == (20, (Decimal("2.50") * 20 + 3) * 12)
    assert price_now(contract) == contract.price


def test_a_renewal_at_a_price_agreed_upon_keeps_what_was_added(contract, clock):
    Contract.objects.filter(pk=contract.pk).update(has_own_price=True, services_price=Decimal("120.00"))
    contract.refresh_from_db()
    begun(contract)
    issue_due(datetime(2026, 2, 1, tzinfo=UTC))
    clock.move_to(datetime(2027, 1, 20, 11, tzinfo=UTC))
    life.turn_due(datetime.now(UTC))
    contract.refresh_from_db()
    assert (contract.addresses, contract.services_price) == (20, Decimal("240.00"))


def test_amendments_of_another_client_are_not_read(contract):
    sent(contract)
    with scope(client=client("Two")):
        assert not Amendment.objects.exists()
