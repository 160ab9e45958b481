"""How outbound mail fares: by day, by destination with what servers say, and what to change in plain words."""

from __future__ import annotations

import time

import pytest
from django_scopes import scope

from ecluse.control.abuse.models import ToldComplaint
from ecluse.control.accounts.roles import Role
from ecluse.control.mail import deliveries
from ecluse.control.mail.deliveries import Outcome, deliveries_of
from ecluse.control.suppression.services import suppress
from ecluse.domain.answer_class import AnswerClass
from ecluse.domain.errors import Unavailable
from ecluse.domain.event import Ending
from ecluse.domain.suppression import SuppressionCause
from ecluse.web import backends
from tests.contract.message_log.contract import delivery, outcome, recipient
from tests.control.cast import OPERATOR
from tests.web.programs import program_in_role
from tests.web.things import sending_lock

UNKNOWN, LISTED = "550 5.1.1 who?", "550 5.7.1 blocked by spamhaus"


def sent(address, fate, **changes):
    return outcome(time.time() - 3_600, recipient(address, fate, **changes), direction="outbound")


@pytest.fixture
def mail(cast, message_log):
    late = sent("ann@far.example", Ending.SPOOLED)
    message_log.append([
        sent("bob@far.example", Ending.RELAYED),
        sent("cat@far.example", Ending.REJECTED_BY_NEXT_HOP, reply=UNKNOWN),
        late,
        delivery(late, 60, Ending.DEFERRED, reply="421 4.7.28 too fast"),
        sent("dan@near.example", Ending.BOUNCED, reply=LISTED),
        sent("eve@near.example", Ending.SPOOLED),  # Nobody has said anything yet.
        sent("fay@near.example", Ending.REFUSED),  # By us.
        outcome(time.time() - 40 * 86_400, recipient("old@far.example", Ending.BOUNCED), direction="outbound"),
        outcome(time.time() - 3_600, recipient("paul@one.example", Ending.BOUNCED)),
        outcome(time.time() - 3_600, recipient("x@far.example", Ending.BOUNCED), direction="outbound", client="Two"),
    ])  # fmt: skip


def test_destinations_have_their_outcomes_and_reasons(mail, message_log):
    found = deliveries_of(message_log, "One", 30, time.time())
    assert found.is_complete
    assert [(each.domain, each.total, dict(each.reasons)) for each in found.destinations] == [
        ("far.example", 3, {AnswerClass.UNKNOWN: 1, AnswerClass.TOO_FAST: 1}),
        ("near.example", 2, {AnswerClass.LISTED: 1}),
    ]
    assert [found.whole.counts[each] for each in Outcome] == [1, 2, 2]
    assert found.whole.percent(Outcome.LOST) == 40.0
    assert {each: sum(found.by_day[each]) for each in Outcome} == {
        Outcome.TAKEN: 1,
        Outcome.WAITING: 2,
        Outcome.LOST: 2,
    }


def test_of_very_much_mail_the_newest_is_read_and_that_is_said(mail, message_log, monkeypatch):
    monkeypatch.setattr(deliveries, "MOST_ROWS", 2)
    found = deliveries_of(message_log, "One", 30, time.time())
    assert (found.whole.total, found.is_complete) == (2, False)
    assert sum(map(sum, found.by_day.values())) == 5


def test_the_page_shows_rates_reasons_and_what_to_change(cast, mail):
    with scope(client=cast.one):
        suppress(cast.one, "gone@far.example", SuppressionCause.PERSON, "", by=OPERATOR)
        sending_lock(cast.one)
        ToldComplaint.objects.create(id="c1", client=cast.one, received_at=time.time(), kind="abuse", incidents=1)
    page = cast.browser(Role.HELP_DESK).get(f"/clients/{cast.one.pk}/deliverability/").text
    for said in (
        "far.example",
        "33.3 %",
        "recipient unknown (1)",
        "our address has a bad name there (1)",
        "1 sender is locked",
        "1 complaint about your mail",
        "Mail of one.example is not signed",
        "Many recipients are not there",
        "chart-undelivered",
        "The same as a table",
    ):
        assert said in page, said


def test_without_the_log_the_rest_of_the_page_is_there(cast, dns):
    class Away:
        def search(self, *_):
            raise Unavailable("away")

    backends.hand_over(backends.Backends(dns.look_up, (), Away, None, None, None, None))
    page = cast.browser(Role.ADMINISTRATOR).get(f"/clients/{cast.one.pk}/deliverability/")
    assert page.status_code == 200
    assert "does not answer at the moment" in page.text
    answer = program_in_role(cast, Role.ADMINISTRATOR).get(f"clients/{cast.one.pk}/deliverability")
    assert answer.status_code == 503


def test_programs_get_the_same_in_numbers(cast, mail):
    found = program_in_role(cast, Role.ADMINISTRATOR).get(f"clients/{cast.one.pk}/deliverability?days=7").json()
    assert found["destinations"][0] == {
        "domain": "far.example",
        "taken": 1,
        "waiting": 1,
        "lost": 1,
        "reasons": {"unknown": 1, "too-fast": 1},
    }
    assert found["domains"][0]["signs"] is False
    assert any("one.example" in each for each in found["advice"])
