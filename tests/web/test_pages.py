"""Pages show what there is, to those who may see it."""

from __future__ import annotations

import pytest
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.tenants import services as tenants
from tests.control.cast import OPERATOR, ROUTE

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


@pytest.mark.parametrize("page", ["", "addresses/", "lists/", "log/", "quarantine/", "audit/"])
def test_a_search_for_anything_is_no_fault(cast, page):
    """On PostgreSQL a NUL was one; a day after which there is none was one everywhere."""
    browser = cast.browser(Role.ADMINISTRATOR)
    for query in ("q=%00", "q=a%00b", "until=9999-12-31", "since=0001-01-01&until=0001-01-01", "since=%00"):
        assert browser.get(f"/clients/{cast.one.pk}/{page}?{query}").status_code == 200
    assert cast.browser(Role.OPERATOR).get("/?q=%00").status_code == 200


@pytest.mark.parametrize(
    "path", ["//evil.example/", "/\\evil.example/", "/\\/evil.example/", "///evil.example", "/log/?a=//b"]
)
def test_a_choice_leads_back_and_never_to_another_site(client, path):
    answer = client.post("/language", {"language": "fr"}, headers={"referer": f"http://testserver{path}"})
    assert answer.headers["Location"] == "/" + path.lstrip("/\\")


def test_who_is_not_signed_in_is_asked_to(cast, client):
    assert client.get(f"/clients/{cast.one.pk}/").headers["Location"].startswith("/account/login/")
    page = client.get("/account/login/")
    assert page.status_code == 200


def test_every_claim_is_asked_for_also_behind_many_domains(cast):
    with scope(client=cast.one):
        for number in range(9):
            tenants.add_domain(cast.one, f"a{number}.example", [ROUTE], by=OPERATOR)
        claimed = tenants.claim_domain(cast.one, "zz.example", [ROUTE], by=OPERATOR)
    page = cast.browser(Role.OWNER).get(f"/clients/{cast.one.pk}/").text
    asked_for = page.partition("Show that these domains are yours")[2].partition("</li>")[0]
    assert f"/domains/{claimed.pk}/" in asked_for
