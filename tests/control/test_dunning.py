"""The ladder of what is not paid: each notice once, by a person's yes where it cuts off, and off it when it is paid (6-9, 6-10)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.change import change
from ecluse.control.audit.queries import entries
from ecluse.control.billing import advances, dunning, invoices
from ecluse.control.billing.invoices import Received
from ecluse.control.billing.models import Notice, NoticeKind
from ecluse.control.contracts import life, notice_address
from ecluse.control.contracts.models import Contract, ServiceLetter
from ecluse.domain.errors import Impossible, Refused, Unavailable
from tests.control import billed
from tests.control.billed import begun_contract, received_invoice
from tests.control.cast import OPERATOR, person

START = datetime(2026, 1, 20, 11, tzinfo=UTC)
DUE = date(2026, 3, 4)
KINDS = [NoticeKind.REMINDER, NoticeKind.FORMAL_NOTICE, NoticeKind.SUSPENSION, NoticeKind.TERMINATION]


def fails(problem):
    """A mail server that does."""

    def send(_told):
        raise problem

    return send


class Desk:
    """The jobs, day by day, and what they sent."""

    def __init__(self, clock):
        self.clock, self.told, self.copied = clock, [], []

    def send(self, told):
        self.told.append(told)

    def day(self, days_late):
        """The jobs at noon of that day; which rungs there are then."""
        now = datetime(DUE.year, DUE.month, DUE.day, 11, tzinfo=UTC) + timedelta(days=days_late)
        self.clock.move_to(now)
        dunning.climb(now)
        dunning.tell_due(now, self.send)
        dunning.tell_elsewhere(now, self.copied.append)
        dunning.lift_paid(now)
        return list(Notice.objects.values_list("kind", flat=True))

    @property
    def kinds(self):
        return [each.kind for each in self.told]


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def contract(db, clock):
    made = begun_contract()
    with scope(client=made.client):
        yield made


@pytest.fixture
def invoice(contract, clock):
    return received_invoice(clock)


@pytest.fixture
def desk(invoice, clock):
    return Desk(clock)


def pay(invoice, day, amount="407.52"):
    billed.pay(invoice, day, amount)


def notice(kind):
    return Notice.objects.get(kind=kind)


def state(contract):
    return Contract.objects.get(pk=contract.pk).state


def climbed_to_suspension(desk):
    desk.day(3)
    desk.day(6)
    dunning.approve(notice(NoticeKind.FORMAL_NOTICE), "1A 234", by=OPERATOR)
    desk.day(6)
    desk.day(15)
    dunning.approve(notice(NoticeKind.SUSPENSION), "", by=OPERATOR)
    desk.day(15)


def test_6_9_6_10_the_whole_ladder(desk, contract):
    assert [desk.day(each) for each in (0, 1, 2)] == [[], [], []]
    assert (desk.day(3), desk.kinds) == (KINDS[:1], KINDS[:1])  # By itself.
    assert desk.day(5) == KINDS[:1]
    assert (desk.day(6), desk.kinds) == (KINDS[:2], KINDS[:1])  # Waits for a person.
    assert desk.day(40) == KINDS[:2]
    dunning.approve(notice(NoticeKind.FORMAL_NOTICE), " 1A 234 ", by=OPERATOR)
    assert (desk.day(41), desk.kinds[1:], desk.told[1].letter) == (KINDS[:2], KINDS[1:2], "1A 234")
    assert (desk.day(49), desk.day(50)) == (KINDS[:2], KINDS[:3])  # Eight days to pay.
    assert state(contract) == "active"
    dunning.approve(notice(NoticeKind.SUSPENSION), "", by=OPERATOR)
    assert state(contract) == "suspended"
    assert (desk.day(50), desk.day(51)) == (KINDS[:3], KINDS)
    dunning.approve(notice(NoticeKind.TERMINATION), "", by=OPERATOR)
    assert state(contract) == "terminated"
    assert (desk.day(52), desk.day(99), desk.kinds) == (KINDS, KINDS, KINDS)


def test_each_notice_is_told_once_with_what_is_owed(desk, invoice):
    pay(invoice, DUE, "7.52")
    for _ in range(3):
        desk.day(3)
    (told,) = desk.told
    assert (told.reference, told.left, told.due) == ("F2026-00001", Decimal("400.00"), DUE)
    assert told.penalties == Decimal("0.40")  # 400.00 EUR at 12.15 % for three days.
    assert (told.recipient, told.letter) == ("compta@one.example", "")


def test_6_10_no_termination_before_fifteen_days_have_gone_by(desk):
    climbed_to_suspension(desk)
    assert desk.day(15) == KINDS[:3]
    assert desk.day(16) == KINDS


def test_what_is_paid_climbs_no_further(desk, invoice, contract):
    desk.day(3)
    desk.day(6)
    pay(invoice, DUE + timedelta(days=6))
    assert [desk.day(each) for each in (7, 60)] == [KINDS[:2], KINDS[:2]]
    assert dunning.notices_waiting(DUE) == []
    with pytest.raises(Impossible):
        dunning.approve(notice(NoticeKind.FORMAL_NOTICE), "", by=OPERATOR)
    assert (desk.kinds, state(contract)) == (KINDS[:1], "active")


def test_a_proposal_is_refused_at_once_when_it_was_paid_before_the_job_saw(desk, invoice):
    desk.day(3)
    desk.day(6)
    pay(invoice, DUE + timedelta(days=6))
    with pytest.raises(Impossible, match="paid"):
        dunning.approve(notice(NoticeKind.FORMAL_NOTICE), "", by=OPERATOR)


def test_what_was_approved_is_not_told_once_it_is_paid(desk, invoice):
    desk.day(3)
    desk.day(6)
    dunning.approve(notice(NoticeKind.FORMAL_NOTICE), "", by=OPERATOR)
    pay(invoice, DUE + timedelta(days=6))
    desk.day(6)
    assert desk.kinds == KINDS[:1]


def test_6_9_full_payment_lifts_the_suspension_and_less_does_not(desk, invoice, contract):
    person("olive@one.example", Role.OWNER, contract.client)
    climbed_to_suspension(desk)
    pay(invoice, DUE, "407.51")
    desk.day(15)
    assert state(contract) == "suspended"
    pay(invoice, DUE, "0.01")
    desk.day(15)
    assert (state(contract), notice(NoticeKind.SUSPENSION).lifted_at is None) == ("active", False)
    assert {each.action for each in entries(contract.client_id)} >= {"notice.approved", "notice.lifted", "notice.told"}
    # The notice itself has told of the suspension.
    assert [each.event for each in ServiceLetter.objects.all()] == ["resumed"]


def test_a_suspension_for_another_reason_stays(desk, invoice, contract):
    climbed_to_suspension(desk)
    life.resume(Contract.objects.get(pk=contract.pk), by=OPERATOR)
    desk.clock.move_to(datetime(2026, 3, 25, tzinfo=UTC))
    life.suspend(Contract.objects.get(pk=contract.pk), "abuse (3-12)", by=OPERATOR)
    pay(invoice, DUE)
    desk.day(30)
    assert state(contract) == "suspended"


def test_without_a_formal_notice_nobody_is_cut_off(desk, contract):
    desk.day(3)
    desk.day(6)
    dunning.decline(notice(NoticeKind.FORMAL_NOTICE), "we agreed upon May", by=OPERATOR)
    assert (desk.day(90), state(contract)) == (KINDS[:2], "active")
    assert dunning.notices_waiting(DUE) == []


def test_who_is_suspended_for_abuse_has_the_same_days_before_termination(desk, contract):
    desk.day(3)
    desk.day(20)
    life.suspend(Contract.objects.get(pk=contract.pk), "abuse", by=OPERATOR)
    dunning.approve(notice(NoticeKind.FORMAL_NOTICE), "1A", by=OPERATOR)
    desk.day(20)
    assert (desk.day(28), desk.day(29)) == (KINDS[:2], [*KINDS[:2], KINDS[3]])


def test_a_contract_that_is_over_is_not_cut_off_again(desk, contract):
    desk.day(3)
    desk.day(6)
    dunning.approve(notice(NoticeKind.FORMAL_NOTICE), "1A", by=OPERATOR)
    desk.day(6)
    life.terminate(Contract.objects.get(pk=contract.pk), "both want it", by=OPERATOR)
    assert desk.day(60) == KINDS[:2]


def test_an_answer_is_given_once(desk):
    desk.day(3)
    desk.day(6)
    row = notice(NoticeKind.FORMAL_NOTICE)
    with pytest.raises(Impossible):
        dunning.decline(row, " ", by=OPERATOR)
    dunning.approve(row, "", by=OPERATOR)
    for again in (dunning.approve, dunning.decline):
        with pytest.raises(Impossible):
            again(row, "x", by=OPERATOR)


@pytest.mark.parametrize(("problem", "refused"), [(Unavailable, False), (Refused, True)])
def test_a_server_that_is_away_is_asked_again_and_one_that_refuses_is_not(desk, problem, refused):
    def fail(_told):
        raise problem("no")

    desk.send, send = fail, desk.send
    desk.day(3)
    desk.send = send
    desk.day(3)
    assert len(desk.told) == (0 if refused else 1)
    assert (notice(NoticeKind.REMINDER).refused_at is not None) is refused
    assert desk.day(6) == KINDS[:2]  # Somebody looks at it then, whichever it was.


def test_6_9_a_formal_notice_that_no_server_took_has_warned_nobody(desk, contract):
    def refuse(_told):
        raise Refused("no")

    desk.day(3)
    desk.day(6)
    desk.send = refuse
    dunning.approve(notice(NoticeKind.FORMAL_NOTICE), "", by=OPERATOR)
    desk.day(6)
    assert (desk.day(60), desk.kinds) == (KINDS[:2], KINDS[:1])
    assert [each.kind for each, _ in dunning.notices_waiting(DUE)] == [NoticeKind.FORMAL_NOTICE]  # It waits once more.
    dunning.approve(notice(NoticeKind.FORMAL_NOTICE), "1A 234", by=OPERATOR)
    assert (desk.day(60), desk.day(68), desk.day(69)) == (KINDS[:2], KINDS[:2], KINDS[:3])  # By post.
    assert (desk.kinds, dunning.notices_waiting(DUE)[0][0].kind) == (KINDS[:1], NoticeKind.SUSPENSION)


def test_a_formal_notice_that_no_server_took_goes_to_another_address(desk):
    def refuse(_told):
        raise Refused("no")

    desk.day(3)
    desk.day(6)
    desk.send, send = refuse, desk.send
    dunning.approve(notice(NoticeKind.FORMAL_NOTICE), "", by=OPERATOR)
    desk.day(6)
    desk.send = send
    dunning.approve(notice(NoticeKind.FORMAL_NOTICE), "", by=OPERATOR)
    desk.day(7)
    assert (desk.kinds, notice(NoticeKind.FORMAL_NOTICE).refused_at) == (KINDS[:2], None)


def test_a_formal_notice_that_waits_once_more_is_dropped_when_it_is_paid(desk, invoice):
    def refuse(_told):
        raise Refused("no")

    desk.day(3)
    desk.day(6)
    desk.send = refuse
    dunning.approve(notice(NoticeKind.FORMAL_NOTICE), "", by=OPERATOR)
    desk.day(6)
    pay(invoice, DUE + timedelta(days=6))
    desk.day(7)
    assert dunning.notices_waiting(DUE) == []


def test_whose_contract_was_terminated_is_told_whatever_it_paid_since(desk, invoice, contract):
    climbed_to_suspension(desk)
    desk.day(16)
    dunning.approve(notice(NoticeKind.TERMINATION), "", by=OPERATOR)
    pay(invoice, DUE + timedelta(days=16))
    desk.day(16)
    assert (state(contract), desk.kinds, desk.told[-1].left) == ("terminated", KINDS, 0)


def test_nobody_is_told_of_a_suspension_that_is_over(desk, invoice, contract):
    desk.day(3)
    desk.day(6)
    dunning.approve(notice(NoticeKind.FORMAL_NOTICE), "1A 234", by=OPERATOR)
    desk.day(6)
    desk.day(15)
    dunning.approve(notice(NoticeKind.SUSPENSION), "", by=OPERATOR)
    pay(invoice, DUE + timedelta(days=15))
    desk.day(15)  # Served again before it was told.
    invoices.take_back(invoice, Received(Decimal("407.52"), DUE + timedelta(days=16), "cheque"), by=OPERATOR)
    assert (desk.day(17), desk.kinds, state(contract)) == (KINDS, KINDS[:2], "active")


def test_who_has_paid_in_advance_is_neither_reminded_nor_cut_off(desk, invoice, contract):
    with change(by=OPERATOR) as act:
        advances.keep(act, contract.client, Decimal("407.51"), Received(Decimal("407.51"), DUE, "transfer"))
    assert desk.day(3) == KINDS[:1]  # Not enough.
    desk.day(6)
    with change(by=OPERATOR) as act:
        advances.keep(act, contract.client, Decimal("0.01"), Received(Decimal("0.01"), DUE, "transfer"))
    with pytest.raises(Impossible):
        dunning.approve(notice(NoticeKind.FORMAL_NOTICE), "1A", by=OPERATOR)
    Notice.objects.all().delete()
    assert desk.day(40) == []


def test_each_rung_is_told_once_more_at_the_address_elsewhere_and_no_letter_besides(desk, contract, invoice):
    person("olive@one.example", Role.OWNER, contract.client)
    notice_address.set_notice_address(contract.client, "boss@far.example", by=OPERATOR)
    climbed_to_suspension(desk)
    desk.day(16)
    dunning.approve(notice(NoticeKind.TERMINATION), "", by=OPERATOR)
    notice_address.set_notice_address(contract.client, "Compta@one.example", by=OPERATOR)
    desk.day(17)  # There it is read already.
    assert (desk.kinds, [each.kind for each in desk.copied]) == (KINDS, KINDS[:3])
    assert {each.recipient for each in desk.copied} == {"boss@far.example"}
    assert not ServiceLetter.objects.exists()
    assert [each.action for each in entries(contract.client_id)].count("notice.told-elsewhere") == 3


def test_a_copy_waits_for_the_server_and_goes_where_the_first_was_refused(desk, contract):
    notice_address.set_notice_address(contract.client, "boss@far.example", by=OPERATOR)
    now = datetime(2026, 3, 7, 11, tzinfo=UTC)
    desk.clock.move_to(now)
    dunning.climb(now)
    dunning.tell_due(now, fails(Refused("no")))
    assert dunning.tell_elsewhere(now, fails(Unavailable("away"))) == 0
    assert dunning.tell_elsewhere(now, fails(Refused("no"))) == 0
    assert dunning.tell_elsewhere(now, desk.send) == 0
    assert notice(NoticeKind.REMINDER).copy_refused_at == now
