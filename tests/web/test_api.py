"""The API: keys, scopes, problems, pieces of lists, requests that are repeated; and what programs do with it."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from ecluse.control.accounts import services as accounts
from ecluse.control.accounts.models import Membership
from ecluse.control.accounts.roles import Permission, Role
from ecluse.control.audit.models import Entry
from ecluse.control.programs.answers import KEPT_FOR, forget_answers
from ecluse.control.programs.models import ApiKey, KeptAnswer
from ecluse.control.programs.services import make_key
from ecluse.control.tenants import services as tenants
from ecluse.control.tenants.models import Domain
from ecluse.domain.dns import Answer, DnsStatus, Mx
from ecluse.web.api import callers
from tests.contract.message_log.contract import outcome, recipient
from tests.control.cast import OPERATOR, ROUTE
from tests.web.programs import Program, program_in_role, program_of

ROUTE_IN = {"host": "mail.one.example"}


@pytest.fixture
def program(cast):
    return program_in_role(cast, Role.ADMINISTRATOR)


@pytest.fixture
def here(cast):
    return f"clients/{cast.one.pk}"


def kind(answer):
    """The kind of problem; each says what to do."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == answer.status_code
    assert document["detail"]
    return document["type"].removeprefix("/api/v1/problems#")


# --- Keys


def test_a_key_is_shown_once_and_kept_as_a_digest(cast):
    ann = cast.browser(Role.ADMINISTRATOR)
    base = f"/clients/{cast.one.pk}/programs/"
    page = ann.post(f"{base}keys/make", {"name": "directory", "scopes": ["see-client"]}).text
    secret = page.partition('id="secret">')[2].partition("<")[0]
    assert Program(secret).get("key").json()["scopes"] == ["see-client"]
    with scope(client=cast.one):
        key = ApiKey.objects.get(name="directory")
        assert secret not in str(ApiKey.objects.values().get(pk=key.pk))
    shown = ann.get(base).text
    assert "directory" in shown
    assert secret not in shown
    assert (key.used_from, key.used_at.date()) == ("127.0.0.1", timezone.now().date())
    entry = Entry.objects.get(action="api-key.made")
    assert (entry.actor_name, entry.client_id, entry.after["scopes"]) == (
        "ann@one.example",
        cast.one.pk,
        ["see-client"],
    )
    ann.post(f"{base}keys/{key.pk}/revoke")
    assert kind(Program(secret).get("key")) == "no-key"
    assert Entry.objects.filter(action="api-key.revoked").exists()


def test_nobody_lends_what_he_does_not_have(cast):
    """An operator sees no content; no key of his does."""
    browser = cast.browser(Role.OPERATOR)
    form = {"name": "x", "scopes": ["see-content"]}
    assert "Select a valid choice" in browser.post(f"/clients/{cast.one.pk}/programs/keys/make", form).text
    with pytest.raises(accounts.OutOfReach):
        make_key(cast.one, "x", [Permission.SEE_CONTENT], may_lend=[], expires_at=None, by=OPERATOR)
    whole = program_of(cast.people[Role.OPERATOR], cast.one)
    assert "see-content" not in whole.get("key").json()["scopes"]


def test_a_key_loses_what_its_maker_loses(cast, program, here):
    assert program.get(f"{here}/log").status_code == 200
    member = Membership.objects.get(user=cast.people[Role.ADMINISTRATOR])
    accounts.change_role(member, Role.USER, by=OPERATOR)
    assert kind(program.get(f"{here}/log")) == "scope-missing"
    accounts.dismiss(member, by=OPERATOR)
    assert kind(program.get(f"{here}/log")) == "no-key"


def test_a_key_has_no_more_than_its_scopes(cast, here):
    reader = program_of(cast.people[Role.ADMINISTRATOR], cast.one, Permission.SEE_CLIENT)
    assert reader.get(f"{here}/domains").status_code == 200
    refused = reader.post(f"{here}/domains", {"name": "fresh.example", "route": ROUTE_IN})
    assert kind(refused) == "scope-missing"
    assert "change-domains" in refused.json()["detail"]


@pytest.mark.parametrize("secret", ["", "ecl_guess", "x" * 5_000, "\u00e9"])
def test_without_a_valid_key_nothing_is_told(cast, here, secret):
    answer = Program(secret).get(f"{here}/domains")
    assert kind(answer) == "no-key"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_expired_key_opens_nothing(cast):
    assert kind(program_of(cast.people[Role.OWNER], cast.one, days=-1).get("key")) == "no-key"
    assert program_of(cast.people[Role.OWNER], cast.one, days=1).get("key").status_code == 200


def test_a_session_is_no_key_and_a_key_no_session(cast, program, here):
    browser = cast.browser(Role.ADMINISTRATOR)
    assert kind(browser.get(f"/api/v1/{here}/domains")) == "no-key"
    answer = program.get(f"{here}/domains")
    assert not answer.cookies
    page = Browser(headers={"Authorization": f"Bearer {program.secret}"}).get(f"/clients/{cast.one.pk}/domains/")
    assert page.status_code == 302


def test_who_guesses_is_slowed_down_and_who_has_a_key_is_not(cast, program, monkeypatch):
    monkeypatch.setattr(callers, "UNKNOWN_KEYS", replace(callers.UNKNOWN_KEYS, name="a-guess", most=2))
    assert [Program("guess").get("key").status_code for _ in range(4)] == [401, 401, 429, 429]
    assert program.get("key").status_code == 200


def test_a_key_that_asks_too_often_is_told_when_to_come_again(cast, program, monkeypatch):
    monkeypatch.setattr(callers, "CALLS", replace(callers.CALLS, name="few-calls", most=2))
    answers = [program.get("key") for _ in range(4)]
    assert [each.status_code for each in answers[:2]] == [200, 200]
    assert kind(answers[-1]) == "too-often"
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_keys_of_the_provider_enter_every_client_and_see_no_content(cast, message_log):
    operator = program_in_role(cast, Role.OPERATOR)
    assert {each["name"] for each in operator.get("clients").json()["items"]} >= {"One", "Two"}
    assert operator.post("clients", {"name": "Three"}).status_code == 201
    assert "see-content" not in operator.get("key").json()["scopes"]
    assert operator.get(f"clients/{cast.two.pk}/domains").status_code == 200


def test_what_a_key_did_stands_in_the_trail_under_its_name(cast, program, here):
    program.post(f"{here}/domains", {"name": "fresh.example", "route": ROUTE_IN})
    entry = Entry.objects.get(action="domain.added", after__name="fresh.example")
    assert (entry.actor_kind, entry.actor_name, entry.ip) == ("api-key", "sync", "127.0.0.1")
    with scopes_disabled():
        assert entry.actor_id == ApiKey.objects.get(digest__isnull=False, name="sync").pk


def test_reading_again_writes_nothing(program, here):
    program.get(f"{here}/domains")
    with CaptureQueriesContext(connection) as seen:
        assert program.get(f"{here}/domains").status_code == 200
    assert [each["sql"] for each in seen if each["sql"].startswith("UPDATE")] == []


# --- Requests and answers


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", "bad-request"),
        (b"", "invalid"),
        (b"[" * 200_000, "bad-request"),
        (b'{"name": NaN}', "bad-request"),
        (b'{"name": "\\ud800", "route": {"host": "a.example"}}', "bad-request"),
        ({"name": "a.example"}, "invalid"),
        ({"name": "a.example", "route": ROUTE_IN, "colour": "red"}, "invalid"),
        ({"name": "a\0.example", "route": ROUTE_IN}, "invalid"),
        ({"name": "no domain", "route": ROUTE_IN}, "invalid"),
        ({"name": "a.example", "route": {"host": "127.0.0.1"}}, "invalid"),
        ({"name": "a.example", "route": {"host": "m.example", "port": 70_000}}, "invalid"),
        (b"x" * 1_100_000, "too-large"),
    ],
)
def test_bodies_that_are_not_as_they_should_be(program, here, body, expected):
    answer = program.post(f"{here}/domains", body)
    assert kind(answer) == expected
    if expected == "invalid":
        assert all(each["where"].startswith("body") and each["what"] for each in answer.json()["errors"])


def test_a_body_of_another_type_is_not_read(program, here):
    assert kind(program.post(f"{here}/domains", b"name=a", content_type="text/plain")) == "not-json"


@pytest.mark.parametrize("path", ["", "no/such/thing", "clients/99999999999999999999/domains", "clients/x/domains"])
def test_what_is_not_there_is_a_problem_and_no_page(program, path):
    assert kind(program.get(path)) == "not-found"


def test_a_method_that_is_none_is_a_problem_and_no_page(program, here):
    answer = program.call("PATCH", f"{here}/domains")
    assert kind(answer) == "wrong-method"
    assert "POST" in answer.headers["Allow"]


def test_every_kind_of_problem_is_told(client):
    kinds = client.get("/api/v1/problems").json()
    assert {each["name"] for each in kinds} >= {"no-key", "not-found", "too-often"}
    assert all(each["advice"] for each in kinds)


def test_a_list_comes_in_pieces_without_gap_or_repetition(cast, program, here):
    with scope(client=cast.one):
        for number in range(7):
            tenants.claim_domain(cast.one, f"n{number}.example", [ROUTE], by=OPERATOR)
    seen, after = [], ""
    while after is not None:
        piece = program.get(f"{here}/domains?limit=2&after={after}").json()
        seen += [each["name"] for each in piece["items"]]
        after = piece["next"]
        with scope(client=cast.one):  # What goes meanwhile shifts nothing.
            tenants.remove_domain(Domain.objects.get(name=seen[0]), by=OPERATOR) if len(seen) == 2 else None
    assert len(seen) == len(set(seen)) == 9


@pytest.mark.parametrize("after", ["!", "x", "LTE", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0", "AA", "%00", "é"])
def test_a_cursor_of_somebody_elses_making_is_refused(program, here, after):
    assert kind(program.get(f"{here}/domains?after={after}")) == "invalid"


def test_a_request_that_is_repeated_happens_once(cast, program, here):
    body, token = {"name": "fresh.example", "route": ROUTE_IN}, {"Idempotency-Key": "t-1"}
    first = program.post(f"{here}/domains", body, **token)
    second = program.post(f"{here}/domains", body, **token)
    assert (first.status_code, first.content) == (second.status_code, second.content) == (201, first.content)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert Entry.objects.filter(action="domain.added", after__name="fresh.example").count() == 1
    assert kind(program.post(f"{here}/domains", body)) == "conflict"
    assert kind(program.post(f"{here}/domains", {**body, "name": "other.example"}, **token)) == "token-reused"
    other = program_in_role(cast, Role.OWNER)
    assert kind(other.post(f"{here}/domains", body, **token)) == "conflict"  # Another key's tokens are its own.


def test_a_refusal_is_repeated_too_and_kept_answers_end(cast, program, here):
    body, token = {"name": "one.example", "route": ROUTE_IN}, {"Idempotency-Key": "t-2"}
    assert kind(program.post(f"{here}/domains", body, **token)) == "conflict"
    with scope(client=cast.one):
        tenants.remove_domain(Domain.objects.get(name="one.example"), by=OPERATOR)
    assert kind(program.post(f"{here}/domains", body, **token)) == "conflict"
    assert forget_answers(timezone.now()) == 0
    assert forget_answers(timezone.now() + KEPT_FOR) == 1
    assert program.post(f"{here}/domains", body, **token).status_code == 201


def test_a_kept_answer_cannot_be_read_without_the_key(program, here):
    program.post(f"{here}/domains", {"name": "fresh.example", "route": ROUTE_IN}, **{"Idempotency-Key": "t-3"})
    with scopes_disabled():
        assert b"fresh.example" not in bytes(KeptAnswer.objects.get().body)


@pytest.mark.parametrize("token", ["", "with space", "x" * 300, "t\u00e9"])
def test_a_token_that_is_none_is_refused(program, here, token):
    body = {"name": "fresh.example", "route": ROUTE_IN}
    assert kind(program.post(f"{here}/domains", body, **{"Idempotency-Key": token})) == "invalid"


def test_a_name_of_blanks_is_none(cast):
    operator = program_in_role(cast, Role.OPERATOR)
    assert kind(operator.post("clients", {"name": " \u3000 "})) == "invalid"
    assert operator.post("clients", {"name": " Three "}).json()["name"] == "Three"


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-10:00"])
@pytest.mark.parametrize("list_of", ["audit", "log"])
def test_a_time_that_is_none_in_utc_is_refused(program, here, list_of, at):
    assert kind(program.get(f"{here}/{list_of}?since={at}")) == "invalid"
    assert program.get(f"{here}/{list_of}?since=2026-11-27T08:00:00").status_code == 200


def test_digests_of_no_class_are_none(program, here):
    wanted = {"is_on": True, "hours": [8], "days": [0], "classes": "", "asks_for_login": False}
    assert kind(program.call("PUT", f"{here}/settings/digests", wanted)) == "invalid"
    assert program.call("PUT", f"{here}/settings/digests", {**wanted, "is_on": False}).status_code == 200


def test_to_import_many_addresses_asks_for_their_domains_once(program, here):
    def asked(count):
        rows = [{"address": f"n{number}.{count}@one.example"} for number in range(count)]
        with CaptureQueriesContext(connection) as seen:
            assert program.post(f"{here}/addresses/import", {"addresses": rows}).json()["added"] == count
        return sum('FROM "tenants_domain"' in each["sql"] for each in seen)

    asked(1)
    assert asked(30) == asked(2)


# --- Domains


def test_a_program_brings_a_domain_into_service(cast, program, here, dns):
    made = program.post(f"{here}/domains", {"name": "Fresh.Example", "route": ROUTE_IN}).json()
    path = f"{here}/domains/{made['id']}"
    assert (made["name"], made["proven_at"]) == ("fresh.example", None)
    assert kind(program.post(f"{path}/proof")) == "conflict"
    dns.records[made["proof"]["name"], "TXT"] = Answer(DnsStatus.OK, (made["proof"]["text"].encode(),))
    assert program.post(f"{path}/proof").json()["proven_at"]
    dns.records["fresh.example", "MX"] = Answer(DnsStatus.OK, (Mx(10, "mx.provider.example"),))
    assert program.get(f"{path}/mx").json()["state"] == "ours"
    assert len(program.post(f"{path}/routes", {"host": "b.one.example", "tls": "must"}).json()["routes"]) == 2
    routes = program.get(path).json()["routes"]
    assert program.call("DELETE", f"{path}/routes/{routes[0]['id']}").status_code == 204
    (last,) = program.get(path).json()["routes"]
    assert kind(program.call("DELETE", f"{path}/routes/{last['id']}")) == "conflict"
    assert program.call("PUT", f"{path}/recipients", {"recipients": "any"}).json()["recipients"] == "any"
    assert program.call("DELETE", path).status_code == 204
    assert kind(program.get(path)) == "not-found"


def test_only_the_providers_own_program_vouches_for_a_route(cast, program, here):
    with scope(client=cast.one):
        (domain,) = Domain.objects.filter(name="one.example")
    path = f"{here}/domains/{domain.pk}/routes"
    assert kind(program.post(path, {"host": "10.0.0.9"})) == "invalid"
    assert program.post(path, {"host": "mail.one.example"}).status_code == 201
    assert program_in_role(cast, Role.OPERATOR).post(path, {"host": "10.0.0.8"}).status_code == 201
    with scope(client=cast.one):
        found = dict(domain.routes.values_list("host", "is_vouched"))
    assert found == {"192.0.2.30": True, "mail.one.example": False, "10.0.0.8": True}


# --- The message log


def test_the_log_is_searched_and_one_message_told(cast, program, here, message_log):
    now = time.time() - 60
    spam = outcome(
        now,
        recipient("paul@one.example", disposition="refuse", category="Q"),
        sender="eve@evil.example",
        subject="Offer",
    )
    message_log.append([spam, outcome(now, recipient("zoe@two.example"), client="Two", sender="eve@evil.example")])
    found = program.get(f"{here}/log?q=evil.example").json()["items"]
    assert [(each["sender"], each["recipient"], each["subject"]) for each in found] == [
        ("eve@evil.example", "paul@one.example", "Offer")
    ]
    told = program.get(f"{here}/log/{found[0]['id']}").json()
    assert told["verdicts"][0]["recipient"] == "paul@one.example"
    assert told["events"][0]["sender"] == "eve@evil.example"
    assert program.get(f"{here}/log?category=M").json()["items"] == []
    help_desk = program_in_role(cast, Role.HELP_DESK)
    assert help_desk.get(f"{here}/log?q=evil.example").json()["items"][0]["subject"] == ""
    assert "Offer" not in help_desk.get(f"{here}/log/{found[0]['id']}").text
    assert help_desk.get(f"{here}/log?q=Offer").json()["items"] == []


def test_the_log_comes_in_pieces(program, here, message_log):
    now = time.time() - 600
    message_log.append([outcome(now + n, recipient("paul@one.example"), sender=f"s{n}@far.example") for n in range(5)])
    seen, after = [], ""
    while after is not None:
        piece = program.get(f"{here}/log?limit=2&q=far.example&after={after}").json()
        seen += [each["sender"] for each in piece["items"]]
        after = piece["next"]
    assert seen == [f"s{n}@far.example" for n in reversed(range(5))]
