"""What keeps a client's mail going, by the API: routes' states, old servers, the directory, branding, rates."""

from __future__ import annotations

import dataclasses
import time
from base64 import b64decode, b64encode

import pytest
from django.core.cache import cache
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.queries import entries
from ecluse.control.directories.models import Directory
from ecluse.control.operation.models import ToldReport
from ecluse.control.tenants.models import Address, ToldRoute
from ecluse.domain.directory import DirectoryFailed, DirectoryTrouble
from ecluse.domain.reply import Reply
from ecluse.domain.stranger import Ending, Heard
from ecluse.web import backends
from ecluse.web.console.domains import TRIALS
from tests.web.programs import program_in_role
from tests.web.test_branding import picture
from tests.web.things import tell_node

LDAP = {
    "host": "ldap.one.example",
    "base": "dc=one",
    "bind_dn": "",
    "every_hours": 24,
    "alias_attributes": ["proxyAddresses"],
}


@pytest.fixture
def api(cast):
    program = program_in_role(cast, Role.OWNER)

    class Api:
        def __call__(self, method, path, body=None):
            return program.call(method, f"clients/{cast.one.pk}/{path}", body)

    return Api()


@pytest.fixture
def domain(cast):
    with scope(client=cast.one):
        return cast.one.domains.get(name="one.example")


def in_world(**changes):
    backends.hand_over(dataclasses.replace(backends.backends(), **changes))


def test_states_of_routes_are_told_and_asked_for_anew(cast, api, domain):
    url = f"domains/{domain.pk}/route-states"
    assert api("GET", url).json() == {"items": []}
    assert api("POST", url).json() == {"ordered": 0}
    with scope(client=cast.one):
        tell_node()
        at = {"since": time.time(), "said_at": time.time(), "said": "connection refused"}
        ToldRoute.objects.create(client=cast.one, domain=domain, node="mx1", host="h", port=25, state="down", **at)
    [told] = api("GET", url).json()["items"]
    assert (told["host"], told["node"], told["state"], told["said"]) == ("h", "mx1", "down", "connection refused")
    assert api("POST", url).json() == {"ordered": ToldReport.objects.count()}
    assert entries(cast.one.pk)[0].action == "domain.routes-tried"


def test_who_asks_too_often_is_told_when_to_come_again_and_is_not_held_to_it(cast, domain):
    program = program_in_role(cast, Role.OWNER)
    url = f"clients/{cast.one.pk}/domains/{domain.pk}/route-states"
    for _ in range(TRIALS.most):
        assert program.post(url).status_code == 200
    late = program.post(url, **{"Idempotency-Key": "one"})
    assert (late.status_code, int(late["Retry-After"])) == (429, TRIALS.within_s)
    cache.clear()
    assert program.post(url, **{"Idempotency-Key": "one"}).status_code == 200


def test_an_old_server_is_asked_and_its_answer_kept(cast, api, domain):
    asked = []
    heard = Heard(Ending.ANSWERED, Reply(554, "7.1", "Only our gateway"), "9.9.9.9")
    in_world(ask_as_stranger=lambda *each: asked.append(each) or heard)
    url = f"domains/{domain.pk}/old-servers"
    answer = api("POST", url, {"host": "old.one.example"})
    assert (answer.status_code, answer.json()["openness"]) == (200, "closed")
    assert asked[0][:2] == ("old.one.example", 25)
    [told] = api("GET", url).json()["items"]
    assert told["said"] == "554 5.7.1 Only our gateway"
    assert api("POST", url, {"host": "no host"}).status_code == 422
    for _ in range(10):
        last = api("POST", url, {"host": "old.one.example"})
    assert (last.status_code, int(last["Retry-After"])) == (429, 3_600)


class TestTheDirectory:
    def test_it_is_set_read_and_applied(self, cast, api):
        assert api("GET", "directory").status_code == 404
        said = api("PUT", "directory", LDAP).json()
        assert (said["host"], said["port"], said["every_hours"], said["outcome"]) == ("ldap.one.example", 636, 24, "")
        assert "password" not in said
        found = ({"mail": ("fresh@one.example",), "displayname": ("Fresh",)},)
        in_world(read_directory=lambda _question: found)
        shown = api("POST", "directory/preview").json()
        assert (shown["added"], shown["added_names"]) == (1, ["fresh@one.example"])
        with scope(client=cast.one):
            assert not Address.objects.filter(key="fresh@one.example").exists()
            assert api("POST", "directory/apply", {}).json()["added"] == 1
            assert Address.objects.filter(key="fresh@one.example").exists()
        in_world(read_directory=lambda _question: ())
        kept = api("POST", "directory/apply", {"may_go": 0}).json()
        assert (kept["gone"], kept["gone_names"]) == (0, [])
        assert api("POST", "directory/apply", {"may_go": 1}).json()["gone_names"] == ["fresh@one.example"]
        assert api("DELETE", "directory").status_code == 204
        assert api("GET", "directory").status_code == 404

    def test_why_it_cannot_be_read_is_told(self, cast, api):
        def fail(_question):
            raise DirectoryFailed(DirectoryTrouble.CREDENTIALS, "49 invalid")

        api("PUT", "directory", LDAP)
        in_world(read_directory=fail)
        answer = api("POST", "directory/preview")
        assert answer.status_code == 409
        assert "credentials 49 invalid" in answer.json()["detail"]
        assert api("GET", "directory").json()["trouble"] == "credentials"

    @pytest.mark.parametrize(
        "wrong",
        [
            {"filter": "("},
            {"authority": "no certificate"},
            {"host": "no host"},
            {"every_hours": 2},
            {"address_attribute": "a b"},
        ],
    )
    def test_what_cannot_be_is_refused(self, cast, api, wrong):
        assert api("PUT", "directory", LDAP | wrong).status_code == 422

    def test_a_name_without_a_password_is_refused(self, cast, api):
        assert api("PUT", "directory", LDAP | {"bind_dn": "cn=reader"}).status_code == 409
        with scope(client=cast.one):
            assert not Directory.objects.exists()


def test_branding_is_set_and_its_logo_drawn_anew(cast, api):
    assert api("GET", "branding").json() == {"name": "", "colour": "", "contact": "", "logo": ""}
    body = {
        "name": "One & Co",
        "colour": "#0A58CA",
        "contact": " Ann \n\n 01 02",
        "logo": b64encode(picture()).decode(),
    }
    said = api("PUT", "branding", body).json()
    assert (said["name"], said["colour"], said["contact"]) == ("One & Co", "#0a58ca", "Ann\n01 02")
    logo = b64decode(said["logo"])
    assert logo.startswith(b"\x89PNG")
    assert logo != picture()
    assert api("PUT", "branding", {"name": "One"}).json()["logo"] == said["logo"]
    assert api("PUT", "branding", {"name": "One", "logo": ""}).json()["logo"] == ""
    assert entries(cast.one.pk)[0].action == "branding.set"


@pytest.mark.parametrize(
    "wrong",
    [{"colour": "#ffff00"}, {"colour": "red"}, {"logo": "%%%"}, {"logo": "aGVsbG8="}, {"contact": "1\n2\n3\n4\n5\n6"}],
)
def test_branding_that_cannot_be_is_refused(cast, api, wrong):
    answer = api("PUT", "branding", wrong)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == f"body.{next(iter(wrong))}"


def test_rates_are_told_for_each_party(cast, api):
    said = api("GET", "objections/rates?days=90").json()
    assert (said["days"], [each["party"] for each in said["parties"]]) == (90, ["both", "client", "provider"])
    last = said["parties"][0]["last"]
    assert last["false_positives"]["is_kept"]
    assert last["verdicts"] >= 0
    assert api("GET", "objections/rates?days=0").status_code == 422


def test_who_only_helps_changes_none_of_it(cast, domain):
    program = program_in_role(cast, Role.HELP_DESK)
    base = f"clients/{cast.one.pk}"
    assert program.get(f"{base}/branding").status_code == 200
    assert program.call("PUT", f"{base}/branding", {"name": "x"}).status_code == 403
    assert program.post(f"{base}/domains/{domain.pk}/route-states").status_code == 403
    assert program.get(f"{base}/directory").status_code == 403
