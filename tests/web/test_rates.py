"""Rates of wrong verdicts: what they are shares of, which objections count, the worst week, and how few numbers are told."""

from __future__ import annotations

import csv
import io
import time

import pytest
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.mail.models import Objection, ObjectionKind, ObjectionState
from ecluse.control.mail.objections import ANSWER_WITHIN_S
from ecluse.control.mail.rates import WINDOW_H, Party, Share, rates_of
from ecluse.control.sla.models import ReceivedVirus
from ecluse.control.sla.virus_weeks import virus_figures
from ecluse.domain.errors import Unavailable
from ecluse.domain.event import Ending
from tests.contract.message_log.contract import delivery, outcome, recipient
from tests.web.programs import program_in_role

HOUR_S = 3_600.0
PAUL = "paul@one.example"
BLOCKED, PASSED = ObjectionKind.BLOCKED, ObjectionKind.PASSED


@pytest.fixture
def now():
    """The middle of an hour, so that windows lie still."""
    return time.time() // HOUR_S * HOUR_S + HOUR_S / 2


@pytest.fixture
def mail(cast, message_log, now):
    """Mail that came so many hours ago."""

    def came(hours, number=1, **fared):
        events = [
            outcome(now - hours * HOUR_S, recipient(PAUL, **fared), recipient("bob@one.example"), client="One")
            for _ in range(number)
        ]
        message_log.append(events)
        return events

    return came


def objection(cast, event, kind=BLOCKED, state=ObjectionState.CONFIRMED, **more):
    with scope(client=cast.one):
        return Objection.objects.create(
            client=cast.one,
            message=event.id,
            recipient=PAUL,
            received_at=event.at,
            kind=kind,
            state=state,
            raised_by="ann@one.example",
            raised_at=event.at,
            opened_at=event.at,
            evidence={},
            **more,
        )


def rates(cast, message_log, now, days=30):
    with scope(client=cast.one):
        return rates_of(message_log, cast.one, days, now)


def last(cast, message_log, now, party=Party.BOTH):
    window = rates(cast, message_log, now)[party].last
    return window.verdicts, window.blocked, window.passed


def test_a_rate_is_a_share_of_all_verdicts_of_seven_days(cast, mail, message_log, now):
    """1-9, 1-10: every recipient counts; what came to be tried again, and what is older, does not."""
    [wrong] = mail(2, fate=Ending.REFUSED, disposition="refuse")
    mail(WINDOW_H - 1, 3)
    mail(WINDOW_H + 1, 5)
    mail(2, fate=Ending.DEFERRED, disposition="defer")
    objection(cast, wrong)
    # One message stands in the log for the cast, an hour ago.
    assert last(cast, message_log, now) == (1 + 2 + 6 + 1, 1, 0)
    window = rates(cast, message_log, now)[Party.BOTH].last
    assert window.false_positives.percent == pytest.approx(10.0)
    assert not window.false_positives.is_kept
    assert window.false_negatives.percent == 0


@pytest.mark.parametrize(
    ("state", "age_s", "expected"),
    [
        (ObjectionState.CONFIRMED, 0, (1, 1, 1)),
        (ObjectionState.OPEN, 0, (0, 1, 0)),
        (ObjectionState.OPEN, ANSWER_WITHIN_S - HOUR_S, (0, 1, 0)),
        (ObjectionState.OPEN, ANSWER_WITHIN_S, (1, 1, 0)),  # 9-2: silence is a yes, but no word of his.
        (ObjectionState.CONTESTED, 0, (0, 1, 0)),
        (ObjectionState.WITHDRAWN, 0, (0, 0, 0)),
        (ObjectionState.SAID, 0, (0, 0, 0)),
    ],
)
def test_whose_figure_it_is(cast, mail, message_log, now, state, age_s, expected):
    [event] = mail(2)
    row = objection(cast, event, PASSED, state)
    with scope(client=cast.one):
        Objection.objects.filter(pk=row.pk).update(opened_at=now - age_s)
    found = rates(cast, message_log, now)
    assert tuple(found[party].last.passed for party in (Party.BOTH, Party.CLIENT, Party.PROVIDER)) == expected


def test_what_the_contract_excludes_does_not_count(cast, mail, message_log, now):
    for event in mail(2, 2):
        objection(cast, event, exclusions=["corrupted"])
    assert last(cast, message_log, now)[1:] == (0, 0)


def test_a_release_by_its_sender_wipes_a_false_positive_and_no_other_does(cast, mail, message_log, now):
    """1-9, also after somebody has called it one."""
    events = mail(2, 3, fate=Ending.REFUSED, disposition="refuse")
    for event, by in zip(events, ("sender", "recipient", "administrator"), strict=True):
        objection(cast, event)
        message_log.append([delivery(event, 60, Ending.SPOOLED, released_by=by)])
    assert last(cast, message_log, now)[1] == 2


def test_what_one_recipient_released_is_no_spam_for_the_others(cast, mail, message_log, now):
    """1-2b."""
    [event] = mail(2)
    objection(cast, event, PASSED)
    assert last(cast, message_log, now)[2] == 1
    released = delivery(
        outcome(event.at, recipient("bob@one.example"), id=event.id, client="One"),
        60,
        Ending.SPOOLED,
        released_by="recipient",
    )
    message_log.append([released])
    assert last(cast, message_log, now)[2] == 0


def test_the_worst_week_is_found_by_the_hour(cast, mail, message_log, now):
    """10-3: by both rates together; three weeks ago five of ten verdicts were wrong."""
    mail(2, 20)
    old = mail(21 * 24, 5)
    for number, event in enumerate(old):
        objection(cast, event, PASSED if number < 3 else BLOCKED)
    found = rates(cast, message_log, now)[Party.BOTH]
    worst = found.worst
    assert (worst.verdicts, worst.blocked, worst.passed) == (10, 2, 3)
    assert worst.percent == pytest.approx(50.0)
    assert found.most_blocked.blocked == 2
    assert found.most_passed.passed == 3
    assert found.last.percent == 0
    came = old[0].at // HOUR_S
    assert came < worst.end <= came + WINDOW_H
    assert len(found.windows) == 30 * 24
    with_it = [each for each in found.windows if each.passed]
    assert len(with_it) == WINDOW_H  # It is in so many windows, and in no more.
    assert not rates(cast, message_log, now, days=7)[Party.BOTH].worst.percent


def test_another_clients_objections_are_not_counted(cast, mail, message_log, now):
    [event] = mail(2)
    objection(cast, event)
    with scope(client=cast.two):
        found = rates_of(message_log, cast.two, 7, now)
    assert found[Party.CLIENT].last.blocked == 0
    assert found[Party.CLIENT].last.verdicts == 1


@pytest.mark.parametrize(
    ("wrong", "whole", "one_in", "is_kept"),
    [
        (0, 0, 10_000, True),
        (0, 5, 10_000, True),
        (1, 10_000, 10_000, False),  # Strictly below (9-3).
        (1, 10_001, 10_000, True),
        (1, 200, 200, False),  # 9-4.
        (1, 201, 200, True),
        (2, 0, 200, False),
    ],
)
def test_promises_are_kept_strictly_below(wrong, whole, one_in, is_kept):
    assert Share(wrong, whole, one_in).is_kept is is_kept


@pytest.mark.parametrize(
    ("wrong", "whole", "low", "high"),
    [  # Wilson's interval, as statistics books tabulate it.
        (0, 10, 0.0, 27.753),
        (1, 10, 1.787, 40.415),
        (5, 10, 23.659, 76.341),
        (10, 10, 72.247, 100.0),
        (1, 10_000, 0.00177, 0.05663),
        (0, 0, 0.0, 100.0),
        (3, 2, 34.238, 100.0),
    ],
)
def test_the_interval_holds_for_small_numbers(wrong, whole, low, high):
    assert Share(wrong, whole, 200).interval == pytest.approx((low, high), abs=0.002)


class TestPages:
    def test_each_partys_figures_stand_side_by_side(self, cast, mail):
        [event] = mail(2, fate=Ending.REFUSED, disposition="refuse")
        objection(cast, event)
        page = cast.browser(Role.ADMINISTRATOR).get(f"/clients/{cast.one.pk}/objections/rates").text
        assert "33.3333&nbsp;%" in page
        assert "not kept" in page
        assert "1 of 3; between 6.1492\u00a0% and 79.2340\u00a0%" in page
        assert "a single false positive is above what is promised" in page
        assert "The most critical week" in page

    def test_without_a_wrong_verdict_all_is_kept(self, cast, mail):
        page = cast.browser(Role.READER).get(f"/clients/{cast.one.pk}/objections/rates?days=365").text
        assert "not kept" not in page
        assert "The most critical week" not in page

    def test_they_are_exported_by_the_hour(self, cast, mail):
        [event] = mail(2)
        objection(cast, event, PASSED, ObjectionState.CONTESTED)
        answer = cast.browser(Role.SUPPORT).get(f"/clients/{cast.one.pk}/objections/rates/export")
        head, newest, *others = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
        assert head[:4] == ["window_ends_utc", "verdicts", "both_false_positives", "both_false_positive_percent"]
        assert newest[1:] == [
            "3",
            *["0", "0.000000"] * 2,
            "0",
            "0.000000",
            "1",
            "33.333333",
            *["0", "0.000000"] * 2,
            "3",
            "0",
            "1",
        ]
        assert len(others) == 30 * 24 - 1

    def test_the_dashboard_shows_the_agreed_ones(self, cast, mail):
        [event] = mail(2)
        objection(cast, event, PASSED)
        page = cast.browser(Role.ADMINISTRATOR).get(f"/clients/{cast.one.pk}/").text
        assert "False negatives of seven days" in page
        assert "33.3333 %" in page
        assert "objections/rates" not in cast.browser(Role.BILLING).get(f"/clients/{cast.one.pk}/").text

    def test_while_the_log_is_away_the_page_says_so(self, cast, message_log, monkeypatch):
        def away(*_):
            raise Unavailable("away")

        monkeypatch.setattr(message_log, "verdicts", away)
        browser = cast.browser(Role.ADMINISTRATOR)
        page = browser.get(f"/clients/{cast.one.pk}/objections/rates")
        assert page.status_code == 503
        assert "Mail flows all the same" in page.text
        assert browser.get(f"/clients/{cast.one.pk}/objections/rates/export").status_code == 503
        assert browser.get(f"/clients/{cast.one.pk}/").status_code == 200

    def test_strangers_and_users_see_none(self, cast):
        for path in ("", "/export"):
            address = f"/clients/{cast.one.pk}/objections/rates{path}"
            assert cast.browser("stranger").get(address).status_code == 404
            assert cast.browser(Role.USER).get(address).status_code == 403


def test_9_1_9_5_viruses_by_hour_as_each_party_has_them(cast, message_log, now):
    """Of mail both ways; what was withdrawn, or a user said and nobody sent on, is nobody's figure."""
    to = [recipient(f"u{number}@world.example") for number in range(250)]
    went = [outcome(now - 2 * HOUR_S, *to, client="One", direction="outbound") for _ in range(4)]
    message_log.append(went)
    states = (ObjectionState.CONFIRMED, ObjectionState.OPEN, ObjectionState.CONTESTED, ObjectionState.WITHDRAWN)
    for event, state in zip(went, states, strict=True):
        row = objection(cast, event, PASSED, state, exclusions=["on-allow-list"])
        with scope(client=cast.one):
            Objection.objects.filter(pk=row.pk).update(evidence={"events": [{"direction": "outbound"}]})
            ReceivedVirus.objects.create(client=cast.one, objection=row, said_at=row.when, said_by="ann")
    with scope(client=cast.one):
        found = virus_figures(message_log, cast.one, 30, now)
        assert {each: found[each].last.received for each in Party} == {"both": 1, "client": 3, "provider": 1}
        assert rates_of(message_log, cast.one, 30, now)[Party.CLIENT].last.passed == 0
    # With the one that stands in the log for the cast: 1,001 mails.
    assert [(each.last.mails, each.last.allowed, each.last.is_kept) for each in found.values()] == [
        (1_001, 2, True),
        (1_001, 2, False),
        (1_001, 2, True),
    ]
    told = cast.browser(Role.ADMINISTRATOR).get(f"/clients/{cast.one.pk}/objections/rates").text
    assert "2 allowed, with 1,001 mails" in told
    program = program_in_role(cast, Role.ADMINISTRATOR)
    both = program.get(f"clients/{cast.one.pk}/objections/rates").json()["parties"][0]["worst_viruses"]
    assert (both["mails"], both["viruses"], both["allowed"], both["is_kept"]) == (1_000, 1, 1, True)  # An hour earlier.
