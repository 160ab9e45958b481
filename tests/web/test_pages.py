"""Pages show what there is, to those who may see it."""

from __future__ import annotations

import pytest

from ecluse.control.accounts.roles import Role

PAGES = (
    "",
    "log/",
    "domains/",
    "domains/add",
    "addresses/",
    "addresses/add",
    "settings/",
    "lists/",
    "lists/add",
    "members/",
    "members/invite",
    "audit/",
)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_an_administrator_sees_every_page(cast, page, language):
    browser = cast.browser(Role.ADMINISTRATOR)
    browser.cookies["language"] = language
    response = browser.get(f"/clients/{cast.one.pk}/{page}")
    assert response.status_code == 200
    assert f'<html lang="{language}">' in response.text


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_finds_nothing_there(cast, page):
    assert cast.browser("stranger").get(f"/clients/{cast.one.pk}/{page}").status_code == 404
    assert cast.browser("nobody").get(f"/clients/{cast.one.pk}/{page}").status_code == 404


def test_who_has_one_client_is_led_there(cast):
    assert cast.browser(Role.ADMINISTRATOR).get("/").headers["Location"] == f"/clients/{cast.one.pk}/"


def test_the_provider_sees_all_clients(cast):
    page = cast.browser(Role.OPERATOR).get("/").text
    assert "One" in page
    assert "Two" in page


def test_health_tells_nothing_but_that_it_is_well(cast, client):
    assert client.get("/health").text == "ok\n"


def test_who_is_not_signed_in_is_asked_to(cast, client):
    assert client.get(f"/clients/{cast.one.pk}/").headers["Location"].startswith("/account/login/")
    page = client.get("/account/login/")
    assert page.status_code == 200
