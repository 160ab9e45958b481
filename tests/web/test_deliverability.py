"""How outbound mail fares: by day, by destination with what servers say, and what to change in plain words."""

from __future__ import annotations

import time

import pytest
from django_scopes import scope

from ecluse.control.abuse.models import ToldComplaint
from ecluse.control.accounts.roles import Role
from ecluse.control.mail import deliveries
from ecluse.control.mail.deliveries import Outcome, deliveries_of
from ecluse.control.signing.models import DomainReport, ReportedSource
from ecluse.control.suppression.services import suppress
from ecluse.control.tenants.queries import proven_domains
from ecluse.domain.answer_class import AnswerClass
from ecluse.domain.errors import Unavailable
from ecluse.domain.event import Ending
from ecluse.domain.received_report import ReportKind
from ecluse.domain.suppression import SuppressionCause
from ecluse.web import backends
from tests.contract.message_log.contract import delivery, outcome, recipient
from tests.control.cast import OPERATOR
from tests.web.programs import program_in_role
from tests.web.things import sending_lock, tell_node

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


@pytest.fixture
def reports(cast):
    """Of ten days ago: what we sent, what a forger did, and who could not find the policy."""
    tell_node(addresses=("192.0.2.10",))
    ago = time.time() - 10 * 86_400
    with scope(client=cast.one):
        domain = proven_domains()[0]

        def told(number, kind, proven, *sources):
            passed, failed = sum(each[2] for each in sources), sum(each[3] for each in sources)
            report = DomainReport.objects.create(
                id=f"r{number}", client=cast.one, domain=domain, name=domain.name, kind=kind, proven=proven,
                policy="p=none", begin=int(ago), received_at=ago, passed=passed, failed=failed,
            )  # fmt: skip
            for source, reason, good, bad, dkim, turned_away in sources:
                ReportedSource.objects.create(
                    client=cast.one, report=report, source=source, reason=reason, passed=good, failed=bad,
                    dkim=dkim, spf=0, turned_away=turned_away,
                )  # fmt: skip

        forged = ("203.0.113.9", "", 0, 1_500, 0, 1_500)
        told(
            1,
            ReportKind.DMARC,
            "large.example",
            ("192.0.2.10", "", 300, 20, 300, 0),
            forged,
            ("198.51.100.7", "", 7, 0, 7, 0),
        )
        told(2, ReportKind.DMARC, "", forged)
        told(
            3,
            ReportKind.TLS,
            "large.example",
            ("", "", 90, 0, 0, 0),
            ("", "sts-policy-fetch-error", 0, 4, 0, 0),
            ("mx.one.example", "<i>odd</i>", 0, 2, 0, 0),
        )


def test_the_page_and_programs_show_what_others_report_and_what_to_change(cast, reports, message_log):
    here = f"/clients/{cast.one.pk}/deliverability/"
    page = cast.browser(Role.HELP_DESK).get(here).text
    for said in (
        "large.example",
        "203.0.113.9",
        "another one that proves nothing",
        "another one that proves your domain",
        "MTA-STS policy not found",
        "something else",
        "1 report is left out",
        "could not prove 20 of 320 messages that we sent for one.example",
        "1500 messages came in the name of one.example",
        "could not read the MTA-STS policy of one.example",
    ):
        assert said in page, said
    assert "<i>odd" not in page
    assert "Nothing yet. Who gets mail in your name" in cast.browser(Role.HELP_DESK).get(f"{here}?days=7").text
    programs, their_page = program_in_role(cast, Role.ADMINISTRATOR), f"clients/{cast.one.pk}/deliverability/reports"
    found = programs.get(their_page).json()
    assert found["sources"][0] == {
        "domain": "one.example",
        "address": "192.0.2.10",
        "is_ours": True,
        "passed": 300,
        "failed": 20,
        "dkim": 300,
        "spf": 0,
        "turned_away": 0,
        "reporters": 1,
    }
    assert [each["address"] for each in found["sources"]] == ["192.0.2.10", "203.0.113.9", "198.51.100.7"]
    assert found["reporters"][1] == {
        "kind": "tls",
        "name": "large.example",
        "reports": 1,
        "passed": 90,
        "failed": 6,
    }
    assert (found["unproven"], [each["reason"] for each in found["tls"]]) == (
        1,
        ["sts-policy-fetch-error", "<i>odd</i>"],
    )
    assert programs.get(f"{their_page}?days=7").json()["sources"] == []


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
