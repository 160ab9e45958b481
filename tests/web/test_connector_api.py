"""Connectors by the API: secrets are told once, terms can be changed, and nothing else lets anybody in."""

from __future__ import annotations

import msgspec
import pytest

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.policies.models import PublishedObject
from ecluse.domain.connector import Connector
from ecluse.wire.sasl.scram import fits
from tests.web.programs import program_of

LOGIN = {"name": "printer", "login": "printer@one.example"}


@pytest.fixture
def program(cast):
    return program_of(cast.people[Role.ADMINISTRATOR], cast.one)


@pytest.fixture
def here(cast):
    return f"clients/{cast.one.pk}/connectors"


def published(name="printer"):
    body = PublishedObject.objects.get(kind="connector", key=f"One/{name}").body
    return None if body is None else msgspec.msgpack.decode(bytes(body), type=Connector)


def add(program, here, terms=LOGIN, **more):
    answer = program.post(here, {"terms": terms, **more})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_secret_is_told_once(program, here):
    made = add(program, here)
    assert fits(published().key, made["secret"])
    one = made["connector"]
    assert (one["terms"], one["proof"]) == (LOGIN, "login")
    assert program.get(f"{here}/{one['id']}").json() == one
    listed = program.get(here)
    assert listed.json()["items"] == [one]
    assert made["secret"] not in listed.text
    assert "SCRAM" not in listed.text


def test_a_shared_network_needs_a_token(program, here):
    cloud = {"name": "cloud", "service": "microsoft365"}
    assert program.post(here, {"terms": cloud}).status_code == 422
    assert len(add(program, here, cloud, with_token=True)["secret"]) == 32
    assert published("cloud").is_shared


def test_terms_change_and_the_secret_stays(program, here):
    made = add(program, here)
    place = f"{here}/{made['connector']['id']}"
    wanted = {**LOGIN, "networks": ["192.0.2.7/32"], "listed_senders": True, "forwards": True}
    assert program.call("PUT", place, {"terms": wanted}).json()["terms"] == wanted
    assert published().networks == ("192.0.2.7/32",)
    assert fits(published().key, made["secret"])
    assert Entry.objects.filter(action="connector.changed").latest("number").after == wanted
    fresh = program.post(f"{place}/secret").json()["secret"]
    assert fits(published().key, fresh)
    assert not fits(published().key, made["secret"])
    assert program.call("DELETE", place).status_code == 204
    assert published() is None
    assert program.get(place).status_code == 404


@pytest.mark.parametrize(
    "terms",
    [
        {**LOGIN, "name": "other"},
        {**LOGIN, "login": "scanner@one.example"},
        {"name": "printer"},
        {**LOGIN, "networks": ["here"]},
        {**LOGIN, "certificate": "ab" * 32},
        {**LOGIN, "key": "SCRAM-SHA-256$1:x$y:z"},
        {**LOGIN, "token": "ab" * 32},
        {**LOGIN, "no": 1},
    ],
)
def test_what_cannot_be_meant_changes_nothing(program, here, terms):
    made = add(program, here)
    answer = program.call("PUT", f"{here}/{made['connector']['id']}", {"terms": terms})
    assert answer.status_code == 422
    assert fits(published().key, made["secret"])
    assert program.get(here).json()["items"] == [made["connector"]]


def test_what_has_no_secret_gets_no_fresh_one(program, here):
    made = add(program, here, {"name": "server", "networks": ["192.0.2.7/32"]})
    assert made["secret"] == ""
    assert program.post(f"{here}/{made['connector']['id']}/secret").status_code == 409
