"""Fourteen months of some clients, at whose evenings all must hold; and that a defect of each kind would have been seen."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import transaction
from django.db.models import F
from django_scopes import scope, scopes_disabled

from ecluse.control.abuse.models import Case, CaseKind, CaseNote
from ecluse.control.audit.models import Entry
from ecluse.control.billing.bank_lines import keep_rows
from ecluse.control.billing.bank_row import BankRow
from ecluse.control.billing.models import (
    BankLine,
    ComingLine,
    Invoice,
    InvoiceFile,
    InvoiceKind,
    LineKind,
    Notice,
    NoticeKind,
    Payment,
    Series,
)
from ecluse.control.contracts import life
from ecluse.control.contracts.models import Amendment, Contract, RefundRequest, RefundState, ServiceLetter, ToldChange
from ecluse.control.contracts.states import ContractState
from ecluse.control.mail.models import HeldMessage
from ecluse.control.privacy.taking_down import take_down
from ecluse.control.sla.models import Breach, MonthClosing
from ecluse.control.support.models import Charge, Ticket
from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.event import Ending, MessageEvent, RecipientEvent, Stage
from ecluse.domain.ids import new_id
from ecluse.domain.incoming import Direction
from ecluse.domain.queue import QueuedMessage, QueuedRecipient
from tests.control.emptying import empty
from tests.control.test_publications import url
from tests.simulate import desk_invariants as desk
from tests.simulate import invariants, money_and_people
from tests.simulate.company import OPERATOR
from tests.simulate.persons import REMINDED_AFTER
from tests.simulate.place import MEMORY, Place
from tests.simulate.spans import DAY, later
from tests.simulate.world import FIRST_DAY, Plan, World, created

pytestmark = pytest.mark.timeout(1_200)  # Two minutes on a quiet machine.
PLAN, MONTHS = Plan(seed="1", clients=10, whole_every=40), 14


@dataclass(frozen=True, slots=True)
class Lived:
    """A world, and what was wrong on the way."""

    world: World
    found: list[str]


@pytest.fixture(scope="module")
def lived(django_db_setup, django_db_blocker) -> Iterator[Lived]:
    with django_db_blocker.unblock(), tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        try:
            with created(Place(Path(folder), url()), PLAN) as world:
                yield Lived(world, _live(world))
        finally:
            empty()


def _live(world: World) -> list[str]:
    last = later(FIRST_DAY, MONTHS) - DAY
    while True:
        world.live()
        found = invariants.faults(world, is_last=world.today == last)
        if found or world.today == last:
            return found
        world.turn()


@pytest.mark.django_db  # Or else no database is made.
def test_fourteen_months_of_ten_clients_go_by_without_a_fault(lived):
    assert lived.found == []


def test_what_is_simulated_happens(world):
    """Or else nothing would have been looked at."""
    books, today = world.books, world.today
    known = list(books.contracts.values())
    assert any(each.current(today).number == 1 for each in known if not each.is_over(today))  # Renewed.
    assert any(each.leaves is not None and each.is_over(today) for each in known)
    assert any(each.over is not None for each in known)
    assert books.paid_late
    assert books.credited
    assert Notice.objects.filter(kind=NoticeKind.SUSPENSION, lifted_at__isnull=False).exists()
    assert {"availability", "verdicts"} <= set(Breach.objects.values_list("kind", flat=True))
    assert {each.kind for each in world.remedies.chosen.values()} == {"availability", "verdicts"}
    assert RefundRequest.objects.filter(state=RefundState.CREDITED).exists()
    assert any(each.answer for said in world.claims.said.values() for each in said)
    assert world.support.billed
    assert world.changes.amended
    assert any(count > 500 for count in world.abuse.busy.values())
    assert {"named", "amount-and-name"} <= set(world.bank.proposed)
    assert Payment.objects.filter(bank_line__isnull=False).exists()
    assert len(world.persons.gone) > 1
    assert max(each.reminders(today) for each in world.persons.asked.values()) == len(REMINDED_AFTER)


PLANTED: list[tuple[invariants.Invariant, Callable[[World], None]]] = []


def plant(invariant: invariants.Invariant) -> Callable[[Callable[[World], None]], Callable[[World], None]]:
    """A defect that this one must see."""

    def keep(defect: Callable[[World], None]) -> Callable[[World], None]:
        PLANTED.append((invariant, defect))
        return defect

    return keep


@plant(invariants.nothing_unexpected_was_seen)
def a_service_takes_what_it_should_refuse(world):
    with world.refused(ValueError, "it was taken"):
        pass


@plant(invariants.numbers_have_no_gap_and_follow_the_days)
def a_number_is_given_and_lost(_):
    Series.objects.filter(name="F2023").update(last=F("last") + 1)


@plant(invariants.numbers_have_no_gap_and_follow_the_days)
def a_number_is_dated_before_the_one_before_it(_):
    last = Invoice.objects.filter(series="F2023").order_by("number").last()
    Invoice.objects.filter(pk=last.pk).update(dated=FIRST_DAY)


@plant(invariants.balances_reconcile_to_the_cent)
def a_cent_too_much_is_written_down(_):
    Payment.objects.filter(pk=Payment.objects.first().pk).update(amount=F("amount") + Decimal("0.01"))


@plant(invariants.each_period_is_invoiced_once_on_its_day)
def a_period_is_left_out_and_another_invoiced(_):
    Invoice.objects.filter(pk=_first_invoice().pk).update(period_after=900)


@plant(invariants.each_period_is_invoiced_once_on_its_day)
def a_period_is_invoiced_days_later(_):
    row = _first_invoice()
    Invoice.objects.filter(pk=row.pk).update(dated=row.dated + 5 * DAY)


@plant(invariants.the_first_invoice_is_what_was_accepted)
def more_is_invoiced_than_was_accepted(_):
    Invoice.objects.filter(pk=_first_invoice().pk).update(net=F("net") + Decimal("0.01"))


@plant(invariants.each_credit_is_what_its_lines_say)
def more_is_given_back_than_its_lines_say(_):
    Invoice.objects.filter(kind=InvoiceKind.CREDIT_NOTE).update(gross=F("gross") + Decimal("0.01"))


@plant(invariants.whoever_has_a_contract_in_force_is_served_and_nobody_else)
def a_contract_ends_and_the_gateway_is_not_told(world):
    company = next(each for each in world.companies if each.is_served)
    with pytest.MonkeyPatch.context() as patch, scope(client=company.client):
        patch.setattr("ecluse.control.contracts.moves.tell_gateway", lambda *_: None)
        life.terminate(Contract.objects.get(pk=company.known.contract), "both want it", by=OPERATOR)
    world.books.contracts[company.known.contract] = replace(company.known, over=world.today)


@plant(invariants.whoever_has_a_contract_in_force_is_served_and_nobody_else)
def what_a_client_has_set_up_goes_with_its_contract(world):
    company = next(each for each in world.companies if each.is_served)
    with scope(client=company.client):
        life.terminate(Contract.objects.get(pk=company.known.contract), "both want it", by=OPERATOR)
        take_down(company.client, 2_000, by=OPERATOR)
    world.books.contracts[company.known.contract] = replace(company.known, over=world.today)


@plant(invariants.whoever_has_a_contract_in_force_is_served_and_nobody_else)
def what_a_client_has_set_up_stays_for_ever(world):
    company = next(each for each in world.companies if each.is_served)
    with scope(client=company.client):
        life.terminate(Contract.objects.get(pk=company.known.contract), "both want it", by=OPERATOR)
    world.books.contracts[company.known.contract] = replace(company.known, over=world.today - 200 * DAY)


@plant(invariants.no_contract_is_in_force_past_its_end)
def a_contract_goes_on_past_its_end(_):
    over = Contract.objects.filter(state=ContractState.ENDED).exclude(client__in=_clients_in_force()).first()
    Contract.objects.filter(pk=over.pk).update(state=ContractState.ACTIVE)


@plant(invariants.no_contract_is_in_force_past_its_end)
def a_contract_is_over_before_its_end(_):
    Contract.objects.filter(state=ContractState.ACTIVE).update(state=ContractState.ENDED)


@plant(invariants.contracts_are_renewed_by_twelve_months)
def a_contract_is_renewed_by_as_much_as_its_first_term(_):
    Contract.objects.filter(state=ContractState.ACTIVE, period_after__gt=0).update(period_months=24)


@plant(invariants.contracts_are_renewed_by_twelve_months)
def a_contract_is_renewed_too_early(_):
    Contract.objects.filter(state=ContractState.ACTIVE).update(period_after=F("period_after") + 12)


@plant(invariants.each_invoice_is_mailed_once)
def an_invoice_is_mailed_twice(world):
    row = _first_invoice()
    Invoice.objects.filter(pk=row.pk).update(sent_at=None)
    world.work(("invoices",))


@plant(invariants.each_invoice_is_mailed_once)
def an_invoice_is_said_to_be_mailed_and_is_not(world):
    world.mail.taken = [
        letter for letter in world.mail.taken if not letter.subject.endswith(_first_invoice().reference)
    ]


@plant(invariants.each_file_is_what_was_mailed)
def another_file_is_kept_than_was_mailed(world):
    world.mail.looked_at = 0
    InvoiceFile.objects.filter(invoice=_first_invoice()).update(sha256=hashlib.sha256(b"another").hexdigest())


@plant(invariants.each_notice_is_told_once)
def a_reminder_is_sent_twice(world):
    world.mail.taken += [letter for letter in world.mail.taken if not letter.has_file and "F2023-" in letter.subject][
        :1
    ]


@plant(invariants.each_claim_is_computed_again_from_what_stands_with_it)
def too_much_is_claimed_for_late_payment(_):
    ComingLine.objects.filter(kind=LineKind.LATE_PENALTY).update(net=F("net") + Decimal("0.01"))


@plant(invariants.no_letter_comes_twice)
def a_letter_comes_twice(world):
    world.mail.taken += world.mail.taken[-1:] * 2


@plant(invariants.no_body_is_older_than_thirty_days)
def a_body_is_forgotten_at_the_node(world):
    old = time.time() - 32 * invariants.DAY_S
    message = QueuedMessage(
        id=new_id(),
        direction=Direction.INBOUND,
        client="Client 000",
        destination="c000-0.example",
        received_at=old,
        queued_at=old,
        sender=Address("eve", "e.example"),
        is_sender_authenticated=False,
        recipients=(QueuedRecipient(Address("user0", "c000-0.example"), category="Q"),),
        is_held=True,
    )
    world.node.keep(message, MemoryContent(b"body"))


@plant(invariants.no_body_is_older_than_thirty_days)
def held_mail_is_forgotten_within_its_term(_):
    HeldMessage.objects.all().delete()


@plant(invariants.no_log_is_older_than_a_year)
def the_log_is_not_purged(world):
    at = time.time() - (invariants.LOG_DAYS + 2) * invariants.DAY_S
    world.node.log.close()  # What it reads may be of a month whose file is gone.
    one = RecipientEvent("user0@c000-0.example", Ending.RELAYED)
    world.node.log.append(
        [MessageEvent(id=_id_at(at), stage=Stage.OUTCOME, at=at, client="Client 000", recipients=(one,))]
    )
    world.node.logged.append((at, _id_at(at)))


@plant(invariants.no_log_is_older_than_a_year)
def the_log_is_purged_too_early(world):
    at = time.time() - (invariants.LOG_DAYS - 2) * invariants.DAY_S
    world.node.logged.append((at, _id_at(at)))


@plant(invariants.the_trail_verifies)
def an_entry_of_the_trail_is_changed(_):
    Entry.objects.filter(number=Entry.objects.order_by("number").last().number).update(action="something.else")


@plant(invariants.whatever_was_done_is_told_in_words)
def an_act_has_no_words(_):
    Entry.objects.filter(number=Entry.objects.order_by("number").last().number).update(action="something.new")


@plant(invariants.the_trail_verifies)
def the_trail_is_not_purged(world):
    Entry.objects.filter(number=Entry.objects.order_by("number").first().number).update(
        at=world.now - timedelta(days=400)
    )


@plant(desk.each_month_is_closed_once_its_claims_are_settled)
def a_month_is_left_open(world):
    world.work(("months",))
    world.worked = frozenset({"months"})
    MonthClosing.objects.filter(breaches=None).order_by("-month").first().delete()


@plant(desk.each_closed_month_is_what_happened)
def an_outage_is_a_minute_longer(world):
    row = MonthClosing.objects.filter(figures__services__has_key="inbound").order_by("-month").first()
    row.figures["services"]["inbound"]["down_s"] += 60
    MonthClosing.objects.filter(pk=row.pk).update(figures=row.figures, closed_at=world.now)


@plant(desk.each_closed_month_is_what_happened)
def what_was_broken_is_left_out(world):
    row = Breach.objects.filter(kind="availability").first().closing
    MonthClosing.objects.filter(pk=row.pk).update(figures=row.figures | {"broken": []}, closed_at=world.now)


@plant(desk.closed_months_are_computed_again_from_what_they_keep)
def a_closed_month_is_changed_with_its_figures(_):
    row = MonthClosing.objects.order_by("month").first()
    MonthClosing.objects.filter(pk=row.pk).update(inputs=row.inputs | {"viruses": {"1": 1}})


@plant(desk.closed_months_are_computed_again_from_what_they_keep)
def a_month_is_taken_out_of_the_chain(_):
    last = MonthClosing.objects.order_by("-month").first()
    MonthClosing.objects.filter(breaches=None, client=last.client, month__lt=last.month).last().delete()


@plant(desk.each_broken_promise_opens_one_choice_and_is_told_once)
def a_broken_promise_opens_no_choice(_):
    Breach.objects.filter(pk=Breach.objects.filter(choice="").first().pk).delete()


@plant(desk.each_broken_promise_opens_one_choice_and_is_told_once)
def a_choice_is_told_twice(world):
    _come_again(world, "/sla/breaches/")


@plant(desk.each_sla_credit_is_computed_again_from_its_frozen_month)
def a_cent_more_is_given_for_an_outage(_):
    ComingLine.objects.filter(kind=LineKind.SLA_CREDIT).update(net=F("net") - Decimal("0.01"))


@plant(desk.each_sla_credit_is_computed_again_from_its_frozen_month)
def a_credit_is_given_that_nobody_chose(_):
    row = ComingLine.objects.filter(kind=LineKind.SLA_CREDIT).first()
    ComingLine.objects.filter(pk=row.pk).update(source="sla:nobody's")


@plant(desk.each_refund_is_of_the_months_not_begun)
def a_cent_too_little_is_given_back(world):
    row = RefundRequest.objects.filter(state=RefundState.CREDITED).first()
    note = world.invoice(row.credit_notes[0])
    Invoice.objects.filter(pk=note.pk).update(net=F("net") - Decimal("0.01"))


@plant(desk.each_amendment_is_invoiced_once_for_the_months_left)
def an_amendment_is_paid_for_a_month_more(_):
    Amendment.objects.filter(state="begun").update(months=F("months") + 1)


@plant(desk.each_amendment_is_invoiced_once_for_the_months_left)
def an_amendment_is_forgotten(_):
    Amendment.objects.filter(state="begun").update(invoice="")


@plant(desk.each_change_is_told_to_each_owner_once)
def a_contract_is_left_out_of_a_change(_):
    ToldChange.objects.filter(pk=ToldChange.objects.first().pk).delete()


@plant(desk.each_change_is_told_to_each_owner_once)
def a_change_is_told_twice(world):
    _come_again(world, "/contract/")


@plant(desk.what_happens_to_a_service_is_told_once)
def an_end_is_not_told(_):
    ServiceLetter.objects.filter(pk=ServiceLetter.objects.filter(event="ends").first().pk).delete()


@plant(desk.requests_beyond_the_quota_are_asked_about_and_billed_once)
def a_request_within_the_quota_is_asked_about(_):
    Ticket.objects.filter(pk=Ticket.objects.filter(charge=Charge.NONE).first().pk).update(charge=Charge.ASKED)


@plant(desk.requests_beyond_the_quota_are_asked_about_and_billed_once)
def a_request_is_billed_at_another_price(_):
    ComingLine.objects.filter(kind=LineKind.SUPPORT).update(net=F("net") + 1)


@plant(desk.each_answer_is_mailed_once)
def an_answer_is_mailed_twice(world):
    _come_again(world, "/support/")


@plant(desk.who_sends_too_much_on_a_day_is_a_case_once)
def a_busy_day_is_no_case(_):
    CaseNote.objects.filter(case__kind=CaseKind.VOLUME).delete()


@plant(desk.each_lock_is_told_once_and_in_force_as_long_as_it_is)
def a_lock_is_told_twice(world):
    _come_again(world, "/sending/locks")


@plant(desk.each_lock_is_told_once_and_in_force_as_long_as_it_is)
def a_lock_is_lifted_here_and_not_at_the_node(world):
    lock = replace(next(iter(world.abuse.locks.all())), id="another", name="x", until=0.0, lifted_at=0.0)
    world.abuse.locks.put(lock)


@plant(money_and_people.each_line_of_the_bank_is_booked_once)
def a_line_of_the_bank_is_kept_twice(world):
    row = BankLine.objects.filter(applied_at__isnull=False).first()
    keep_rows([BankRow(row.booked_on, row.label, row.amount, "of another import")], by=OPERATOR)


@plant(money_and_people.each_line_of_the_bank_is_booked_once)
def a_cent_of_a_line_is_lost(_):
    row = Payment.objects.filter(bank_line__isnull=False).first()
    Payment.objects.filter(pk=row.pk).update(amount=F("amount") - Decimal("0.01"))


@plant(money_and_people.what_people_ask_is_answered_and_reminded_of)
def a_request_is_reminded_of_once_more(world):
    _come_again(world, "/provider/rights/")


@plant(money_and_people.who_was_erased_is_found_nowhere)
def somebody_writes_down_who_was_erased(world):
    case = Case.objects.filter(kind=CaseKind.OTHER).first()
    case.notes.create(by="op", at=world.now, text=f"It was {next(iter(world.persons.gone))}.")


@plant(money_and_people.who_was_erased_is_found_nowhere)
def a_log_is_kept_of_who_was_erased(world):
    address, gone = next(iter(world.persons.gone.items()))
    world.persons.gone[address] = replace(gone, at=gone.at - timedelta(days=2_000))
    world.node.log.append([world.persons.logged(gone.client, address)])


def _come_again(world: World, page: str) -> None:
    """A letter that leads there is delivered a second time."""
    letter = next(each for each in world.mail.taken if not each.has_file and page in each.words)
    world.mail.taken.append(letter)
    world.deliver()


@pytest.fixture
def world(lived, django_db_blocker) -> Iterator[World]:
    """As it was lived; what is planted goes again."""
    world = lived.world
    kept = (list(world.mail.taken), world.mail.looked_at, dict(world.books.contracts), list(world.node.logged))
    told, worked, delivered = Counter(world.told), world.worked, world.delivered
    gone = dict(world.persons.gone)
    with django_db_blocker.unblock():
        with transaction.atomic(), scopes_disabled():
            yield world
            transaction.set_rollback(True)
        world.mail.taken, world.mail.looked_at, world.books.contracts, world.node.logged = kept
        world.told, world.worked, world.delivered, world.persons.gone = told, worked, delivered, gone
        world.abuse.forget("another")
        world.node.keep_house()


@pytest.mark.parametrize(("invariant", "defect"), PLANTED, ids=[defect.__name__ for _, defect in PLANTED])
def test_a_defect_is_seen(world, invariant, defect):
    assert invariants.found_by([invariant], world) == []
    defect(world)
    assert invariants.found_by([invariant], world)


def test_nothing_that_was_planted_stays(world):
    assert invariants.faults(world, is_last=True) == []


def test_every_invariant_has_a_defect_that_it_sees():
    assert {*invariants.ALL, *invariants.SELDOM} == {invariant for invariant, _ in PLANTED}


def _first_invoice() -> Invoice:
    return (
        Invoice.objects.filter(kind=InvoiceKind.INVOICE, period_after=0, sent_at__isnull=False).order_by("pk").first()
    )


def _clients_in_force():
    return Contract.objects.filter(state=ContractState.ACTIVE).values("client")


def _id_at(at: float) -> str:
    return f"{int(at * 1_000):012x}7{0:03x}8{0:015x}"
