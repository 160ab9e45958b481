"""How webhooks are told: signed, repeated with back-off, each without the others."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import pytest
from django.db import connection
from django_scopes import scope, scopes_disabled

from ecluse.control.audit.models import Entry
from ecluse.control.webhooks import services, telling
from ecluse.control.webhooks.jobs import keep_house
from ecluse.control.webhooks.models import Webhook
from ecluse.control.webhooks.telling import AGAIN_AFTER_S, AT_ONCE, KEPT_S, OFF_AFTER_S, tell_due
from ecluse.domain.errors import Unavailable
from tests.control import hooked
from tests.control.cast import ADMIN
from tests.control.hooked import EVENTS, URL, give_notice, notices, reread

pytestmark = pytest.mark.django_db(transaction=True)
one, hook, receiver = hooked.one, hooked.hook, hooked.receiver


def verified(secret, headers, body):
    """As a receiver verifies by Standard Webhooks."""
    headers = {name.lower(): value for name, value in headers.items()}
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return expected in headers["webhook-signature"].split(" ")


def test_a_notice_is_signed_as_standard_webhooks_has_it(hook, receiver):
    give_notice(hook)
    assert tell_due(time.time(), receiver.post) == 1
    ((path, headers, body),) = receiver.taken
    assert path == "/ecluse?from=us"
    assert json.loads(body)["type"] == "webhook.test"
    assert verified(hook.told_secret, headers, body)
    assert not verified(hook.told_secret, headers, body + b" ")
    assert not verified("whsec_" + base64.b64encode(b"x" * 32).decode(), headers, body)
    assert tell_due(time.time() + 86_400, receiver.post) == 0
    assert reread(hook).told_at is not None


def test_a_fresh_secret_signs_beside_the_former_one_for_a_day(hook, one, receiver):
    with scope(client=one):
        fresh = services.rotate_secret(hook, by=ADMIN)
    give_notice(hook)
    tell_due(time.time(), receiver.post)
    _, headers, body = receiver.taken[0]
    assert verified(fresh, headers, body)
    assert verified(hook.told_secret, headers, body)
    give_notice(hook)
    tell_due(time.time() + services.FORMER_SECRET_LIVES_S + 1, receiver.post)
    _, headers, body = receiver.taken[1]
    assert verified(fresh, headers, body)
    assert not verified(hook.told_secret, headers, body)


def test_secrets_are_not_readable_in_the_database(hook):
    row = reread(hook)
    assert base64.b64decode(hook.told_secret.removeprefix("whsec_")) not in bytes(row.secret)
    assert not any("whsec" in str((each.before, each.after)) for each in Entry.objects.all())


@pytest.mark.parametrize("status", [301, 302, 400, 404, 500, 503])
def test_what_is_not_taken_comes_again_later_with_the_same_name_and_body(hook, receiver, status):
    receiver.status, now = status, time.time() + 1
    give_notice(hook)
    assert tell_due(now, receiver.post) == 0
    assert tell_due(now + AGAIN_AFTER_S[0] - 1, receiver.post) == 0
    receiver.status = 200
    assert tell_due(now + AGAIN_AFTER_S[0] + 1, receiver.post) == 1
    (_, first, body), (_, second, again) = receiver.taken
    assert (first["webhook-id"], body) == (second["webhook-id"], again)
    assert reread(hook).failing_since is None


def test_a_notice_is_given_up_after_its_tries(hook, receiver):
    receiver.status, now = 500, time.time() + 1
    give_notice(hook)
    for wait_s in (0.0, *AGAIN_AFTER_S):
        now += wait_s + 1
        tell_due(now, receiver.post)
    (notice,) = notices()
    assert (notice.due_at, len(receiver.taken)) == (None, len(AGAIN_AFTER_S) + 1)
    assert reread(hook).failing_since is None  # Nothing waits any more: a later failure is a first one.


def test_who_never_answers_is_switched_off_and_the_trail_says_so(hook, one, receiver):
    receiver.status, now = 500, time.time() + 1
    give_notice(hook)
    tell_due(now, receiver.post)
    give_notice(hook)
    tell_due(now + OFF_AFTER_S + 1, receiver.post)
    row = reread(hook)
    assert not row.is_on
    assert "five days" in row.off_because
    assert Entry.objects.get(action="webhook.switched-off").client_id == one.pk
    give_notice(hook)
    assert tell_due(now + 2 * OFF_AFTER_S, receiver.post) == 0
    with scope(client=one):
        services.change_webhook(row, URL, EVENTS, is_on=True, by=ADMIN)
    assert (reread(hook).off_because, reread(hook).failing_since) == ("", None)


def test_who_is_gone_is_told_no_more(hook, receiver):
    receiver.status = 410
    give_notice(hook)
    tell_due(time.time(), receiver.post)
    assert not reread(hook).is_on


def test_a_dead_receiver_is_asked_once_a_round_and_holds_up_nobody(hook, one, receiver):
    with scope(client=one):
        dead, _ = services.add_webhook(one, "https://dead.one.example/", ["message.held"], by=ADMIN)
    give_notice(dead, 5)
    give_notice(hook, 2)
    asked = []

    def post(url, headers, body):
        asked.append(url)
        if "dead" in url:
            raise Unavailable("no answer")
        return receiver.post(url, headers, body)

    assert tell_due(time.time(), post) == 2
    assert sum("dead" in each for each in asked) == 1
    assert reread(dead).last_trouble == "no answer"
    assert tell_due(time.time() + 30, post) == 0
    assert sum("dead" in each for each in asked) == 1


@pytest.fixture
def other(one):
    with scope(client=one):
        return services.add_webhook(one, "https://other.one.example/", ["message.held"], by=ADMIN)[0]


def test_what_waits_for_one_webhook_holds_up_no_other(hook, other):
    give_notice(hook, 2 * AT_ONCE)
    give_notice(other)
    asked = []
    assert tell_due(time.time(), lambda url, *_: asked.append(url) or 204) == 2 * AT_ONCE + 1
    assert other.url in asked[: AT_ONCE + 1]


def test_who_is_slow_holds_up_the_worker_no_longer_than_it_has_time(hook):
    give_notice(hook, 3)
    assert tell_due(time.time(), lambda *_: time.sleep(0.3) or 204, within_s=0.2) == 1
    assert tell_due(time.time(), lambda *_: 204) == 2


def test_a_failure_puts_off_all_that_waits_for_a_webhook_and_ever_longer(hook):
    give_notice(hook, 3 * AT_ONCE)
    now, asked = time.time() + 1, []
    for minute in range(40):
        tell_due(now + 60 * minute, lambda *_, at=minute: asked.append(at) or 500)
    assert asked == [0, 1, 6, 36]


def test_a_notice_that_alone_is_not_taken_holds_up_no_other(hook):
    give_notice(hook, 3)
    bad = notices()[0].event

    def post(_url, headers, _body):
        return 400 if headers["webhook-id"] == bad else 204

    assert tell_due(time.time(), post) == 0
    assert tell_due(time.time() + 61, post) == 2


def test_a_secret_that_cannot_be_read_is_trouble_of_its_webhook_alone(hook, other):
    with scopes_disabled():
        Webhook.objects.filter(pk=hook.pk).update(secret=b"of another master key")
    give_notice(hook)
    give_notice(other)
    assert tell_due(time.time(), lambda *_: 204) == 1
    assert reread(hook).last_trouble


def test_secrets_are_opened_once_for_all_that_one_webhook_is_told(hook, monkeypatch):
    opened, unwrap = [], telling.unwrapped_secret
    monkeypatch.setattr(telling, "unwrapped_secret", lambda *each: opened.append(each) or unwrap(*each))
    give_notice(hook, 3)
    assert tell_due(time.time(), lambda *_: 204) == 3
    assert len(opened) == 1


def test_who_is_removed_while_being_told_loses_no_others_result(hook, other):
    give_notice(hook)
    give_notice(other)

    def post(url, *_):
        if "other" not in url:
            with scopes_disabled():
                Webhook.objects.filter(pk=hook.pk).delete()
            connection.close()  # That thread's own.
            return 410
        return 204

    assert tell_due(time.time(), post) == 1
    assert reread(other).told_at is not None
    assert not Entry.objects.filter(action="webhook.switched-off").exists()


def test_two_workers_do_not_tell_the_same(hook, receiver):
    give_notice(hook)

    def post_while_another_works(url, headers, body):
        assert tell_due(time.time(), receiver.post) == 0
        connection.close()  # That thread's own.
        return receiver.post(url, headers, body)

    assert tell_due(time.time(), post_while_another_works) == 1


def test_a_change_undoes_nothing_that_happened_meanwhile(hook, one):
    with scope(client=one):
        services.rotate_secret(reread(hook), by=ADMIN)
        Webhook.objects.filter(pk=hook.pk).update(not_before=1e12, failures=3)
        services.change_webhook(hook, URL, ["message.held"], is_on=True, by=ADMIN)
    found = reread(hook)
    assert found.former_secret is not None
    assert (found.not_before, found.failures) == (1e12, 3)


def test_old_notices_are_forgotten(hook):
    give_notice(hook)
    keep_house(time.time() + KEPT_S - 60)
    assert len(notices()) == 1
    keep_house(time.time() + KEPT_S + 60)
    assert notices() == []
