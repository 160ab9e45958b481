"""The settings of quarantine and digests: who may set them, and that they are what counts from then on."""

from __future__ import annotations

import re

import pytest
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.queries import entries
from ecluse.control.mail.digest_settings import digest_rules_of
from ecluse.control.mail.held import rules_of
from ecluse.control.tenants.models import Client

RULES = {"spam_users_may": "ask", "mass_users_may": "look", "keep_days": "7"}
DIGESTS = {
    "is_on": "on",
    "hours": ["8", "17"],
    "days": ["0", "4"],
    "classes": ["Q"],
    "within_minutes": "0",
    "language": "en",
    "time_zone": "Europe/Berlin",
    "asks_for_login": "on",
}


def here(cast, path=""):
    return f"/clients/{cast.one.pk}/quarantine/settings{path}"


def digests_of(cast):
    with scope(client=cast.one):
        return digest_rules_of(cast.one)


def test_what_an_administrator_sets_counts_and_is_recorded(cast):
    ann = cast.browser(Role.ADMINISTRATOR)
    assert "Saved" in ann.post(here(cast, "/rules"), RULES, follow=True).text
    assert "Saved" in ann.post(here(cast, "/digests"), DIGESTS, follow=True).text
    with scope(client=cast.one):
        rules = rules_of(cast.one)
        assert (rules.spam_users_may, rules.mass_users_may, rules.senders_may_release) == ("ask", "look", False)
        assert rules.keep_days == 7
    digests = digests_of(cast)
    assert (digests.is_on, digests.hours, digests.days, digests.classes) == (True, [8, 17], [0, 4], "Q")
    assert digests.asks_for_login
    client = Client.objects.get(pk=cast.one.pk)
    assert (client.language, client.time_zone) == ("en", "Europe/Berlin")
    acts = {each.action for each in entries(cast.one.pk)}
    assert {"quarantine.rules-set", "digest.rules-set", "client.language-set"} <= acts
    page = ann.get(here(cast)).text
    assert 'value="17" id="id_hours_17" checked' in page


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("/rules", RULES | {"keep_days": "31"}),
        ("/rules", RULES | {"spam_users_may": "burn"}),
        ("/digests", DIGESTS | {"hours": ["24"]}),
        ("/digests", DIGESTS | {"hours": []}),
        ("/digests", DIGESTS | {"within_minutes": "1"}),
        ("/digests", DIGESTS | {"classes": ["P"]}),
        ("/digests", DIGESTS | {"classes": []}),
        ("/digests", DIGESTS | {"time_zone": "Mars/Base"}),
    ],
)
def test_what_cannot_be_is_told(cast, path, wrong):
    page = cast.browser(Role.ADMINISTRATOR).post(here(cast, path), wrong)
    assert page.status_code == 200
    assert "invalid-feedback" in page.text
    assert not digests_of(cast).is_on
    with scope(client=cast.one):
        assert rules_of(cast.one).pk is None


@pytest.mark.parametrize("who", [Role.HELP_DESK, Role.SUPPORT, Role.USER])
def test_who_may_not_set_them_does_not(cast, who):
    browser = cast.browser(who)
    assert browser.post(here(cast, "/digests"), DIGESTS).status_code == 403
    assert browser.post(here(cast, "/rules"), RULES).status_code == 403


def test_in_french(cast):
    browser = cast.browser(Role.HELP_DESK)
    browser.cookies["language"] = "fr"
    page = browser.get(here(cast)).text
    assert "en 10 minutes au plus" in page
    assert "lundi" in page
    assert "disabled" in page


def test_what_counts_is_what_the_form_shows(cast):
    """Or whoever saves another wish would take the classes away."""
    page = cast.browser(Role.ADMINISTRATOR).get(here(cast)).text
    boxes = re.findall(r'<input[^>]*name="classes"[^>]*>', page)
    assert len(boxes) == len([each for each in boxes if "checked" in each]) == 2
