"""A contract from its quote to its end: who may do what when, what is proven, and what the gateway is told."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
import time_machine
from django_scopes import scope
from structlog.testing import capture_logs

from ecluse.control.audit.queries import entries
from ecluse.control.contracts import by_hand, catalogue, life, naming, offers, queries
from ecluse.control.contracts.models import Contract
from ecluse.control.contracts.price_grid import Bundle, Grid, Tier, Wanted
from ecluse.control.contracts.states import OutOfTurn
from ecluse.control.policies.models import PublishedObject
from ecluse.control.tenants import services
from ecluse.domain.errors import Impossible
from ecluse.domain.policy import Policy, ServiceState
from tests.control.cast import ADMIN, OPERATOR, ROUTE, client
from tests.price_list import GRID

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 20, 11, tzinfo=UTC)
TODAY = START.date()
WANTED = Wanted(Bundle.BOTH, 10, 2, 12)


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def one(clock):
    with scope(client=client("One")):
        found = queries.tenants.client_named("One")
        services.add_domain(found, "one.example", [ROUTE], by=OPERATOR)
        catalogue.publish_prices(GRID, by=OPERATOR)
        catalogue.publish_terms("2026-01", "You pay, we filter.", by=OPERATOR)
        yield found


def sent(one, wanted=WANTED, names=("one.example", "two.example"), **more):
    contract = offers.draft(one, wanted, names, by=OPERATOR, **more)
    offers.send(contract, today=TODAY, by=OPERATOR)
    return contract


def accepted(one, **more):
    contract = sent(one, **more)
    offers.accept(contract, offers.sum_of(offers.offer_document(contract)), today=TODAY, by=ADMIN)
    return contract


def started(one, **more):
    contract = accepted(one, **more)
    for each in contract.domains.all():
        naming.grant(each, by=OPERATOR)
    life.start(contract, by=OPERATOR)
    return contract


def with_users(count):
    domain = queries.tenants.domains().get(name="one.example")
    for number in range(count):
        services.add_address(domain, f"user{number}", by=ADMIN)


def published():
    return msgspec.msgpack.decode(PublishedObject.objects.get(kind="domain", key="one.example").body, type=Policy)


def what(contract):
    return [each.what for each in contract.moves.all()]


def test_an_option_that_is_not_on_the_list_has_no_price(one):
    with pytest.raises(Impossible, match="option"):
        offers.draft(one, Wanted(Bundle.BOTH, 1, 1, 12, ("gold",)), ["one.example"], by=OPERATOR)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (Wanted(Bundle.BOTH, 0, 1, 12), ["one.example"]),
        (Wanted(Bundle.BOTH, 1, 1, 13), ["one.example"]),
        (Wanted(Bundle.BOTH, 1, 0, 12), ["one.example"]),
        (Wanted(Bundle.BOTH, 1, 1, 12), []),
    ],
)
def test_3_3_an_offer_is_about_named_domains_addresses_and_a_term(one, wanted, names):
    with pytest.raises(Impossible):
        offers.draft(one, wanted, names, by=OPERATOR)


def test_3_1_drafted_sent_accepted_started(one):
    contract = offers.draft(one, WANTED, ["one.example", "two.example"], by=OPERATOR)
    assert list(queries.shown_to_client()) == []
    offers.send(contract, today=TODAY, by=OPERATOR)
    assert list(queries.shown_to_client()) == [contract]
    assert contract.valid_until == date(2026, 2, 19)
    offers.accept(contract, offers.sum_of(offers.offer_document(contract)), today=TODAY, by=ADMIN)
    for each in contract.domains.all():
        naming.grant(each, by=OPERATOR)
    life.start(contract, by=OPERATOR)
    assert (contract.state, contract.first_day, contract.period.ends_on) == ("active", TODAY, date(2027, 1, 20))
    assert what(contract) == ["drafted", "send", "accept", "domain-granted", "domain-granted", "start"]
    trail = [each.action for each in entries(one.pk) if each.action.startswith("contract.")]
    assert sorted(trail) == sorted(f"contract.{each}" for each in what(contract))


def test_4_5_what_was_accepted_is_kept_letter_by_letter_with_who_when_and_from_where(one):
    contract = accepted(one)
    [proof] = contract.acceptances.all()
    assert (proof.at, proof.by, proof.ip) == (START, "person:ann@one.example", "192.0.2.1")
    assert hashlib.sha256(proof.document.encode()).hexdigest() == proof.sha256
    said = json.loads(proof.document)
    assert (said["terms"], said["terms_sha256"]) == ("2026-01", hashlib.sha256(b"You pay, we filter.").hexdigest())
    assert (said["price_services"], said["domains"]) == ("336.00", ["one.example", "two.example"])


def test_3_1_nobody_accepts_what_he_has_not_seen(one):
    contract = sent(one)
    with pytest.raises(Impossible, match="changed"):
        offers.accept(contract, "0" * 64, today=TODAY, by=ADMIN)
    assert contract.acceptances.count() == 0
    assert Contract.objects.get(pk=contract.pk).state == "sent"


def test_3_1_an_offer_is_accepted_on_its_last_day_and_not_later(one):
    contract = sent(one)
    seen = offers.sum_of(offers.offer_document(contract))
    with pytest.raises(Impossible, match="expired"):
        offers.accept(contract, seen, today=contract.valid_until + timedelta(days=1), by=ADMIN)
    offers.accept(contract, seen, today=contract.valid_until, by=ADMIN)


def test_of_two_who_accept_the_second_is_too_late(one):
    contract = sent(one)
    other = queries.find_contract(contract.pk)
    seen = offers.sum_of(offers.offer_document(contract))
    offers.accept(contract, seen, today=TODAY, by=ADMIN)
    with pytest.raises(OutOfTurn):
        offers.accept(other, seen, today=TODAY, by=ADMIN)
    assert contract.acceptances.count() == 1


def test_3_7_each_domain_is_decided_before_the_contract_begins(one):
    contract = accepted(one)
    first, second = contract.domains.all()
    with pytest.raises(Impossible):
        life.start(contract, by=OPERATOR)
    naming.grant(first, by=OPERATOR)
    with pytest.raises(Impossible):
        life.start(contract, by=OPERATOR)
    with pytest.raises(Impossible):
        naming.refuse(second, " ", by=OPERATOR)
    naming.refuse(second, "Against the law.", by=OPERATOR)
    with pytest.raises(OutOfTurn):
        naming.refuse(first, "What was granted stays so.", by=OPERATOR)
    life.start(contract, by=OPERATOR)
    assert contract.state == "active"


def test_a_contract_without_any_domain_granted_does_not_begin(one):
    contract = accepted(one, names=("one.example",))
    naming.refuse(contract.domains.get(), "Against the law.", by=OPERATOR)
    with pytest.raises(Impossible):
        life.start(contract, by=OPERATOR)


def test_3_3_domains_are_named_during_the_contract_too(one):
    contract = started(one)
    naming.grant(naming.name_domain(contract, "three.example", by=ADMIN), by=OPERATOR)
    with pytest.raises(Impossible):
        naming.name_domain(contract, "three.example", by=ADMIN)


def test_a_client_has_one_contract_in_force(one):
    started(one)
    other = accepted(one)
    for each in other.domains.all():
        naming.grant(each, by=OPERATOR)
    with pytest.raises(Impossible, match="in force"):
        life.start(other, by=OPERATOR)


@pytest.mark.parametrize("bundle", Bundle)
def test_2_5_the_gateway_is_told_which_services_were_bought(one, bundle):
    started(one, wanted=Wanted(bundle, 10, 2, 12))
    policy = published()
    assert (policy.receives_inbound, policy.sends_outbound) == (bundle.has_inbound, bundle.has_outbound)
    assert policy.state is ServiceState.ACTIVE


def test_6_9_16_2_suspended_and_resumed(one, clock):
    contract = started(one)
    with pytest.raises(Impossible):
        life.suspend(contract, "", by=OPERATOR)
    clock.shift(3_600)
    life.suspend(contract, "not paid", by=OPERATOR)
    assert published().state is ServiceState.SUSPENDED
    assert published().state_since == START.timestamp() + 3_600
    life.resume(contract, by=OPERATOR)
    assert (published().state, contract.state) == (ServiceState.ACTIVE, "active")


def test_3_18_notice_in_time_ends_the_contract_with_its_period(one, clock):
    contract = started(one)
    deadline = queries.entitlement(contract).notice_until
    clock.move_to(deadline)
    assert life.receive_notice(contract, "1A 234", deadline, whose="client", by=OPERATOR)
    assert published().state is ServiceState.ACTIVE
    clock.move_to(datetime(2027, 1, 19, 22, 59, 59, tzinfo=UTC))
    assert life.turn_due(datetime.now(UTC)) == 0
    clock.move_to(datetime(2027, 1, 19, 23, tzinfo=UTC))  # Midnight in Paris.
    assert life.turn_due(datetime.now(UTC)) == 1
    assert life.turn_due(datetime.now(UTC)) == 0
    contract.refresh_from_db()
    assert (contract.state, published().state) == ("ended", ServiceState.ENDED)


def test_3_16_a_late_letter_is_kept_and_refused_with_the_reason(one, clock):
    contract = started(one)
    late = queries.entitlement(contract).notice_until + timedelta(hours=1)
    clock.move_to(late)
    assert not life.receive_notice(contract, "1A 234", late, whose="client", by=OPERATOR)
    assert contract.state == "active"
    refused = contract.moves.last()
    assert (refused.what, refused.note) == (
        "notice-refused",
        "client: 1A 234, 2027-01-05 01:00; the last moment was 2027-01-05 00:00",
    )
    clock.move_to(datetime(2027, 1, 20, tzinfo=UTC))
    life.turn_due(datetime.now(UTC))
    contract.refresh_from_db()
    assert (contract.state, contract.period.ends_on) == ("active", date(2028, 1, 20))


def test_3_16_a_letter_entered_after_the_renewal_counts_for_the_period_it_came_in(one, clock):
    contract = started(one)
    deadline = queries.entitlement(contract).notice_until
    clock.move_to(datetime(2027, 1, 25, tzinfo=UTC))
    life.turn_due(datetime.now(UTC))
    contract.refresh_from_db()
    with pytest.raises(life.OverBeforeRenewal):
        life.receive_notice(contract, "1A 234", deadline, whose="client", by=OPERATOR)
    assert not life.receive_notice(contract, "1A 235", deadline + timedelta(hours=1), whose="client", by=OPERATOR)
    assert contract.moves.last().note == "client: 1A 235, 2027-01-05 01:00; the last moment was 2027-01-05 00:00"
    assert (contract.state, contract.notice_at) == ("active", None)
    begun = datetime(2027, 1, 19, 23, tzinfo=UTC)  # Midnight in Paris.
    assert life.receive_notice(contract, "1A 236", begun, whose="client", by=OPERATOR)


def test_3_16_a_letter_has_a_reference_and_has_come(one):
    contract = started(one)
    with pytest.raises(Impossible):
        life.receive_notice(contract, " ", START, whose="client", by=OPERATOR)
    with pytest.raises(Impossible):
        life.receive_notice(contract, "1A 234", START + timedelta(seconds=1), whose="client", by=OPERATOR)


def test_3_16_who_gave_notice_and_is_suspended_is_over_in_time_all_the_same(one, clock):
    contract = started(one)
    life.receive_notice(contract, "1A 234", START, whose="client", by=OPERATOR)
    life.suspend(contract, "not paid", by=OPERATOR)
    life.resume(contract, by=OPERATOR)
    assert contract.state == "notice"
    life.suspend(contract, "not paid", by=OPERATOR)
    clock.move_to(datetime(2027, 1, 20, tzinfo=UTC))
    life.turn_due(datetime.now(UTC))
    contract.refresh_from_db()
    assert contract.state == "ended"


def test_3_5_3_15_renewed_by_twelve_months_with_addresses_and_domains_counted_anew(one, clock):
    contract = started(one, wanted=Wanted(Bundle.BOTH, 2, 2, 36))
    domain = queries.tenants.domains().get(name="one.example")
    for local in ("ann", "bob", "carl"):
        services.add_address(domain, local, by=ADMIN)
    services.add_address(domain, "info", is_alias=True, by=ADMIN)
    naming.grant(naming.name_domain(contract, "three.example", by=ADMIN), by=OPERATOR)
    clock.move_to(datetime(2029, 1, 20, tzinfo=UTC))
    life.turn_due(datetime.now(UTC))
    contract.refresh_from_db()
    assert (contract.addresses, contract.first_addresses, contract.period.months) == (3, 2, 12)
    assert contract.services_price == (Decimal("2.50") * 3 + Decimal(3) * 2) * 12
    assert (contract.period.starts_on, contract.period.ends_on) == (date(2029, 1, 20), date(2030, 1, 20))


def test_3_5_where_nobody_knows_the_users_as_many_addresses_are_renewed_as_were_ordered(one, clock):
    contract = started(one)
    clock.move_to(datetime(2027, 1, 20, tzinfo=UTC))
    life.turn_due(datetime.now(UTC))
    contract.refresh_from_db()
    assert (contract.addresses, contract.services_price) == (WANTED.addresses, Decimal("336.00"))


def test_a_price_agreed_upon_is_kept_for_each_address_and_month(one, clock):
    contract = started(one, wanted=Wanted(Bundle.BOTH, 4, 1, 24), agreed=offers.Agreed(Decimal("96.00")))
    domain = queries.tenants.domains().get(name="one.example")
    for number in range(6):
        services.add_address(domain, f"user{number}", by=ADMIN)
    clock.move_to(datetime(2028, 1, 21, tzinfo=UTC))
    life.turn_due(datetime.now(UTC))
    contract.refresh_from_db()
    assert contract.services_price == Decimal("72.00")  # One a month for each of six.


def test_3_8_a_contract_keeps_its_price_until_it_is_renewed(one, clock):
    contract = started(one)
    with_users(1)
    dearer = Grid((Tier(0, dict.fromkeys(Bundle, Decimal(9))),), Decimal(0))
    catalogue.publish_prices(dearer, by=OPERATOR)
    contract.refresh_from_db()
    assert contract.services_price == Decimal("336.00")
    clock.move_to(datetime(2027, 1, 20, tzinfo=UTC))
    life.turn_due(datetime.now(UTC))
    contract.refresh_from_db()
    assert contract.services_price == Decimal("108.00")


SMALL = Grid((Tier(1, dict.fromkeys(Bundle, Decimal(9))),), Decimal(0))  # One address, and no option.


@pytest.mark.parametrize(
    ("options", "users", "services_price", "options_price"),
    [
        (("archive",), 1, "30.00", "3.96"),  # Its option is not sold any more.
        ((), 2, "60.00", "0.00"),  # It has grown beyond the largest tier.
    ],
)
def test_what_the_newest_list_has_no_price_for_is_renewed_by_its_own(
    one, clock, options, users, services_price, options_price
):
    contract = started(one, wanted=Wanted(Bundle.BOTH, 1, 1, 12, options), names=("one.example",))
    own = contract.price_list
    catalogue.publish_prices(SMALL, by=OPERATOR)
    with_users(users)
    clock.move_to(datetime(2027, 1, 20, tzinfo=UTC))
    assert life.turn_due(datetime.now(UTC)) == 1
    contract.refresh_from_db()
    assert (contract.services_price, contract.options_price) == (Decimal(services_price), Decimal(options_price))
    assert (contract.price_list, contract.period.after) == (own, 12)


def leaving(name):
    who = client(name)
    with scope(client=who):
        contract = started(who, wanted=Wanted(Bundle.BOTH, 1, 1, 12), names=(f"{name.lower()}.example",))
        life.receive_notice(contract, "1A 234", START, whose="client", by=OPERATOR)
    return contract


def test_a_contract_that_no_list_has_a_price_for_keeps_no_other_from_its_end(one, clock):
    catalogue.publish_prices(SMALL, by=OPERATOR)
    before = leaving("Two")
    priceless = started(one, wanted=Wanted(Bundle.BOTH, 1, 1, 12), names=("one.example",))
    behind = leaving("Three")
    with_users(2)
    clock.move_to(datetime(2027, 1, 20, tzinfo=UTC))
    with capture_logs() as lines:
        assert life.turn_due(datetime.now(UTC)) == 2
    assert [(line["event"], line["contract"]) for line in lines] == [("contract not turned", priceless.reference)]
    for each in (before, priceless, behind):
        with scope(client=each.client):
            each.refresh_from_db()
    assert [each.state for each in (before, priceless, behind)] == ["ended", "active", "ended"]
    assert priceless.period.after == 0


def test_16_1_a_breach_is_declared_and_has_fifteen_days(one, clock):
    contract = started(one)
    with pytest.raises(Impossible):
        life.terminate_for_breach(contract, by=OPERATOR)
    life.declare_breach(contract, "1A 9", TODAY, by=OPERATOR)
    clock.move_to(START + timedelta(days=15))
    with pytest.raises(Impossible):
        life.terminate_for_breach(contract, by=OPERATOR)
    clock.move_to(START + timedelta(days=16))
    life.terminate_for_breach(contract, waives_period=True, by=OPERATOR)
    assert (contract.state, published().state) == ("terminated", ServiceState.ENDED)
    assert contract.period_waived


def test_16_1_a_letter_from_before_the_contract_names_no_breach_of_it(one, clock):
    contract = started(one)
    with pytest.raises(life.BeforeContract, match=str(TODAY)):
        life.declare_breach(contract, "1A 9", TODAY - timedelta(days=1), by=OPERATOR)
    life.declare_breach(contract, "1A 9", TODAY, by=OPERATOR)


def test_16_1_a_breach_that_is_repaired_ends_nothing(one, clock):
    contract = started(one)
    life.declare_breach(contract, "1A 9", TODAY, by=OPERATOR)
    life.repair_breach(contract, by=OPERATOR)
    clock.move_to(START + timedelta(days=30))
    with pytest.raises(Impossible):
        life.terminate_for_breach(contract, by=OPERATOR)


def test_a_client_without_a_contract_is_served_as_somebody_says(one):
    by_hand.set_state_by_hand(one, ServiceState.SUSPENDED, by=OPERATOR)
    assert published().state is ServiceState.SUSPENDED
    by_hand.set_state_by_hand(one, ServiceState.ACTIVE, by=OPERATOR)
    sent(one)
    by_hand.set_state_by_hand(one, ServiceState.SUSPENDED, by=OPERATOR)
    assert published().receives_inbound
    by_hand.set_services_by_hand(one, inbound=True, outbound=False, by=OPERATOR)
    assert (published().receives_inbound, published().sends_outbound) == (True, False)


def test_a_client_with_one_is_served_as_the_contract_says(one):
    contract = started(one)
    with pytest.raises(by_hand.UnderContract):
        by_hand.set_state_by_hand(one, ServiceState.ENDED, by=OPERATOR)
    with pytest.raises(by_hand.UnderContract):
        by_hand.set_services_by_hand(one, inbound=False, outbound=False, by=OPERATOR)
    life.terminate(contract, "both want it", by=OPERATOR)
    by_hand.set_state_by_hand(one, ServiceState.ACTIVE, by=OPERATOR)


def test_a_new_contract_after_the_old_one_serves_again(one):
    life.terminate(started(one), "both want it", by=OPERATOR)
    assert published().state is ServiceState.ENDED
    started(one)
    assert published().state is ServiceState.ACTIVE


def test_3_4_what_is_used_beyond_what_was_ordered_and_is_free(one):
    contract = started(one, wanted=Wanted(Bundle.BOTH, 5, 1, 12))
    domain = queries.tenants.domains().get(name="one.example")
    for number in range(7):
        services.add_address(domain, f"user{number}", by=ADMIN)
    used = queries.entitlement(contract)
    assert (used.users, used.ordered, used.free, used.excess, used.support) == (7, 5, 1, 1, 1)


def test_3_4_3_5_aliases_are_users_where_the_provider_counts_them(one, clock, settings):
    contract = started(one, wanted=Wanted(Bundle.BOTH, 5, 1, 12))
    with_users(4)
    domain = queries.tenants.domains().get(name="one.example")
    for local in ("info", "sales", "jobs"):
        services.add_address(domain, local, is_alias=True, by=ADMIN)
    assert (queries.entitlement(contract).users, queries.entitlement(contract).excess) == (4, 0)
    settings.ECLUSE_ALIASES_ARE_USERS = True
    assert (queries.entitlement(contract).users, queries.entitlement(contract).excess) == (7, 1)
    clock.move_to(datetime(2027, 1, 20, tzinfo=UTC))
    life.turn_due(datetime.now(UTC))
    contract.refresh_from_db()
    assert contract.addresses == 7


def test_contracts_of_another_client_are_not_read(one):
    contract = started(one)
    with scope(client=client("Two")):
        assert queries.find_contract(contract.pk) is None
        assert queries.contract_in_force() is None
    assert [each.pk for each in queries.contracts_of_all(state="active")] == [contract.pk]


def test_terms_have_one_name_each_and_are_never_changed(one):
    with pytest.raises(Impossible):
        catalogue.publish_terms("2026-01", "Others.", by=OPERATOR)
    catalogue.publish_terms("2026-02", "Others.", by=OPERATOR)
    assert catalogue.newest_terms().name == "2026-02"
