"""More than 500 messages of one address on one day of its client's calendar become a case: contract 3-9."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pytest
import time_machine
from django_scopes import scope

from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.control.abuse import busy_days
from ecluse.control.abuse.cases import CaseKind, cases
from ecluse.control.contracts import life
from ecluse.control.contracts.models import Contract
from ecluse.control.policies.services import change_wishes
from ecluse.control.tenants.models import Client, Domain
from ecluse.wire.rates import OwnLimitTable, RateTable
from tests.contract.message_log.contract import outcome, recipient
from tests.control import cast
from tests.control.billed import begun_contract
from tests.control.cast import OPERATOR

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 27, 11, tzinfo=UTC).timestamp()  # In Paris.
HOUR_S = 3_600.0


def client(name):
    made = cast.client(name)
    with scope(client=made):
        Domain.objects.create(client=made, name=f"{name.lower()}.example", proven_at=datetime(2026, 1, 1, tzinfo=UTC))
    return made


@pytest.fixture
def log(tmp_path):
    log = SqliteMessageLog(tmp_path / "log")
    yield log
    log.close()


def send(log, count, at=NOON, sender="ann@one.example"):
    log.append(
        [outcome(at + one, recipient("x@y.example"), direction="outbound", sender=sender) for one in range(count)]
    )


def seen(one, now=NOON):
    with scope(client=one):
        return [(each.day, each.address, each.messages) for each in busy_days.busy_days(now)]


def note(log, now=NOON):
    return busy_days.note_busy_days(log, now)


def test_from_four_hundred_an_address_is_seen_and_above_five_hundred_it_is_a_case(log):
    one, two = client("One"), client("Two")
    send(log, 399)
    assert note(log) == 0
    assert seen(one) == []
    send(log, 101)
    assert note(log) == 0
    assert seen(one) == [(date(2026, 11, 27), "ann@one.example", 500)]
    send(log, 1)
    assert (note(log), note(log)) == (1, 0)
    [case] = cases()
    assert (case.kind, case.client) == (CaseKind.VOLUME, one)
    assert [each.text for each in case.notes.all()] == ["2026-11-27: 501 messages of one address, outbound"]
    assert seen(two) == []


def test_a_day_is_that_of_the_clients_calendar_and_is_counted_after_its_end_as_well(log):
    one = client("One")
    midnight = NOON + 12 * HOUR_S
    send(log, 300, midnight - 600)
    send(log, 300, midnight)
    assert note(log, midnight + 900) == 0
    assert seen(one) == []
    send(log, 250, midnight - 900)
    assert note(log, midnight + 900) == 1
    assert seen(one, midnight) == [(date(2026, 11, 27), "ann@one.example", 550)]


def test_one_open_case_for_all_of_a_clients_addresses(log):
    client("One")
    send(log, 501)
    send(log, 501, sender="bob@one.example")
    assert note(log) == 2
    [case] = cases()
    assert case.notes.count() == 2


def test_whose_mail_a_client_forwards_is_no_address_of_the_clients(log):
    one = client("One")
    send(log, 501, sender="news@far.example")
    send(log, 501, sender="ann@mail.one.example")
    assert note(log) == 1
    assert [address for _, address, _ in seen(one)] == ["ann@mail.one.example"]


def test_what_is_long_ago_is_forgotten(log):
    one = client("One")
    send(log, 400)
    note(log)
    note(log, NOON + 91 * 24 * HOUR_S)
    assert seen(one) == []


def test_where_the_client_lets_accounts_send_less_they_are_seen_near_its_own_limit(log):
    one = client("One")
    limits = OwnLimitTable(account=RateTable(messages_per_day=50))
    with scope(client=one):
        change_wishes(one, lambda before: msgspec.structs.replace(before, sending_limits=limits), by=OPERATOR)
    send(log, 39)
    send(log, 40, sender="bob@one.example")
    log.append([outcome(NOON + number, recipient("carl@one.example")) for number in range(60)])
    assert note(log) == 0
    assert seen(one) == [(date(2026, 11, 27), "bob@one.example", 40)]


@pytest.fixture
def subscribed(tmp_path, settings):
    """Two addresses."""
    cast.make_master_key(tmp_path, settings)
    with time_machine.travel(NOON, tick=False):
        contract = begun_contract()
        with scope(client=contract.client):
            Contract.objects.update(addresses=2)
            Domain.objects.create(client=contract.client, name="one.example", proven_at=contract.made_at)
        yield contract


def scattered(log, count):
    """From addresses none of which sends much."""
    log.append(
        [
            outcome(NOON + one, recipient("x@y.example"), direction="outbound", sender=f"a{one % 5}@one.example")
            for one in range(count)
        ]
    )


@pytest.mark.parametrize(
    ("messages", "mean", "is_case"), [(799, 0, 0), (800, 400, 0), (1_000, 500, 0), (1_001, 501, 1)]
)
def test_so_is_what_is_too_much_on_average_over_the_addresses_that_were_ordered(
    log, subscribed, messages, mean, is_case
):
    scattered(log, messages)
    assert note(log) == is_case
    assert [each for _, address, each in seen(subscribed.client) if not address] == ([mean] if mean else [])
    assert [note.text for each in cases() for note in each.notes.all()] == (
        ["2026-11-27: 501 messages of an address, on average, outbound"] if is_case else []
    )
    with scope(client=subscribed.client):
        subscribed.refresh_from_db()
        assert subscribed.state == "active"  # Somebody decides.


def test_of_the_mean_nothing_is_said_where_one_address_alone_is_too_much(log, subscribed):
    send(log, 1_101)
    assert note(log) == 1
    assert [address for _, address, _ in seen(subscribed.client)] == ["ann@one.example"]


def test_where_the_provider_has_set_it_who_sends_too_much_is_suspended_by_itself(log, subscribed, settings):
    settings.ECLUSE_SUSPENDS_FOR_VOLUME = True
    bare = client("Two")
    log.append([outcome(NOON + one, recipient("bob@two.example"), client="Two") for one in range(501)])
    send(log, 500)
    assert note(log) == 1
    bare.refresh_from_db()
    # Of one nobody agreed to 3-9, and of the other it is not too much.
    assert (bare.state, Client.objects.get(pk=subscribed.client_id).state) == ("active", "active")
    send(log, 1)
    note(log)
    with scope(client=subscribed.client):
        subscribed.refresh_from_db()
        assert subscribed.state == "suspended"
        life.resume(subscribed, by=OPERATOR)
    send(log, 10)
    note(log)
    assert Client.objects.get(pk=subscribed.client_id).state == "active"  # Of one day it is said once.
