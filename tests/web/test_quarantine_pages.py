"""The quarantine's pages: who sees what of it, what is done by whom, and that nothing in a message acts."""

from __future__ import annotations

import html
import time
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_scopes import scope

from ecluse.adapters.folder.journal_reader import read_events
from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.mail import held
from ecluse.control.mail.models import CopyState, HeldCopy, NodeOrder
from ecluse.control.policies.models import ListEntry
from ecluse.domain.event import Ending
from ecluse.domain.ids import new_id
from ecluse.domain.language import Language
from ecluse.filtering.meanings import MEANINGS
from tests.contract.message_log.contract import delivery, outcome, recipient
from tests.control import test_quarantine
from tests.control.cast import client as make_client
from tests.control.test_quarantine import ANN, MESSAGE
from tests.web import conftest

pytestmark = pytest.mark.django_db(transaction=True)
database, orders, one, public_key, node = (
    test_quarantine.database,
    test_quarantine.orders,
    test_quarantine.one,
    test_quarantine.public_key,
    test_quarantine.node,
)


@pytest.fixture
def people(one, node):
    two = make_client("Two")
    roles = (Role.OWNER, Role.ADMINISTRATOR, Role.HELP_DESK, Role.USER)
    made = {role: conftest.person(f"{role}@one.example", one, role) for role in roles}
    return made | {"stranger": conftest.person("sam@two.example", two, Role.OWNER)}


@pytest.fixture
def pages(people, one):
    class Pages:
        base = f"/clients/{one.pk}/quarantine/"
        copy = HeldCopy.objects.get(category="Q")

        def browser(self, who):
            return conftest.signed_in(people[who])

        def act(self, who, what, *copies):
            ids = [each.pk for each in copies or [self.copy]]
            return self.browser(who).post(f"{self.base}act", {"act": what, "copy": ids}, follow=True)

    return Pages()


@pytest.fixture(autouse=True)
def _log(dns):
    """Pages may ask it."""


def state(category="Q"):
    return HeldCopy.objects.get(category=category).state


def test_an_administrator_sees_subjects_and_the_help_desk_does_not(pages):
    """14-2: metadata is not content."""
    seen = pages.browser(Role.ADMINISTRATOR).get(pages.base).text
    assert "The offer" in seen
    assert "ann@one.example" in seen
    seen = pages.browser(Role.HELP_DESK).get(pages.base).text
    assert "The offer" not in seen
    assert "eve@e.example" in seen
    assert 'name="act"' not in seen
    assert "The offer" not in pages.browser(Role.HELP_DESK).get(f"{pages.base}{pages.copy.pk}/").text


@pytest.mark.parametrize("page", ["", "{copy}/"])
def test_a_stranger_finds_nothing(pages, page):
    address = pages.base + page.format(copy=pages.copy.pk)
    assert pages.browser("stranger").get(address).status_code == 404
    assert pages.browser(Role.USER).get(address).status_code == 403


def test_another_clients_copies_cannot_be_named(pages, people):
    own = people["stranger"].memberships.get().client
    with scope(client=own):
        browser = pages.browser("stranger")
        assert browser.get(f"/clients/{own.pk}/quarantine/{pages.copy.pk}/").status_code == 404
        browser.post(f"/clients/{own.pk}/quarantine/act", {"act": "delete", "copy": [pages.copy.pk]})
    assert not NodeOrder.objects.exists()


@pytest.mark.parametrize("who", [Role.HELP_DESK, Role.USER])
@pytest.mark.parametrize("what", ["act", "{copy}/look"])
def test_who_may_not_cannot(pages, who, what):
    address = pages.base + what.format(copy=pages.copy.pk)
    assert pages.browser(who).post(address, {"act": "release", "copy": [pages.copy.pk]}).status_code == 403
    assert not NodeOrder.objects.exists()


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("release", CopyState.RELEASED),
        ("release-report", CopyState.RELEASED),
        ("release-allow", CopyState.RELEASED),
        ("delete", CopyState.DELETED),
        ("block", CopyState.DELETED),
        ("decline", CopyState.HELD),
        ("nonsense", CopyState.HELD),
    ],
)
def test_an_act(pages, node, what, expected):
    assert pages.act(Role.ADMINISTRATOR, what).status_code == 200
    node.look()
    assert state() == expected
    assert state("M") == CopyState.HELD
    listed = {"release-allow": ["allow"], "block": ["block"]}.get(what, [])
    assert [each.kind for each in ListEntry.objects.all()] == listed
    assert HeldCopy.objects.get(category="Q").is_reported == (what == "release-report")


def test_many_at_once(pages, node):
    answer = pages.act(Role.OWNER, "release", *HeldCopy.objects.all())
    assert "2 messages" in answer.text
    node.look()
    assert (state(), state("M")) == (CopyState.RELEASED, CopyState.RELEASED)


def test_a_get_never_acts(pages):
    browser = pages.browser(Role.ADMINISTRATOR)
    assert browser.get(f"{pages.base}act", {"act": "release", "copy": [pages.copy.pk]}).status_code == 405
    assert browser.get(f"{pages.base}{pages.copy.pk}/look").status_code == 405
    assert state() == CopyState.HELD


@pytest.mark.parametrize("query", ["?q=ann@", "?kind=Q", "?state=released", "?kind=X&state=Y", "?page=999", "?q=%00"])
def test_a_search_never_breaks(pages, query):
    assert pages.browser(Role.ADMINISTRATOR).get(pages.base + query).status_code == 200


def test_a_look_shows_what_cannot_act_and_is_recorded(pages, node):
    browser = pages.browser(Role.ADMINISTRATOR)
    asked = browser.post(f"{pages.base}{pages.copy.pk}/look").headers["Location"]
    order = asked.partition("?look=")[2]
    frame = f"{pages.base}{pages.copy.pk}/look/{order}"
    assert "hx-trigger" in browser.get(frame).text
    node.look()
    assert "<iframe" in browser.get(frame).text
    shown = browser.get(f"{pages.base}{pages.copy.pk}/content/{order}")
    policy = shown.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert shown.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "hello" in shown.text
    for word in ("<script", "onclick", "t.example"):
        assert word not in shown.text
    assert Entry.objects.filter(action="message.previewed", actor_name="administrator@one.example").exists()
    assert pages.browser(Role.HELP_DESK).get(f"{pages.base}{pages.copy.pk}/content/{order}").status_code == 403


def test_the_keys_of_many_messages_are_asked_for_once(pages, node):
    browser = pages.browser(Role.ADMINISTRATOR)
    for _ in range(5):
        node.keep(replace(test_quarantine.MESSAGE, id=new_id()))
    with CaptureQueriesContext(connection) as seen:
        assert browser.get(pages.base).text.count("The offer") >= 12
    assert len([each for each in seen if "keystore_sealingkey" in each["sql"]]) == 1


@pytest.mark.parametrize("order", ["a/b", "%00", "x" * 32, "é", "0" * 32])
def test_what_was_never_ordered_is_not_asked_for(pages, order):
    page = pages.browser(Role.ADMINISTRATOR).get(f"{pages.base}{pages.copy.pk}/?look={order}")
    assert page.status_code == 200
    assert "hx-get" not in page.text
    assert "Look into it" in page.text


def test_a_node_that_stays_away_is_not_asked_for_ever(pages):
    browser = pages.browser(Role.ADMINISTRATOR)
    asked = browser.post(f"{pages.base}{pages.copy.pk}/look").headers["Location"]
    frame = f"{pages.base}{pages.copy.pk}/look/{asked.partition('?look=')[2]}"
    assert "hx-get" in browser.get(frame).text
    with scope(client=pages.copy.client):
        NodeOrder.objects.update(expires=time.time())
    page = browser.get(frame).text
    assert "hx-get" not in page
    assert "has not sent it up" in page


@pytest.mark.parametrize("language", ["en", "fr"])
def test_each_page_in_both_languages(pages, language):
    browser = pages.browser(Role.ADMINISTRATOR)
    browser.cookies["language"] = language
    word = {"en": "Release and allow sender", "fr": "Libérer et autoriser"}[language]
    for page in ("", f"{pages.copy.pk}/"):
        assert word in browser.get(pages.base + page).text
    assert (
        html.escape(MEANINGS["GTUBE"].sentence(Language(language))) in browser.get(f"{pages.base}{pages.copy.pk}/").text
    )


def test_a_released_copy_shows_how_far_it_has_come(pages, node, message_log):
    """Not only the node's answer: the words of the recipient's server."""
    page = f"{pages.base}{pages.copy.pk}/"
    refused = outcome(MESSAGE.received_at, recipient(ANN.key, Ending.REFUSED, reply="550 5.7.1 spam"), id=MESSAGE.id)
    message_log.append([refused])
    pages.act(Role.ADMINISTRATOR, "release")
    node.look()
    seen = pages.browser(Role.HELP_DESK).get(page).text
    assert "released, unscanned" in seen
    assert "(administrator@one.example)" in seen
    assert "550 5.7.1" not in seen  # That was before.
    message_log.append(list(read_events(node.paths.journal)))
    assert ">waiting ·" in " ".join(pages.browser(Role.HELP_DESK).get(page).text.split()).replace(
        "> waiting", ">waiting"
    )
    [released] = [each for each in message_log.events(MESSAGE.id) if each.released_by]
    message_log.append([delivery(released, 2.0, Ending.DEFERRED, reply="451 4.2.1 come back")])
    message_log.append([delivery(released, 60.0, Ending.DELIVERED, reply="250 2.0.0 taken <b>")])
    seen = pages.browser(Role.HELP_DESK).get(page).text
    assert "250 2.0.0 taken &lt;b&gt;" in seen
    assert "451 4.2.1" not in seen


def test_words_are_searched_by_those_who_may_read_them(pages):
    search = f"{pages.base}?words="
    assert "ann@one.example" in pages.browser(Role.ADMINISTRATOR).get(f"{search}OFFER").text
    assert "ann@one.example" not in pages.browser(Role.ADMINISTRATOR).get(f"{search}nothing").text
    assert "ann@one.example" in pages.browser(Role.HELP_DESK).get(f"{search}nothing").text


def test_a_page_opens_the_clients_keys_once(pages, monkeypatch):
    made = []
    real = held.Opener
    monkeypatch.setattr(held, "Opener", lambda client: made.append(client) or real(client))
    pages.browser(Role.ADMINISTRATOR).get(pages.base)
    assert len(made) == 1


def test_releases_are_counted_by_channel_and_reports_are_seen(pages, node):
    pages.act(Role.ADMINISTRATOR, "release-report")
    browser = pages.browser(Role.ADMINISTRATOR)
    assert "by administrators 1, by recipients 0, by senders 0" in browser.get(f"{pages.base}?state=released").text
    assert "Reported as wrongly blocked." in browser.get(f"{pages.base}{pages.copy.pk}/").text


def test_what_waits_for_approval_has_a_page_with_its_own_acts(pages, node, one):
    node.keep(test_quarantine.SENT)
    ann = pages.browser(Role.ADMINISTRATOR)
    seen = ann.get(f"{pages.base}approvals").text
    assert "rob@far.example" in seen
    assert "Approve and send" in seen
    assert "Delete and block sender" not in seen
    assert "rob@far.example" not in ann.get(pages.base).text
    copies = HeldCopy.objects.filter(message_id=test_quarantine.SENT.id)
    assert "Approve and send" in ann.get(f"{pages.base}{copies[0].pk}/").text
    sent = {"act": "delete", "copy": [each.pk for each in copies], "reason": "Ask sales first."}
    answer = ann.post(f"{pages.base}act", sent)
    assert answer["Location"] == f"{pages.base}approvals"
    assert {each.state for each in copies.all()} == {CopyState.DELETING}
    assert Entry.objects.filter(action="message.deleted").latest("number").after == {"reason": "Ask sales first."}
    assert pages.browser(Role.USER).get(f"{pages.base}approvals").status_code in {403, 404}
