"""Who runs a client hears of its limits that are near or reached, each once in its window (issue 7, item 2: a warning at 80 %)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django_scopes import scopes_disabled

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.told_limits import ControlToldLimits
from ecluse.control.abuse.limit_letters import ALARMS_AN_HOUR, APART_S, FRESH_S, MOST_LISTED, forget_alarms
from ecluse.control.abuse.limit_letters import tell_of_limits as tell
from ecluse.control.abuse.models import LimitAlarm, LimitLetter
from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.domain.errors import Refused, Unavailable
from ecluse.domain.limit_mark import Limited, LimitMark, LimitScope
from ecluse.web.console.limit_mail import limit_mail
from tests.control.cast import client, person
from tests.control.test_publications import url

pytestmark = pytest.mark.django_db(transaction=True)
NOW, HOUR_S, DAY_S = 1_795_860_000.0, 3_600.0, 86_400.0  # 28 November 2026, 10:00 in Paris.
PAUL = LimitMark("One", LimitScope.ACCOUNT, "paul@one.example", Limited.MESSAGES, 86_400, 10, 8, NOW, NOW + 5 * HOUR_S)
HOURLY = replace(PAUL, window_s=3_600, ends_at=NOW + HOUR_S)
BOTH = ["ann@one.example", "olive@one.example"]


@pytest.fixture
def one():
    made = client("One")
    person("olive@one.example", Role.OWNER, made)
    person("ann@one.example", Role.ADMINISTRATOR, made, "en")
    person("hal@one.example", Role.HELP_DESK, made)
    person("pia@provider.example", Role.PROVIDER_OWNER)
    return made


@pytest.fixture
def node(one):
    database = Database(url())
    yield ControlToldLimits(database)
    database.close()


def sent(now=NOW + 1, problem=None):
    letters = []

    def send(news):
        letters.append(limit_mail(news))
        if problem:
            raise problem

    assert tell(now, send) == (0 if problem else len(letters))
    return letters


def readers(now=NOW + 1):
    return sorted(each.recipient for each in sent(now))


def reached(mark, at=NOW + 60):
    return replace(mark, at=at, count=mark.most, answer="452 4.7.1 at most 10 messages in a day")


def test_a_limit_of_a_day_is_told_when_it_is_near_and_when_it_is_reached_and_anew_the_next_day(node):
    node.tell([PAUL])
    assert readers() == BOTH
    assert readers(NOW + 30) == []
    node.tell([replace(PAUL, count=9), reached(PAUL)])
    english, french = sent(NOW + 70)
    assert french.subject == "1 limite d'envoi arrête de votre courrier"
    assert english.subject == "1 sending limit turns mail of yours away"
    for said in (
        "paul@one.example",
        "Messages a day: 10 of 10",
        "452 4.7.1 at most 10 messages in a day",
        "Reached: 2026-11-28 11:01. Counted anew: 2026-11-28 16:00",
        "/sending/limits",
    ):
        assert said in english.text, said
    assert readers(NOW + 80) == readers(NOW + HOUR_S + 90) == []
    tomorrow = replace(PAUL, at=NOW + DAY_S, ends_at=PAUL.ends_at + DAY_S)
    node.tell([tomorrow])
    assert sent(NOW + DAY_S + 1)[0].subject == "1 sending limit is near"
    trail = Entry.objects.filter(action="limit.told").values_list("after", flat=True)
    assert [each["limits"] for each in trail] == [1] * 6


@pytest.mark.parametrize(
    ("marks", "now", "expected"),
    [
        ([HOURLY], NOW + 1, []),  # Over before anybody reads it.
        ([reached(HOURLY)], NOW + 61, BOTH),
        ([reached(HOURLY)], NOW + 2 * HOUR_S, BOTH),  # Its hour is over; mail was turned away.
        ([reached(HOURLY)], NOW + FRESH_S + 61, []),
        ([PAUL], PAUL.ends_at, []),
        ([replace(PAUL, client="Two")], NOW + 1, []),  # There is nobody.
        ([PAUL, reached(HOURLY), replace(PAUL, name="bob@one.example")], NOW + 61, BOTH),  # In one letter each.
    ],
)
def test_what_is_told(node, marks, now, expected):
    client("Two")
    node.tell(marks)
    assert readers(now) == expected


def test_an_hourly_limit_that_is_reached_again_and_again_is_told_of_each_four_hours(node):
    told = []
    for hour in range(8):
        begin = NOW + hour * HOUR_S
        node.tell([reached(replace(HOURLY, ends_at=begin + HOUR_S), at=begin + 5)])
        told.append(len(sent(begin + 10)))
    assert told == [2, 0, 0, 0, 0, 2, 0, 0]
    assert APART_S == 4 * HOUR_S


def test_after_three_alarms_of_an_hour_the_rest_waits_and_stands_in_one_letter(node):
    for number in range(ALARMS_AN_HOUR):
        node.tell([replace(PAUL, name=f"a{number}@one.example")])
        assert len(sent(NOW + number)) == 2
    node.tell([replace(PAUL, name=f"b{number:02}@one.example") for number in range(MOST_LISTED + 2)])
    assert sent(NOW + 10) == []
    letter, _ = sent(NOW + HOUR_S + 10)
    assert letter.subject == "22 sending limits are near"
    assert "And 2 more, which the page shows." in letter.text


def test_a_letter_that_cannot_go_now_is_tried_again_and_one_that_is_refused_is_not(node):
    node.tell([PAUL])
    assert len(sent(NOW + 1, Unavailable("away"))) == 2
    assert len(sent(NOW + 2, Refused("no such mailbox"))) == 2
    assert sent(NOW + 3) == []
    node.tell([replace(PAUL, name="bob@one.example")])
    sent(NOW + 4, Unavailable("away"))
    forget_alarms(NOW + FRESH_S + 5)
    with scopes_disabled():
        assert (LimitLetter.objects.count(), LimitAlarm.objects.count()) == (0, 0)
