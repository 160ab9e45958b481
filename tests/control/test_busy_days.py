"""More than 500 messages of one address on one day of its client's calendar become a case: contract 3-9."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pytest
from django_scopes import scope

from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.control.abuse import busy_days
from ecluse.control.abuse.cases import CaseKind, cases
from ecluse.control.policies.services import change_wishes
from ecluse.control.tenants.models import Domain
from ecluse.wire.rates import OwnLimitTable, RateTable
from tests.contract.message_log.contract import outcome, recipient
from tests.control import cast
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
