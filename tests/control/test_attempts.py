"""One row that fails keeps no other waiting, and is not tried without a pause; a letter goes out once, whatever happens to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import OperationalError
from django_scopes import scope, scopes_disabled
from structlog.testing import capture_logs

from ecluse.control.attempts.letters import Steps, send_once
from ecluse.control.attempts.models import Attempt
from ecluse.control.attempts.rows import IN_HAND_FOR, for_each, forget_old, put_off, ready
from ecluse.control.billing import copies, files, invoices
from ecluse.control.billing.models import Invoice
from ecluse.control.contracts.models import Contract
from ecluse.control.operation.put_off import rows_put_off, try_again
from ecluse.control.tenants.models import Client
from ecluse.domain.errors import Impossible, Refused, Unavailable
from tests.control.billed import begun_contract
from tests.control.cast import OPERATOR, client

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 31, 11, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WORK = "do it"


@pytest.fixture
def rows():
    return [client(name) for name in ("One", "Two", "Three")]


def test_a_row_that_fails_is_put_off_and_the_others_are_done(rows):
    done, breaks = [], True

    def do(row):
        if row == rows[1] and breaks:
            raise ZeroDivisionError("what is said of it is in the traceback alone")
        done.append(row.name)
        return 1

    with capture_logs() as logs:
        assert for_each(WORK, rows, do, NOW) == 2
    (said,) = logs
    assert (said["event"], said["row"], said["problem"]) == (
        "row put off",
        f"tenants.client:{rows[1].pk}",
        "ZeroDivisionError",
    )
    assert done == ["One", "Three"]
    assert put_off(NOW) == {WORK: 1}
    # 1, 2, 4 minutes; a day at last.
    attempt = Attempt.objects.get()
    for pause in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440):
        assert attempt.next_at - attempt.at == pause * MINUTE
        assert rows[1] not in ready(WORK, Client.objects.all(), attempt.next_at - MINUTE / 60)
        assert for_each(WORK, rows[1:2], do, attempt.next_at - MINUTE / 60) == 0
        assert Attempt.objects.get().times == attempt.times
        for_each(WORK, rows[1:2], do, attempt.next_at)
        attempt.refresh_from_db()
    breaks = False
    assert for_each(WORK, ready(WORK, Client.objects.all(), attempt.next_at), do, attempt.next_at) == 3
    assert put_off(NOW) == {}


@pytest.mark.parametrize("problem", [Unavailable("away"), OperationalError("away"), OSError("no room")])
def test_what_is_away_for_all_of_them_is_no_fault_of_a_row(rows, problem):
    def do(_):
        raise problem

    with pytest.raises(type(problem)):
        for_each(WORK, rows, do, NOW)
    assert not Attempt.objects.exists()


def test_attempts_of_rows_that_are_gone_are_forgotten(rows):
    for_each(WORK, rows[:1], lambda _: 1 // 0, NOW)
    forget_old(NOW + 6 * DAY)
    assert Attempt.objects.exists()
    forget_old(NOW + 8 * DAY)
    assert not Attempt.objects.exists()


@pytest.mark.parametrize(
    ("problem", "went", "noted"),
    [(None, True, ["sent"]), (Refused("no"), False, ["refused"]), (Unavailable("away"), False, [])],
)
def test_a_letter_is_claimed_sent_and_noted(rows, problem, went, noted):
    found = []

    def send():
        assert Attempt.objects.get().next_at is None  # In hand: nobody else sends it.
        assert send_once(WORK, rows[0], steps(lambda: found.append("twice"), found), NOW) is False
        if problem is not None:
            raise problem

    assert send_once(WORK, rows[0], steps(send, found), NOW) is went
    assert found == noted
    assert not Attempt.objects.exists()


def steps(send, found, *, is_due=True):
    return Steps(lambda: is_due, send, lambda: found.append("sent"), lambda: found.append("refused"))


def test_what_another_worker_has_sent_meanwhile_is_not_sent_again(rows):
    found = []
    assert send_once(WORK, rows[0], steps(lambda: found.append("twice"), found, is_due=False), NOW) is False
    assert (found, Attempt.objects.count()) == ([], 0)


@pytest.fixture
def drawn():
    """Two invoices that wait for their copies."""
    with time_machine.travel(datetime(2026, 1, 20, 11, tzinfo=UTC), tick=False) as clock:
        for name in ("One", "Two"):
            begun_contract(name)
        clock.move_to(NOW)
        invoices.issue_due(NOW)
        files.make_files(lambda _: b"%PDF of it")
        with scopes_disabled():
            yield list(Invoice.objects.select_related("client").order_by("pk"))


def test_one_contract_that_cannot_be_invoiced_keeps_no_other_from_it():
    with time_machine.travel(datetime(2026, 1, 20, 11, tzinfo=UTC), tick=False):
        broken, _ = begun_contract("One"), begun_contract("Two")
    with scope(client=broken.client):
        Contract.objects.filter(pk=broken.pk).update(time_zone="Nowhere/Land")
    assert invoices.issue_due(NOW) == 1
    for _ in range(2):  # And so it is not renewed, nor while it waits to be looked at once more.
        assert invoices.unbilled(NOW) == {broken.pk}
    assert put_off(NOW)["invoice a period"] == 1


def test_a_letter_that_fails_otherwise_than_foreseen_is_put_back_and_the_next_one_goes(drawn):
    first, second = drawn
    sent = []

    def send(copy):
        if copy.reference == first.reference:
            raise UnicodeEncodeError("ascii", "é", 0, 1, "no such address")
        sent.append(copy.reference)

    assert copies.send_copies(NOW, send) == 1
    assert sent == [second.reference]
    first.refresh_from_db()
    assert first.sent_at is None
    assert copies.send_copies(NOW + 2 * MINUTE, lambda copy: sent.append(copy.reference)) == 1
    assert sent == [second.reference, first.reference]


def test_a_letter_whose_worker_was_killed_waits_for_a_person(drawn):
    first, _ = drawn
    # As a worker leaves it that is killed at this moment.
    Attempt.objects.create(work="send a copy", row=f"billing.invoice:{first.pk}", at=NOW, next_at=None)
    sent = []
    assert copies.send_copies(NOW + DAY, lambda copy: sent.append(copy.reference)) == 1
    assert first.reference not in sent
    assert (rows_put_off(NOW + IN_HAND_FOR), put_off(NOW + IN_HAND_FOR)) == ([], {})  # In hand: nobody needs to look.
    assert put_off(NOW + IN_HAND_FOR + MINUTE) == {"send a copy": 1}
    (row,) = rows_put_off(NOW + IN_HAND_FOR + MINUTE)
    assert try_again(row.pk, NOW, by=OPERATOR) is False  # Somebody may still be at it.
    assert try_again(row.pk, NOW + DAY, by=OPERATOR) is True
    assert copies.send_copies(NOW + DAY, lambda copy: sent.append(copy.reference)) == 1
    assert first.reference in sent


def test_6_6_a_second_copy_is_no_second_receipt(drawn):
    first, _ = drawn
    with scope(client=first.client):
        assert copies.send_copies(NOW, lambda _: None) == 2
        first.refresh_from_db()
        due = invoices.due_day(first)
        copies.send_again(first, by=OPERATOR)
        with pytest.raises(Impossible):
            copies.send_again(first, by=OPERATOR)
        sent = []

        def away(_):
            raise Unavailable("away")

        copies.send_copies(NOW + DAY, away)  # What was ordered stays so.
        for _ in range(2):
            copies.send_copies(NOW + 10 * DAY, lambda copy: sent.append(copy.reference))
        first.refresh_from_db()
        assert sent == [first.reference]
        assert invoices.due_day(first) == due
        invoices.receive(first, (NOW + 11 * DAY).date(), by=OPERATOR)  # Who knows better says so.
        assert invoices.due_day(first) > due


def test_a_second_copy_that_failed_is_tried_again_and_not_forgotten(drawn):
    first, _ = drawn
    sent = []
    with scope(client=first.client):
        copies.send_copies(NOW, lambda _: None)
        copies.send_again(first, by=OPERATOR)
        copies.send_copies(NOW, lambda _: 1 // 0)
        (row,) = rows_put_off(NOW)
        assert try_again(row.pk, NOW, by=OPERATOR) is True
        assert rows_put_off(NOW) == []
        copies.send_copies(NOW, lambda copy: sent.append(copy.reference))
    assert sent == [first.reference]


def test_a_second_copy_goes_once_where_two_workers_have_looked_it_up(drawn):
    first, second = drawn
    sent, is_first = [], True

    def send(copy):
        nonlocal is_first
        if is_first:  # Another worker has both in its list, too, and is faster.
            is_first = False
            copies.send_copies(NOW, lambda other: sent.append(other.reference))
        sent.append(copy.reference)

    with scopes_disabled():
        copies.send_copies(NOW, lambda _: None)
        for each in (first, second):
            each.refresh_from_db()
            copies.send_again(each, by=OPERATOR)
        copies.send_copies(NOW, send)
    assert sorted(sent) == sorted([first.reference, second.reference])


def test_what_a_worker_has_in_hand_is_not_released(drawn):
    first, _ = drawn
    Attempt.objects.create(work="send a copy", row=f"billing.invoice:{first.pk}", at=NOW, next_at=None)
    with scope(client=first.client):
        with pytest.raises(Impossible):
            copies.send_again(first, by=OPERATOR)
        with time_machine.travel(NOW + 2 * IN_HAND_FOR, tick=False):
            copies.send_again(first, by=OPERATOR)
    assert not Attempt.objects.exists()
