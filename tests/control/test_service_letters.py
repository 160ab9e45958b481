"""Who runs a client hears in time that its service ends, and at once that it is suspended or there again (3-9, 3-16, 3-18, 16-2)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django_scopes import scope, scopes_disabled

from ecluse.control.accounts.roles import Role
from ecluse.control.contracts import by_hand, life, notice_address, refund_requests
from ecluse.control.contracts.models import ServiceLetter
from ecluse.control.contracts.queries import contract_in_force
from ecluse.control.contracts.refund_requests import Cause, Event
from ecluse.control.contracts.service_letters import tell_of_service
from ecluse.control.sla import mx_checks
from ecluse.control.tenants import services
from ecluse.control.tenants.models import Domain
from ecluse.domain.dns import Answer, DnsStatus, Mx
from ecluse.domain.errors import Refused, Unavailable
from ecluse.domain.policy import ServiceState
from ecluse.web.console.service_mail import service_mail
from tests.control.cast import ADMIN, OPERATOR, ROUTE, client, person
from tests.control.measured import FIRST, measured_contract

pytestmark = pytest.mark.django_db
BEGAN = datetime(2026, 1, 20, 11, tzinfo=UTC)  # The period is over on 20 January 2027.


@pytest.fixture
def clock():
    with time_machine.travel(BEGAN, tick=False) as traveller:
        yield traveller


@pytest.fixture
def contract(clock):
    made = measured_contract()
    people(made.client)
    with scope(client=made.client):
        yield made


def people(whose):
    """Three, of whom the last is not written to."""
    for name, role, language in (("olive", Role.OWNER, "en"), ("ann", Role.ADMINISTRATOR, ""), ("hal", Role.USER, "")):
        person(f"{name}@one.example", role, whose, language)


def letters(problem=None):
    """What goes now, as it is written; it goes once."""
    sent = []

    def send(news):
        if problem:
            raise problem
        sent.append(service_mail(news))

    now = datetime.now(UTC)
    with scopes_disabled():
        assert tell_of_service(now, send, mx_checks.domains_that_lead_here) == len(sent)
        assert tell_of_service(now, [].append, mx_checks.domains_that_lead_here) == (
            2 if type(problem) is Unavailable else 0
        )
    return sent


def give_notice(contract):
    now = datetime.now(UTC)
    assert life.receive_notice(contract, "1A 7", now, whose="client", by=OPERATOR)


def look_at_mx(contract, **answers):
    for name in answers:
        if not Domain.objects.filter(name=f"{name}.example").exists():
            services.add_domain(contract.client, f"{name}.example", [ROUTE], by=ADMIN)
    Domain.objects.update(proven_at=BEGAN)
    found = {f"{name}.example": answer for name, answer in answers.items()}
    now = int(datetime.now(UTC).timestamp())
    mx_checks.check_due(lambda name, _kind: found[name], now)


OURS = Answer(DnsStatus.OK, (Mx(10, FIRST), Mx(20, "mx.elsewhere.example")))
THEIRS = Answer(DnsStatus.OK, (Mx(20, "mx.elsewhere.example"),))
SILENT = Answer(DnsStatus.SERVFAIL)


def test_3_18_of_an_end_a_letter_goes_weeks_before_and_one_days_before_and_no_other(contract, clock):
    give_notice(contract)
    days = {}
    for before in (29, 28, 27, 6, 5, 4, 1, 0):
        day = date(2027, 1, 20) - timedelta(days=before)
        clock.move_to(datetime(day.year, day.month, day.day, 11, tzinfo=UTC))
        life.turn_due(datetime.now(UTC))
        days[day] = [mail.recipient for mail in letters()]
    both = ["ann@one.example", "olive@one.example"]
    assert {day: sorted(who) for day, who in days.items() if who} == {date(2026, 12, 23): both, date(2027, 1, 15): both}
    contract.refresh_from_db()
    assert contract.state == "ended"
    assert [each.what for each in contract.moves.all()][-3:] == ["end-told", "end-told", "end"]


def test_3_18_it_names_the_day_and_the_domains_whose_mx_still_lead_to_us(contract, clock):
    give_notice(contract)
    clock.move_to(datetime(2026, 12, 24, 11, tzinfo=UTC))
    look_at_mx(contract, one=OURS, two=THEIRS, three=OURS)
    clock.move_to(datetime(2026, 12, 26, 11, tzinfo=UTC))
    look_at_mx(contract, one=SILENT, two=THEIRS, three=THEIRS)
    by_reader = {mail.recipient: mail for mail in letters()}
    english, french = by_reader["olive@one.example"], by_reader["ann@one.example"]
    assert [line for line in english.text.splitlines() if line.endswith(".example")] == ["- one.example"]
    assert "19 January 2027" in english.text
    assert f"/clients/{contract.client_id}/" in english.text
    assert all(words in english.text for words in ("lead to us", "send by another way", "ninety days", "(550)"))
    assert "19 janvier 2027" in french.text
    assert "19/01/2027" in french.subject
    clock.move_to(datetime(2027, 1, 16, 11, tzinfo=UTC))
    look_at_mx(contract, one=THEIRS, two=THEIRS, three=THEIRS)
    reminder = {mail.recipient: mail for mail in letters()}["olive@one.example"]
    assert ("Reminder" in reminder.subject, "nothing is left to be done" in reminder.text) == (True, True)


def test_who_leaves_within_days_gets_one_letter_and_none_that_is_not_true_any_more(contract, clock):
    now = datetime(2026, 4, 10, 11, tzinfo=UTC)
    clock.move_to(now)
    event = Event(Cause.CHANGE, "change-notice:1", now.date(), now.date())
    refund_requests.ask_refund(contract, event, leaves_on=date(2026, 4, 13), by=ADMIN)
    assert sorted(mail.subject.partition(":")[0].strip() for mail in letters()) == ["Rappel", "Reminder"]
    assert set(ServiceLetter.objects.values_list("event", "ends_on")) == {("ends-soon", date(2026, 4, 13))}
    assert letters() == []
    ServiceLetter.objects.update(sent_at=None)
    life.terminate(contract, "both want it", by=OPERATOR)
    assert len(letters()) == 2
    assert {each.event for each in ServiceLetter.objects.all()} == {"ended"}


def test_a_letter_that_cannot_go_is_tried_again_and_one_that_is_refused_is_not(contract):
    life.suspend(contract, "a virus goes out", by=OPERATOR)
    assert letters(Unavailable("away")) == []  # And then they went.
    life.resume(contract, by=OPERATOR)
    assert letters(Refused("no")) == []
    assert ServiceLetter.objects.filter(refused_at__isnull=False).count() == 2


@pytest.mark.parametrize("how", ["contract", "job", "hand", "hand without reason"])
def test_16_2_who_is_suspended_hears_the_reason_at_once_and_that_it_is_over(clock, how):
    one = client("One") if "hand" in how else measured_contract().client
    reason = "" if how == "hand without reason" else "more than 500 messages"
    people(one)
    with scope(client=one):
        if how == "contract":
            life.suspend(contract_in_force(), reason, by=OPERATOR)
        elif how == "job":
            assert life.suspend_at_once(reason, by=OPERATOR)
        else:
            by_hand.set_state_by_hand(one, ServiceState.SUSPENDED, reason=reason, by=OPERATOR)
        french, english = sorted(letters(), key=lambda mail: mail.recipient)
        assert "20/01/2026 12:00" in french.text
        assert ("est suspendu" in french.subject, "is suspended" in english.subject) == (True, True)
        assert (f"The reason: {reason}" if reason else "tells you the reason") in english.text
        if "hand" in how:
            by_hand.set_state_by_hand(one, ServiceState.ACTIVE, by=OPERATOR)
        else:
            life.resume(contract_in_force(), by=OPERATOR)
        french, english = sorted(letters(), key=lambda mail: mail.recipient)
        assert ("est rétabli" in french.subject, "is served again" in english.subject) == (True, True)


@pytest.mark.parametrize("how", ["both want it", "breach", "hand"])
def test_16_1_who_is_ended_at_once_hears_it_once_with_the_reason(clock, how):
    one = client("One") if how == "hand" else measured_contract().client
    people(one)
    with scope(client=one):
        notice_address.set_notice_address(one, "boss@far.example", by=ADMIN)
        if how == "hand":
            by_hand.set_state_by_hand(one, ServiceState.ENDED, reason="", by=OPERATOR)
        elif how == "breach":
            life.declare_breach(contract_in_force(), "1A 9", date(2026, 1, 20), by=OPERATOR)
            clock.move_to(datetime(2026, 2, 5, 11, tzinfo=UTC))
            life.terminate_for_breach(contract_in_force(), by=OPERATOR)
        else:
            life.terminate(contract_in_force(), "both want it", by=OPERATOR)
        ann, far, olive = sorted(letters(), key=lambda mail: mail.recipient)
        said = {
            "both want it": "The reason: both want it",
            "breach": "a serious breach",
            "hand": "tells you the reason",
        }
        assert all(words in olive.text for words in (said[how], "(550)", "For ninety days"))
        assert ("est terminé" in ann.subject, "is over" in olive.subject) == (True, True)
        assert ("Le motif" in ann.text) == (how != "hand")
        # Elsewhere the client's own language is read, and why it comes there.
        assert (far.recipient, far.subject) == ("boss@far.example", ann.subject)
        assert ("a indiqué cette adresse" in far.text, "a indiqué cette adresse" in ann.text) == (True, False)
        if how == "hand":
            by_hand.set_state_by_hand(one, ServiceState.ACTIVE, by=OPERATOR)
            assert len(letters()) == 3


def test_what_is_told_goes_elsewhere_besides_where_nobody_reads_it_already(contract, clock):
    notice_address.set_notice_address(contract.client, "Olive@one.example", by=ADMIN)
    life.suspend(contract, "a virus goes out", by=OPERATOR)
    assert len(letters()) == 2
    notice_address.set_notice_address(contract.client, "boss@far.example", by=ADMIN)
    life.resume(contract, by=OPERATOR)
    give_notice(contract)
    clock.move_to(datetime(2026, 12, 24, 11, tzinfo=UTC))
    assert [mail.recipient for mail in letters()].count("boss@far.example") == 2
    notice_address.set_notice_address(contract.client, "", by=ADMIN)
    clock.move_to(datetime(2027, 1, 16, 11, tzinfo=UTC))
    assert len(letters()) == 2
