"""Webhooks on their page and by the API: added, changed, tested, given a fresh secret; and what the page says of them."""

from __future__ import annotations

import time

import pytest
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.webhooks.models import Notice, Webhook
from ecluse.control.webhooks.services import MOST_WEBHOOKS
from ecluse.control.webhooks.telling import OFF_AFTER_S, tell_due
from ecluse.domain.errors import Unavailable
from tests.web.programs import program_in_role

FORM = {"url": "https://hooks.one.example/x", "events": ["message.held", "message.refused"]}


@pytest.fixture
def base(cast):
    return f"/clients/{cast.one.pk}/programs/"


@pytest.fixture
def ann(cast):
    return cast.browser(Role.ADMINISTRATOR)


def the_hook(cast):
    with scope(client=cast.one):
        return Webhook.objects.get()


def test_a_webhook_is_added_and_its_secret_shown_once(cast, ann, base):
    page = ann.post(f"{base}webhooks/add", FORM).text
    secret = page.partition('id="secret">')[2].partition("<")[0]
    assert secret.startswith("whsec_")
    shown = ann.get(base).text
    assert FORM["url"] in shown
    assert "A message was refused" in shown
    assert secret not in shown
    assert Entry.objects.get(action="webhook.added").actor_name == "ann@one.example"


@pytest.mark.parametrize("url", ["http://hooks.one.example/", "https://127.0.0.1/", "javascript:alert(1)"])
def test_an_address_that_is_none_is_said_beside_the_field(cast, ann, base, url):
    page = ann.post(f"{base}webhooks/add", {**FORM, "url": url})
    assert "This is no https address" in page.text
    with scope(client=cast.one):
        assert not Webhook.objects.exists()


def test_a_webhook_is_tested_changed_and_removed(cast, ann, base):
    ann.post(f"{base}webhooks/add", FORM)
    hook = the_hook(cast)
    assert "within a minute" in ann.post(f"{base}webhooks/{hook.pk}/test", follow=True).text
    sent = []

    def post(url, _headers, body):
        sent.append((url, body))
        return 200

    assert tell_due(time.time() + 1, post) == 1
    assert sent[0][0] == FORM["url"]
    assert "works" in ann.get(base).text
    fresh = ann.post(f"{base}webhooks/{hook.pk}/secret").text
    assert "whsec_" in fresh
    ann.post(f"{base}webhooks/{hook.pk}/change", {**FORM, "events": ["message.held"]})
    assert (the_hook(cast).events, the_hook(cast).is_on) == (["message.held"], False)
    ann.post(f"{base}webhooks/{hook.pk}/remove")
    with scope(client=cast.one):
        assert not Webhook.objects.exists()


def test_the_page_says_why_a_webhook_is_off_and_how_to_go_on(cast, ann, base):
    ann.post(f"{base}webhooks/add", FORM)
    hook, now = the_hook(cast), time.time() + 1

    def post(*_):
        raise Unavailable("no answer in time")

    ann.post(f"{base}webhooks/{hook.pk}/test")
    tell_due(now, post)
    assert "no answer in time" in ann.get(base).text
    ann.post(f"{base}webhooks/{hook.pk}/test")
    tell_due(now + OFF_AFTER_S + 60, post)
    page = ann.get(base).text
    assert "nothing was taken for five days" in page
    assert "Switch it on again" in page
    ann.post(f"{base}webhooks/{hook.pk}/change", {**FORM, "is_on": "on"})
    assert "Switch it on again" not in ann.get(base).text
    with scope(client=cast.one):
        assert not Notice.objects.filter(due_at__isnull=False).exists()


def test_there_are_so_many_and_no_more(ann, base):
    for number in range(MOST_WEBHOOKS):
        ann.post(f"{base}webhooks/add", {**FORM, "url": f"https://hooks.one.example/{number}"})
    assert "too many webhooks" in ann.post(f"{base}webhooks/add", FORM).text


def test_programs_do_the_same(cast):
    program = program_in_role(cast, Role.ADMINISTRATOR)
    here = f"clients/{cast.one.pk}/webhooks"
    made = program.post(here, FORM)
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    path = f"{here}/{made.json()['webhook']['id']}"
    assert program.post(f"{path}/test").json()["waiting"] == 1
    assert program.post(f"{path}/secret").json()["secret"] != made.json()["secret"]
    assert program.call("PUT", path, {**FORM, "is_on": False}).json()["is_on"] is False
    refused = program.post(here, {**FORM, "url": "https://10.0.0.1/"})
    assert refused.status_code == 409
    assert "Internet" in refused.json()["detail"]
    assert program.call("DELETE", path).status_code == 204
    assert program.get(here).json()["items"] == []
