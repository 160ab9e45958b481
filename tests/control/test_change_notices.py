"""The provider changes something: clients are told once, may leave in time, and are given back what has not begun (3-8, 6-11)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django_scopes import scope, scopes_disabled

from ecluse.control.accounts.models import Membership, User
from ecluse.control.accounts.roles import Role
from ecluse.control.attempts.models import Attempt
from ecluse.control.attempts.rows import key_of
from ecluse.control.billing import invoices
from ecluse.control.billing.amendment_invoices import issue_due_amendments
from ecluse.control.billing.models import Invoice
from ecluse.control.billing.refund_notes import credit_refunds
from ecluse.control.billing.totals import STANDARD_RATE, Line, Vat, VatCategory
from ecluse.control.contracts import amendments, catalogue, change_notices, life, offers, refund_requests
from ecluse.control.contracts.amendments import Wish
from ecluse.control.contracts.change_notices import ChangeTerms
from ecluse.control.contracts.models import ChangeLetter, Contract, RefundRequest, ToldChange
from ecluse.control.contracts.price_grid import Bundle
from ecluse.control.contracts.prices import Ordered
from ecluse.control.contracts.refund_requests import Cause, Event
from ecluse.control.contracts.states import OutOfTurn
from ecluse.domain.errors import Impossible, Refused, Unavailable
from tests.control.billed import begun_contract
from tests.control.cast import ADMIN, OPERATOR

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 20, 11, tzinfo=UTC)
EFFECTIVE = date(2026, 6, 1)


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def contract(clock):
    """28.30 EUR a month from 20 January, invoiced."""
    made = begun_contract()
    with scope(client=made.client):
        invoices.issue_due(datetime(2026, 2, 1, tzinfo=UTC))
        clock.move_to(datetime(2026, 4, 10, 11, tzinfo=UTC))
        yield made


def said(**more):
    values = {"title": "Dearer", "text_fr": "Plus cher.", "text_en": "Dearer.", "is_unfavourable": True}
    return ChangeTerms(**{**values, "effective_on": EFFECTIVE, **more})


def told(contract, **more):
    change_notices.publish_change(said(**more), by=OPERATOR)
    [found] = change_notices.told_to(contract)
    return found


def owner(client, name="olive", language=""):
    user = User.objects.create_user(f"{name}@{client.name.lower()}.example", language=language)
    Membership.objects.create(user=user, client=client, role=Role.OWNER)
    return user


def at(day, hour=12):
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def notes():
    return list(Invoice.objects.filter(kind="381").order_by("pk"))


def test_3_8_each_owner_of_each_client_in_force_is_written_to_once(contract):
    olive, paul = owner(contract.client), owner(contract.client, "paul", "en")
    two = begun_contract("Two")
    owner(two.client)
    with scope(client=two.client):
        life.terminate(two, "both want it", by=OPERATOR)
    change_notices.publish_change(said(), by=OPERATOR)
    sent = []
    assert change_notices.send_letters(START, sent.append) == 2
    assert change_notices.send_letters(START, sent.append) == 0
    assert [(each.recipient, each.language) for each in sent] == [(olive.email, "fr"), (paul.email, "en")]
    assert contract.moves.last().what == "change-told"


def test_a_letter_that_cannot_go_is_tried_again_and_one_that_is_refused_is_not(contract):
    owner(contract.client)
    change_notices.publish_change(said(), by=OPERATOR)

    def away(_):
        raise Unavailable("away")

    def refuse(_):
        raise Refused("no")

    assert change_notices.send_letters(START, away) == 0
    assert ChangeLetter.objects.get().sent_at is None
    assert change_notices.send_letters(START, refuse) == 0
    assert change_notices.send_letters(START, [].append) == 0
    assert ChangeLetter.objects.get().refused_at == START


@pytest.mark.parametrize("lacking", [{"title": " "}, {"text_fr": ""}, {"text_en": " "}, {"text_en": "x" * 20_001}])
def test_a_change_is_said_in_both_languages(contract, lacking):
    with pytest.raises(Impossible):
        change_notices.publish_change(said(**lacking), by=OPERATOR)


def test_3_8_who_leaves_for_it_is_given_back_the_months_not_begun(contract, clock):
    row = change_notices.leave(told(contract), leaves_on=date(2026, 4, 10), by=ADMIN)
    contract.refresh_from_db()
    assert (contract.state, row.state, row.net) == ("terminated", "due", Decimal("254.70"))  # 9 of 12 months.
    assert credit_refunds(datetime.now(UTC)) == 1
    assert credit_refunds(datetime.now(UTC)) == 0
    [note] = notes()
    assert (note.net, note.gross, note.dated) == (Decimal("254.70"), Decimal("305.64"), date(2026, 4, 10))
    row.refresh_from_db()
    assert (row.state, row.credit_notes) == ("credited", [note.reference])
    assert [each.what for each in contract.moves.all()][-3:] == ["leaves", "terminate", "refunded"]


def test_3_8_a_client_names_the_day_on_which_it_leaves(contract, clock):
    change_notices.leave(told(contract), leaves_on=date(2026, 5, 20), by=ADMIN)
    clock.move_to(at(date(2026, 5, 19)))
    assert refund_requests.leave_due(datetime.now(UTC)) == 0
    contract.refresh_from_db()
    assert contract.state == "active"
    clock.move_to(at(date(2026, 5, 20)))
    assert refund_requests.leave_due(datetime.now(UTC)) == 1
    assert refund_requests.leave_due(datetime.now(UTC)) == 0
    contract.refresh_from_db()
    assert contract.state == "terminated"
    assert RefundRequest.objects.get().net == Decimal("28.30") * 7  # The month that begins that day has begun.


@pytest.mark.parametrize(
    ("day", "is_in_time"),
    [
        (date(2026, 4, 9), False),  # Not known yet.
        (date(2026, 4, 10), True),
        (date(2026, 6, 1), True),
        (date(2026, 7, 1), True),  # A month after it took effect, that day included.
        (date(2026, 7, 2), False),
    ],
)
def test_6_11_it_is_asked_for_within_a_month(contract, clock, day, is_in_time):
    found = told(contract)
    assert change_notices.may_leave(found, day) is is_in_time
    event = change_notices.event_of(found)
    clock.move_to(at(day))
    if is_in_time:
        assert refund_requests.ask_refund(contract, event, leaves_on=day, by=ADMIN).state == "due"
    else:
        with pytest.raises(refund_requests.TooLate):
            refund_requests.ask_refund(contract, event, leaves_on=day, by=ADMIN)
        assert not RefundRequest.objects.exists()


def test_6_11_the_month_does_not_run_before_the_letter_went(contract, clock):
    owner(contract.client)
    found = told(contract, effective_on=date(2026, 4, 10))
    change_notices.send_letters(at(date(2026, 5, 2)), [].append)
    found = change_notices.find_told(contract, found.pk)
    assert change_notices.event_of(found).on == date(2026, 5, 2)
    assert change_notices.may_leave(found, date(2026, 6, 2))
    assert not change_notices.may_leave(found, date(2026, 6, 3))


def test_3_8_what_is_no_disadvantage_gives_no_right_to_leave(contract):
    found = told(contract, is_unfavourable=False)
    assert not change_notices.may_leave(found, date(2026, 4, 10))
    with pytest.raises(change_notices.NoRight):
        change_notices.leave(found, leaves_on=date(2026, 4, 10), by=ADMIN)


@pytest.mark.parametrize("day", [date(2026, 4, 9), date(2027, 1, 20)])
def test_a_client_leaves_today_or_later_and_within_its_period(contract, day):
    with pytest.raises(Impossible, match="today or later"):
        change_notices.leave(told(contract), leaves_on=day, by=ADMIN)


def test_a_contract_is_left_once(contract):
    found = told(contract)
    change_notices.leave(found, leaves_on=date(2026, 5, 20), by=ADMIN)
    assert not change_notices.may_leave(found, date(2026, 4, 10))
    with pytest.raises(refund_requests.AskedAlready):
        change_notices.leave(found, leaves_on=date(2026, 5, 20), by=ADMIN)


def test_who_is_not_in_force_leaves_nothing(contract):
    found = told(contract)
    life.terminate(contract, "both want it", by=OPERATOR)
    with pytest.raises(OutOfTurn):
        change_notices.leave(found, leaves_on=date(2026, 4, 10), by=ADMIN)


def test_a_contract_that_was_over_before_is_not_refunded(contract, clock):
    change_notices.leave(told(contract), leaves_on=date(2026, 5, 20), by=ADMIN)
    life.terminate(contract, "6-10", by=OPERATOR)
    clock.move_to(at(date(2026, 5, 20)))
    refund_requests.leave_due(datetime.now(UTC))
    assert RefundRequest.objects.get().state == "void"
    assert credit_refunds(datetime.now(UTC)) == 0


def test_3_8_amendments_are_given_back_by_notes_of_their_own(contract, clock):
    made = amendments.draft_amendment(contract, Wish(Ordered(Bundle.BOTH, 20, ("archive",))), by=OPERATOR)
    amendments.send_amendment(made, today=date(2026, 4, 10), by=OPERATOR)
    seen = offers.sum_of(amendments.amendment_document(made))
    amendments.accept_amendment(made, seen, today=date(2026, 4, 10), by=ADMIN)
    amendments.begin_amendment(made, by=OPERATOR)
    contract.refresh_from_db()
    row = change_notices.leave(told(contract), leaves_on=date(2026, 4, 19), by=ADMIN)
    clock.move_to(at(date(2026, 4, 19)))
    refund_requests.leave_due(datetime.now(UTC))
    row.refresh_from_db()
    assert row.net == Decimal("28.30") * 2 * 9
    assert credit_refunds(datetime.now(UTC)) == 0  # The amendment's invoice comes on the last of the month.
    clock.move_to(at(date(2026, 4, 30)))
    issue_due_amendments(datetime.now(UTC))
    assert credit_refunds(datetime.now(UTC)) == 1
    assert [each.net for each in notes()] == [Decimal("254.70"), Decimal("254.70")]
    assert sum(each.net for each in notes()) == row.net


def test_a_credit_note_is_dated_in_paris_as_its_invoice_is(contract, clock):
    Contract.objects.filter(pk=contract.pk).update(time_zone="America/Guadeloupe")
    contract.refresh_from_db()
    Invoice.objects.update(dated=date(2026, 4, 11))  # Written late, at midnight in Paris.
    clock.move_to(datetime(2026, 4, 10, 22, 30, tzinfo=UTC))
    change_notices.leave(told(contract), leaves_on=date(2026, 4, 10), by=ADMIN)
    assert credit_refunds(datetime.now(UTC)) == 1
    assert [each.dated for each in notes()] == [date(2026, 4, 11)]


def test_what_others_have_credited_before_a_person_settles(contract, clock):
    invoice = Invoice.objects.get()
    vat = Vat(VatCategory.STANDARD, STANDARD_RATE)
    invoices.credit(invoice, [Line("x", Decimal(1), Decimal("100.00"), vat)], "x", dated=date(2026, 4, 1), by=OPERATOR)
    change_notices.leave(told(contract), leaves_on=date(2026, 4, 10), by=ADMIN)
    assert credit_refunds(datetime.now(UTC)) == 0
    assert RefundRequest.objects.get().state == "by-hand"
    assert len(notes()) == 1
    assert contract.moves.last().what == "refund-by-hand"


def test_17_1_new_terms_hold_from_the_effective_day_on(contract, clock):
    old = catalogue.newest_terms()
    new = catalogue.publish_terms("2026-06", "You pay more.", by=OPERATOR)
    change_notices.publish_change(said(old_terms=old, new_terms=new), by=OPERATOR)
    assert change_notices.apply_due(at(date(2026, 5, 31))) == 0
    assert change_notices.apply_due(at(EFFECTIVE)) == 1
    assert change_notices.apply_due(at(EFFECTIVE)) == 0
    contract.refresh_from_db()
    assert contract.terms == new
    assert contract.moves.last().what == "terms-changed"


def test_17_1_terms_of_an_earlier_day_never_replace_those_of_a_later_one(contract, clock):
    texts = [
        catalogue.newest_terms(),
        *(catalogue.publish_terms(each, each, by=OPERATOR) for each in ("2026-06", "2026-07")),
    ]
    for old, new, day in zip(texts, texts[1:], (EFFECTIVE, EFFECTIVE + timedelta(days=30)), strict=False):
        change_notices.publish_change(said(old_terms=old, new_terms=new, effective_on=day), by=OPERATOR)
    first, _ = ToldChange.objects.order_by("pk")
    # As an error that nobody foresaw leaves it.
    put_off = Attempt.objects.create(
        work="apply a change", row=key_of(first), times=9, at=at(EFFECTIVE), next_at=at(date(2027, 1, 1))
    )
    assert change_notices.apply_due(at(date(2026, 8, 1))) == 0
    put_off.delete()
    assert change_notices.apply_due(at(date(2026, 8, 1))) == 2
    contract.refresh_from_db()
    assert contract.terms == texts[2]


def test_10_1_others_ask_by_the_same_door(contract):
    event = Event(Cause.BREACH, "sla-breach:7", date(2026, 3, 31), date(2026, 4, 1))
    row = refund_requests.ask_refund(contract, event, leaves_on=date(2026, 4, 10), by=ADMIN)
    assert (row.cause, row.source, row.net) == ("10-1", "sla-breach:7", Decimal("254.70"))
    with scopes_disabled():
        assert RefundRequest.objects.count() == 1


def test_nothing_is_given_back_in_the_last_month(contract, clock):
    day = date(2026, 12, 25)
    clock.move_to(at(day))
    event = Event(Cause.CHANGE, "change-notice:1", day, day - timedelta(days=1))
    row = refund_requests.ask_refund(contract, event, leaves_on=day, by=ADMIN)
    assert row.net == 0
    assert credit_refunds(datetime.now(UTC)) == 1
    assert notes() == []
