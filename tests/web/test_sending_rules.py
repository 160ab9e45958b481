"""Rules for outbound mail, on their page and by the API: set, ordered, tried, published; only for those who may."""

from __future__ import annotations

from functools import partial

import msgspec
import pytest
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.policies import outbound_rules
from ecluse.control.policies.models import PublishedObject
from ecluse.control.policies.outbound_rules import rules
from ecluse.control.policies.services import set_wishes
from ecluse.domain.policy import Policy
from ecluse.domain.sending_rule import RuleAction, SendingRule
from ecluse.filtering.sending_rules import met_by
from ecluse.wire.wishes import Wishes
from tests.control.cast import OPERATOR
from tests.web.programs import program_of

NUMBERS = {"larger_than": "0", "more_recipients_than": "0"}
LISTS = {
    "name": "Price lists",
    "action": "refuse",
    "text": "Ask sales.",
    "external": "on",
    "words": "\\bprix\\b\nconfidentiel",
    "suffixes": "xlsx, csv",
    "types": "zip",
    **NUMBERS,
}
PARTNER = {"name": "Partner", "action": "let-through", "recipients": "partner.example", **NUMBERS}
MAIL = "Subject: Nos PRIX\r\n\r\nBonjour\r\n"


@pytest.fixture
def base(cast):
    return f"/clients/{cast.one.pk}/sending/rules/"


@pytest.fixture
def ann(cast):
    return cast.browser(Role.ADMINISTRATOR)


def names(client):
    with scope(client=client):
        return [rule.name for rule in rules()]


def published():
    body = PublishedObject.objects.get(kind="domain", key="one.example").body
    return msgspec.msgpack.decode(bytes(body), type=Policy).sending_rules


def test_a_rule_is_added_and_reaches_the_nodes(ann, base, cast):
    assert ann.post(f"{base}rule", LISTS).status_code == 302
    assert published() == (
        SendingRule(
            "Price lists",
            RuleAction.REFUSE,
            "Ask sales.",
            is_external=True,
            words=("\\bprix\\b", "confidentiel"),
            suffixes=frozenset({"xlsx", "csv"}),
            types=frozenset({"zip"}),
        ),
    )
    assert "Price lists" in ann.get(base).text
    assert Entry.objects.filter(action="wishes.set").latest("number").actor_name == "ann@one.example"


def test_a_rule_is_shown_changed_moved_and_removed(ann, base, cast):
    for each in (LISTS, PARTNER):
        ann.post(f"{base}rule", each)
    shown = ann.get(f"{base}rule?rule=Price+lists").text
    assert "Ask sales." in shown
    assert "csv" in shown
    ann.post(f"{base}rule?rule=Price+lists", {**LISTS, "name": "Tariffs"})
    assert names(cast.one) == ["Tariffs", "Partner"]
    ann.post(f"{base}act", {"rule": "Partner", "act": "up"})
    assert names(cast.one) == ["Partner", "Tariffs"]
    ann.post(f"{base}act", {"rule": "Partner", "act": "up"})
    assert names(cast.one) == ["Partner", "Tariffs"]
    ann.post(f"{base}act", {"rule": "Partner", "act": "remove"})
    assert names(cast.one) == ["Tariffs"]
    assert ann.post(f"{base}act", {"rule": "Partner", "act": "remove"}).status_code == 404
    assert ann.get(f"{base}rule?rule=Partner").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"words": "("},
        {"words": "x*"},
        {"types": "exe2"},
        {"senders": "192.0.2.0/24"},
        {"action": "hold"},  # With a text.
        {"name": ""},
        {"larger_than": "-1"},
        {"name": "Partner"},
    ],
)
def test_what_cannot_be_meant_is_not_saved(ann, base, cast, wrong):
    ann.post(f"{base}rule", PARTNER)
    answer = ann.post(f"{base}rule", {**LISTS, **wrong})
    assert (answer.status_code, names(cast.one)) == (200, ["Partner"])
    assert "is-invalid" in answer.text or 'role="alert"' in answer.text


def test_a_message_is_tried_and_kept_nowhere(ann, base):
    ann.post(f"{base}rule", PARTNER)
    ann.post(f"{base}rule", {**LISTS, "suffixes": "", "types": ""})
    tried = {"sender": "ann@one.example", "message": MAIL}

    def met(*people):
        return ann.post(f"{base}try", {**tried, "recipients": "\n".join(people)}).text

    assert "The rule “Price lists” would be obeyed." in met("bob@far.example")
    assert "The rule “Partner” would be obeyed." in met("bob@far.example", "bob@partner.example")
    assert "No rule fits it." in met("bob@one.example")
    assert "Nos PRIX" not in str(list(Entry.objects.values()))


def test_a_trial_that_takes_too_long_says_so(ann, base, monkeypatch):
    ann.post(f"{base}rule", {**LISTS, "suffixes": "", "types": ""})
    monkeypatch.setattr(outbound_rules, "met_by", partial(met_by, max_seconds=0.0))
    tried = {"sender": "ann@one.example", "message": MAIL, "recipients": "bob@far.example"}
    assert "take too long" in ann.post(f"{base}try", tried).text


def test_filter_settings_leave_rules_alone(ann, base, cast):
    ann.post(f"{base}rule", PARTNER)
    program = program_of(cast.people[Role.ADMINISTRATOR], cast.one)
    answer = program.call("PUT", f"clients/{cast.one.pk}/settings/filter", {"wishes": {"refuse_at": 12.0}})
    assert answer.json() == {"wishes": {"refuse_at": 12.0}}
    assert names(cast.one) == ["Partner"]
    both = {"wishes": {"outbound_rules": []}}
    assert program.call("PUT", f"clients/{cast.one.pk}/settings/filter", both).status_code == 422


def test_programs_set_and_try_rules(cast):
    program, here = (
        program_of(cast.people[Role.ADMINISTRATOR], cast.one),
        f"clients/{cast.one.pk}/settings/outbound-rules",
    )
    wanted = {"rules": [{"name": "Lists", "action": "hold", "words": ["prix"]}]}
    assert program.call("PUT", here, wanted).json() == wanted == program.get(here).json()
    trial = {"sender": "ann@one.example", "recipients": ["bob@far.example"], "message": MAIL}
    assert program.post(f"{here}/trial", trial).json() == {"rule": "Lists", "action": "hold"}
    for wrong in (
        {"name": "x", "action": "hold", "words": ["("]},
        {"name": "x"},
        {"name": "x", "action": "hold", "no": 1},
    ):
        assert program.call("PUT", here, {"rules": [wrong]}).status_code == 422
    assert program.post(f"{here}/trial", {**trial, "sender": "nobody"}).status_code == 422
    with scope(client=cast.one):
        set_wishes(cast.one, Wishes(), by=OPERATOR)
    assert program.get(here).json() == {"rules": []}


@pytest.mark.parametrize("role", [Role.HELP_DESK, Role.USER])
def test_rules_are_for_those_who_run_the_client(cast, base, role):
    visitor = cast.browser(role)
    assert visitor.get(base).status_code in {403, 404}
    assert visitor.post(f"{base}rule", PARTNER).status_code in {403, 404}
    assert names(cast.one) == []
