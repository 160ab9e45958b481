"""By the API, too: verdicts that somebody calls wrong, what other wishes would do, whose word lets people in."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from django_scopes import scope

from ecluse.control.accounts.identity import set_provider
from ecluse.control.accounts.roles import Permission, Role
from ecluse.control.audit.queries import entries
from ecluse.control.keystore import master
from ecluse.control.mail.models import Objection, ObjectionState
from ecluse.control.policies import queries
from ecluse.control.sla.models import ReceivedVirus
from ecluse.domain.event import Ending, EvidenceEvent
from ecluse.web.api import effect
from ecluse.wire.wishes import Wishes
from tests.contract.message_log.contract import outcome, recipient
from tests.control.cast import ADMIN
from tests.web.programs import program_in_role, program_of

PAUL = "paul@one.example"


@pytest.fixture
def program(cast):
    return program_in_role(cast, Role.ADMINISTRATOR)


@pytest.fixture
def here(cast):
    return f"clients/{cast.one.pk}"


@pytest.fixture
def blocked(message_log):
    one = recipient(PAUL, Ending.REFUSED, disposition="refuse", category="Q", findings=("GTUBE", "CORRUPTED: 3 lists"))
    event = outcome(time.time() - 60, one, client="One", subject="A secret")
    message_log.append([event])
    return event


def kind(answer):
    return answer.json()["type"].removeprefix("/api/v1/problems#")


def raised(program, here, event):
    return program.post(f"{here}/log/{event.id}/objections", {"recipient": PAUL.upper(), "note": "We know him."})


# --- Objections


def test_9_5_a_virus_that_went_out(cast, program, here, blocked, message_log):
    sent = outcome(time.time() - 60, recipient("eve@world.example"), client="One", direction="outbound")
    message_log.append([sent])
    body = {"recipient": "eve@world.example", "has_virus": True}
    assert program.post(f"{here}/log/{sent.id}/objections", body).status_code == 201
    assert kind(program.post(f"{here}/log/{blocked.id}/objections", body | {"recipient": PAUL})) == "conflict"
    with scope(client=cast.one):
        assert ReceivedVirus.objects.get().objection == Objection.objects.get()


def test_the_client_says_so_once_and_the_provider_answers(cast, program, here, blocked):
    made = raised(program, here, blocked)
    assert made.status_code == 201
    told = made.json()
    assert (told["kind"], told["state"], told["standing"], told["recipient"]) == ("blocked", "open", "pending", PAUL)
    assert (told["exclusions"], told["raised_by"], told["note"]) == (["corrupted"], "sync", "We know him.")
    assert kind(raised(program, here, blocked)) == "conflict"
    path = f"{here}/objections/{told['id']}"
    assert "A secret" not in program.get(path).text
    assert program.get(path).json()["evidence"]["events"][0]["recipients"][0]["findings"][0] == "GTUBE"
    support = program_in_role(cast, Role.SUPPORT)
    assert kind(support.post(f"{path}/answer", {"is_right": False, "reason": " "})) == "invalid"
    answered = support.post(f"{path}/answer", {"is_right": False, "reason": "It is a fraud."}).json()
    assert (answered["state"], answered["standing"], answered["reason"]) == ("contested", "contested", "It is a fraud.")
    assert kind(support.post(f"{path}/answer", {"is_right": True})) == "conflict"
    assert [each.action for each in entries(cast.one.pk)[:2]] == ["objection.contested", "objection.raised"]
    assert [each["id"] for each in program.get(f"{here}/objections?state=contested").json()["items"]] == [told["id"]]
    assert program.get(f"{here}/objections?state=open").json()["items"] == []


def test_nobody_is_both_parties(cast, program, here, blocked):
    operator = program_in_role(cast, Role.OPERATOR)
    assert kind(raised(operator, here, blocked)) == "scope-missing"
    path = f"{here}/objections/{raised(program, here, blocked).json()['id']}"
    assert kind(operator.post(f"{path}/withdraw")) == "scope-missing"
    assert kind(program.post(f"{path}/answer", {"is_right": True})) == "scope-missing"
    assert program.get(path).json()["state"] == "open"


def test_a_users_word_is_made_the_clients_own_or_taken_back(cast, program, here, blocked):
    path = f"{here}/objections/{raised(program, here, blocked).json()['id']}"
    with scope(client=cast.one):
        Objection.objects.update(state=ObjectionState.SAID, opened_at=None)
    assert program.post(f"{path}/send-on").json()["state"] == "open"
    assert program.post(f"{path}/withdraw").json()["standing"] == "dropped"
    assert kind(program.post(f"{path}/send-on")) == "conflict"


def test_whom_a_message_did_not_concern_and_what_is_not_there(program, here, blocked):
    stranger = program.post(f"{here}/log/{blocked.id}/objections", {"recipient": "zoe@one.example"})
    assert (kind(stranger), stranger.json()["errors"][0]["where"]) == ("invalid", "body.recipient")
    for message_id in ("0" * 32, "x"):
        assert kind(program.post(f"{here}/log/{message_id}/objections", {"recipient": PAUL})) == "not-found"


# --- What other wishes would do


@pytest.fixture
def suspect(message_log):
    one = recipient(PAUL, findings=("DMARC_REJECT: far.example",))
    event = outcome(time.time() - 3_600, one, evidence=EvidenceEvent(), subject="A secret", client="One")
    message_log.append([event])
    return event


def test_the_effect_is_told_and_nothing_saved(cast, program, here, suspect):
    told = program.post(f"{here}/settings/filter/effect", {"wishes": {"refuse_at": 11.0}}).json()
    assert told["is_whole"]
    assert told["moves"] == [{"was": "deliver", "would_be": "refuse", "count": 1}]
    assert [(each["id"], each["recipient"]) for each in told["named"]] == [(suspect.id, PAUL)]
    assert "A secret" not in str(told)
    with scope(client=cast.one):
        assert queries.wishes() == Wishes()
    assert kind(program.post(f"{here}/settings/filter/effect", {"wishes": {"colour": "red"}})) == "invalid"


def test_a_key_that_sees_no_messages_is_told_numbers_alone(cast, here, suspect):
    blind = program_of(cast.people[Role.ADMINISTRATOR], cast.one, Permission.CHANGE_SETTINGS)
    told = blind.post(f"{here}/settings/filter/effect", {"wishes": {"refuse_at": 11.0}}).json()
    assert (told["moves"][0]["count"], told["named"]) == (1, [])


def test_whoever_tries_too_often_waits(program, here, monkeypatch):
    monkeypatch.setattr(effect, "EFFECTS", replace(effect.EFFECTS, name="few-effects", most=1))
    answers = [program.post(f"{here}/settings/filter/effect", {"wishes": {}}) for _ in range(3)]
    assert answers[0].status_code == 200
    assert kind(answers[-1]) == "too-often"


# --- Whose word lets people in


def test_an_identity_provider_is_shown_without_its_secret(cast, program, here, tmp_path, settings):
    assert program.get(f"{here}/identity-provider").json() == {"provider": None}
    settings.ECLUSE_MASTER_KEY = str(tmp_path / "master.key")
    master.make_master_key(tmp_path / "master.key")
    with scope(client=cast.one):
        set_provider(cast.one, name="W", issuer="https://id.one.example", application="w", secret="hidden", by=ADMIN)
    told = program.get(f"{here}/identity-provider")
    assert told.json() == {"provider": {"name": "W", "issuer": "https://id.one.example", "application": "w"}}
    assert "hidden" not in told.text
