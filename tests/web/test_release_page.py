"""The page behind the address in a refusal: GET never acts, and a robot does not get through (1-6)."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from itertools import count

import pytest
from django.test import Client as Browser

from ecluse.control.mail.models import CopyState, HeldCopy, NodeOrder
from ecluse.domain.release_token import token_digest
from tests.control import test_quarantine
from tests.control.test_sender_release import solved

pytestmark = pytest.mark.django_db(transaction=True)
database, orders, one, public_key, node = (
    test_quarantine.database,
    test_quarantine.orders,
    test_quarantine.one,
    test_quarantine.public_key,
    test_quarantine.node,
)
PAGE = "/r/secret"
WORDS = {
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
    "fr": ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"],
}
_numbers = count(1)


@pytest.fixture
def browser():
    return visitor("en")


def visitor(language):
    return Browser(headers={"accept-language": language}, REMOTE_ADDR=f"192.0.2.{next(_numbers)}")


class Asked:
    """What a page asks."""

    def __init__(self, text, language="en"):
        self.challenge = unescape(re.search(r'data-challenge="([^"]*)"', text)[1])
        spoken = re.search(r"(?:digits|chiffres) ?: ([^<]*)</label>", text)[1]
        self.digits = "".join(str(WORDS[language].index(word)) for word in spoken.split(", "))

    def answer(self, **changes):
        return {"proof": solved(self), "code": self.digits, **changes}


def state():
    return HeldCopy.objects.get(category="Q").state


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_sender_releases_his_mail(node, language):
    browser = visitor(language)
    shown = browser.get(PAGE)
    assert shown.status_code == 200
    assert f'<html lang="{language}">' in shown.text
    assert "The offer" in shown.text
    assert "@one.example" in shown.text
    assert "ann@" not in shown.text
    answered = browser.post(PAGE, Asked(shown.text, language).answer())
    assert answered.headers["Location"] == PAGE
    node.look()
    assert state() == CopyState.RELEASED
    assert HeldCopy.objects.get(category="Q").channel == "sender"
    assert ("released" if language == "en" else "libéré") in browser.get(PAGE).text


def test_looking_never_acts(node, browser):
    """A scanner of a mail server opens every link, and follows what it finds there."""
    text = browser.get(PAGE).text
    browser.head(PAGE)
    for link in re.findall(r'href="(/[^"]*)"', text):
        browser.get(link)
    answer = Asked(text).answer()
    browser.get(PAGE, answer)
    assert state() == CopyState.HELD
    assert not NodeOrder.objects.exists()


@pytest.mark.parametrize("changes", [{"proof": ""}, {"proof": "AAAA"}, {"code": "12345"}, {"code": ""}, {"code": "é"}])
def test_half_an_answer_releases_nothing_and_a_fresh_test_follows(node, browser, changes):
    answer = Asked(browser.get(PAGE).text).answer(**changes)
    again = browser.post(PAGE, answer)
    assert again.status_code == 422
    assert state() == CopyState.HELD
    assert browser.post(PAGE, Asked(again.text).answer()).status_code == 302


def test_an_answer_counts_once(node, browser):
    wrong = Asked(browser.get(PAGE).text)
    right = wrong.answer()
    assert browser.post(PAGE, wrong.answer(code="99999")).status_code == 422
    assert browser.post(PAGE, right).status_code == 422
    assert state() == CopyState.HELD


def test_nobody_tries_without_end(node, browser):
    for _ in range(15):
        assert browser.post(PAGE, {}).status_code == 422
    assert browser.post(PAGE, {}).status_code == 429
    # From elsewhere neither: the message has its own limit.
    assert visitor("en").post(PAGE, {}).status_code == 429


def test_nobody_guesses_without_end(node, browser):
    for number in range(60):
        assert browser.get(f"/r/guess{number}").status_code == 404
    assert browser.get(PAGE).status_code == 429


def test_the_address_stays_secret(node, browser):
    for response in (browser.get(PAGE), browser.get("/r/guess")):
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert "noindex" in response.headers["X-Robots-Tag"]
        assert "no-store" in response.headers["Cache-Control"]
        assert "sessionid" not in response.cookies


def test_a_form_from_elsewhere_is_refused(node):
    strict = Browser(enforce_csrf_checks=True, REMOTE_ADDR="192.0.2.250")
    assert strict.post(PAGE, {}).status_code == 403
    assert state() == CopyState.HELD


def test_the_form_of_a_browser_is_taken(node):
    """Browsers name where a form comes from; under "no-referrer" they would name nobody, and be refused."""
    strict = Browser(enforce_csrf_checks=True, REMOTE_ADDR="192.0.2.251")
    text = strict.get(PAGE).text
    answer = Asked(text).answer(csrfmiddlewaretoken=re.search(r'csrfmiddlewaretoken" value="(\w+)"', text)[1])
    assert strict.post(PAGE, answer, headers={"origin": "null"}).status_code == 403
    assert strict.post(PAGE, answer, headers={"origin": "http://testserver"}).status_code == 302


def test_a_subject_cannot_act(node, browser):
    hostile = b"Subject: <script>alert(1)</script>\"'>{{ 7|add:7 }}\r\n\r\nx\r\n"
    node.keep(replace(test_quarantine.MESSAGE, id="c" * 32, token=token_digest("hostile")), hostile)
    text = browser.get("/r/hostile").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "{{ 7|add:7 }}" in text


def test_the_challenge_is_for_browsers_to_read(node, browser):
    asked = json.loads(Asked(browser.get(PAGE).text).challenge)
    assert set(asked) == {"challenge", "salt", "signature", "max", "algorithm"}
