"""The message log of a client: searched, explained, exported; nothing of another client, nothing of content for the help desk."""

from __future__ import annotations

import json
import time

import pytest

from ecluse.control.accounts.roles import Role
from ecluse.control.mail import log as mail_log
from ecluse.domain.errors import Unavailable
from ecluse.domain.event import DmarcEvent, Ending, EvidenceEvent
from ecluse.domain.log_search import LogSearch
from ecluse.web import backends
from tests.contract.message_log.contract import DAY_S, delivery, outcome, recipient

HOSTILE = "=cmd|'/c calc'!A1<script>alert(1)</script>@evil.example"


@pytest.fixture
def mail(cast, message_log):
    """A refused message of One, one that was delivered in two attempts, and one of Two."""
    now = time.time() - 60
    spam = outcome(
        now,
        recipient(
            "paul@one.example", Ending.REFUSED, disposition="refuse", category="Q", score=17.5,
            findings=("SPF_FAILED: evil.example", "EICAR"), reply="",
        ),
        sender=HOSTILE,
        ip="203.0.113.9",
        reply="550 5.7.1 refused, see https://x.example/r/1",
        subject="Geheime Offerte",
        evidence=EvidenceEvent({"SPF_FAILED": 2.5}),
        dmarc=DmarcEvent("evil.example", "evil.example", "p=reject", "reject", spf=("evil.example", "fail")),
    )  # fmt: skip
    late = outcome(
        now + 1, recipient("paul@one.example", Ending.SPOOLED, reply="451 4.3.0 full"), sender="ann@good.example"
    )
    other = outcome(now + 2, recipient("zoe@two.example"), client="Two", sender="secret@partner.example")
    message_log.append([spam, late, delivery(late, 20, Ending.DELIVERED, reply="250 2.0.0 here"), other])
    return {"spam": spam, "late": late, "other": other}


def url(cast, rest=""):
    return f"/clients/{cast.one.pk}/log/{rest}"


def test_the_newest_mail_stands_first(cast, mail):
    page = cast.browser(Role.ADMINISTRATOR).get(url(cast)).text
    assert page.index("ann@good.example") < page.index("@evil.example")
    assert "partner.example" not in page
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("q=evil.example", {"spam"}),
        ("q=ANN@good.example", {"late"}),
        ("q=203.0.113.9", {"spam"}),
        ("q=offerte", {"spam"}),
        ("q=paul@one.example", {"spam", "late"}),
        ("category=Q", {"spam"}),
        ("answer=5", {"spam"}),
        ("answer=2", {"late"}),
        ("what=delivered", {"late"}),
        ("direction=outbound", set()),
        ("since=2020-01-01&until=2020-01-02", set()),
        ("q=partner.example", set()),
    ],
)
def test_it_is_searched(cast, mail, asked, found):
    page = cast.browser(Role.ADMINISTRATOR).get(f"{url(cast)}?{asked}").text
    assert {name for name, event in mail.items() if event.id in page} == found


def test_one_page_tells_a_message_from_its_first_record_to_its_last(cast, mail):
    browser = cast.browser(Role.ADMINISTRATOR)
    steps = browser.get(url(cast, mail["late"].id)).context["steps"]
    assert [step["event"].recipients[0].reply for step in steps] == ["451 4.3.0 full", "250 2.0.0 here"]
    spam = browser.get(url(cast, mail["spam"].id)).text
    for expected in (
        "SPF_FAILED",
        "2.50",
        "fail (evil.example)",
        "550 5.7.1 refused",
        "The message was refused; its sender was told.",
    ):
        assert expected in spam
    browser.cookies["language"] = "fr"
    assert "Le message a été refusé" in browser.get(url(cast, mail["spam"].id)).text


def test_a_message_of_another_client_is_not_there(cast, mail):
    browser = cast.browser(Role.ADMINISTRATOR)
    for message_id in (mail["other"].id, "0" * 32, "x", "%00"):
        assert browser.get(url(cast, message_id)).status_code == 404
    assert cast.browser("stranger").get(url(cast)).status_code == 404
    assert cast.browser("stranger").get(url(cast, mail["spam"].id)).status_code == 404
    assert cast.browser("stranger").get(url(cast, "export")).status_code == 404
    assert cast.browser(Role.USER).get(url(cast)).status_code == 403


@pytest.mark.parametrize("who", [Role.HELP_DESK, Role.SUPPORT])
def test_who_may_not_see_content_neither_sees_nor_finds_a_subject(cast, mail, who):
    browser = cast.browser(who)
    assert mail["spam"].id in browser.get(f"{url(cast)}?q=evil.example").text
    assert mail["spam"].id not in browser.get(f"{url(cast)}?q=Geheime").text
    for rest in ("", mail["spam"].id, f"{mail['spam'].id}?format=json", "export", "export?format=json"):
        assert "Geheime" not in browser.get(url(cast, rest)).text


def test_what_is_exported_no_spreadsheet_computes(cast, mail):
    browser = cast.browser(Role.ADMINISTRATOR)
    text = browser.get(url(cast, "export?q=evil.example")).text
    assert "'=cmd" in text
    assert ",=cmd" not in text
    rows = json.loads(browser.get(url(cast, "export?format=json")).text)
    assert [row["id"] for row in rows][:2] == [mail["late"].id, mail["spam"].id]
    events = json.loads(browser.get(url(cast, f"{mail['late'].id}?format=json")).text)["events"]
    assert [event["stage"] for event in events] == ["outcome", "delivery"]


def test_pages_follow_each_other_to_the_end(cast, mail, message_log, monkeypatch):
    monkeypatch.setattr(mail_log, "PAGE", 1)
    browser = cast.browser(Role.ADMINISTRATOR)
    first = browser.get(url(cast))
    second = browser.get(f"{url(cast)}?{first.context['older']}")
    assert [page.context["rows"][0]["row"].id for page in (first, second)] == [mail["late"].id, mail["spam"].id]
    third = browser.get(f"{url(cast)}?{second.context['older']}")
    assert third.context["older"] == ""
    for wrong in ("rubbish.%00", "0" * 32 + ".%00"):
        page = browser.get(f"{url(cast)}?after={wrong}")
        assert [each["row"].id for each in page.context["rows"]] == [mail["late"].id]


def test_what_is_older_than_a_year_is_gone_at_once(cast, message_log):
    old = outcome(time.time() - 366 * DAY_S)
    message_log.append([old])
    assert message_log.search(LogSearch(), 10).rows
    browser = cast.browser(Role.ADMINISTRATOR)
    assert old.id not in browser.get(url(cast)).text
    assert browser.get(url(cast, old.id)).status_code == 404


def test_a_log_that_is_away_is_said(cast, mail):
    class Away:
        def search(self, *_):
            raise Unavailable("away")

        def events(self, *_):
            raise Unavailable("away")

    backends.hand_over(backends.Backends(None, (), Away, None, None, None, None))
    for rest in ("", mail["spam"].id, "export", "export?format=json"):
        answer = cast.browser(Role.ADMINISTRATOR).get(url(cast, rest))
        assert answer.status_code == 503
        assert "Mail flows all the same" in answer.text
