"""Answers that the provider keeps ready: an agent begins with one, in the language of who asked (5-1)."""

from __future__ import annotations

import pytest
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.queries import entries
from ecluse.control.support import tickets
from ecluse.control.support.models import Ticket
from tests.control.cast import ADMIN
from tests.web.programs import program_in_role

LIST = "/provider/support/answers/"
MX = {"title": "MX <first>", "text_fr": "Voici & voilà.", "text_en": "Here you <go>."}


@pytest.fixture
def support(cast):
    return cast.browser(Role.SUPPORT)


def test_they_are_kept_on_their_page_by_who_answers_tickets(cast, support):
    for wrong, said in (
        ({"text_en": " "}, "This field is required"),
        ({}, "Saved."),
        ({}, "Another answer has this title"),
    ):
        assert said in support.post(LIST, MX | wrong, follow=True).text
    [one] = support.get(LIST).context["rows"]
    page = f"{LIST}{one.pk}/"
    assert "Saved." in support.post(page, MX | {"title": "MX"}, follow=True).text
    assert 'value="MX"' in support.get(page).text
    for who, status in ((Role.BILLING, 403), (Role.READER, 403), (Role.OWNER, 404)):
        stranger = cast.browser(who)
        assert [stranger.post(each, MX).status_code for each in (LIST, page, f"{page}remove")] == [status] * 3
    assert "Removed." in support.post(f"{page}remove", follow=True).text
    assert "There is none yet." in support.get(LIST).text
    trail = [(each.action, each.before, each.after) for each in entries(None)[:3]]
    assert trail == [
        ("ready-answer.removed", {"title": "MX"}, None),
        ("ready-answer.changed", {"title": "MX <first>"}, {"title": "MX"}),
        ("ready-answer.added", None, {"title": "MX <first>"}),
    ]


@pytest.mark.parametrize(("language", "shown"), [("fr", "Voici &amp; voilà."), ("en", "Here you &lt;go&gt;.")])
def test_an_agent_begins_with_one_and_sends_what_he_makes_of_it(cast, support, language, shown):
    with scope(client=cast.one):
        asked = tickets.Request("MX?", "How?", tickets.Channel.CONSOLE, "ursula@one.example", language=language)
        ticket = tickets.open_ticket(cast.one, asked, by=ADMIN)
    desk = f"/clients/{cast.one.pk}/service/support/{ticket.pk}/"
    assert "Begin with a ready answer" not in support.get(desk).text
    support.post(LIST, MX)
    [one] = support.get(LIST).context["rows"]
    page = support.get(desk).text
    assert ("Begin with a ready answer" in page, shown in page) == (True, False)
    assert shown in support.get(desk, {"ready": one.pk}).text
    assert shown not in support.get(desk, {"ready": "x"}).text
    support.post(f"{desk}act", {"act": "answer", "text": "Here you go, Ursula."})
    with scope(client=cast.one):
        assert Ticket.objects.get().entries.last().text == "Here you go, Ursula."


def test_programs_of_the_provider_keep_them_too(cast):
    desk = program_in_role(cast, Role.SUPPORT)
    made = [desk.post("support/ready-answers", MX | {"title": title}) for title in ("MX", "SPF", "MX")]
    assert [each.status_code for each in made] == [201, 201, 409]
    where = [f"support/ready-answers/{each.json()['id']}" for each in made[:2]]
    assert desk.call("PUT", where[1], MX | {"title": "MX"}).status_code == 409
    assert desk.call("PUT", where[1], MX | {"text_fr": " "}).status_code == 422
    assert desk.call("PUT", where[1], MX | {"title": "DKIM"}).json()["title"] == "DKIM"
    assert [desk.call("DELETE", where[0]).status_code for _ in range(2)] == [204, 404]
    assert [each["title"] for each in desk.get("support/ready-answers").json()["items"]] == ["DKIM"]
    assert program_in_role(cast, Role.BILLING).get("support/ready-answers").status_code == 403
