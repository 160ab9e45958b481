"""By the API, too, nothing of a client is readable, countable or inferable for others: every operation, every role."""

from __future__ import annotations

import pytest
from django_scopes import scope

from ecluse.control.accounts.roles import CLIENT_ROLES, PROVIDER_ROLES, Role
from ecluse.control.audit.queries import entries
from ecluse.control.operation.models import ToldBacklog
from tests.web.programs import BODIES, Program, operations, program_in_role, program_of
from tests.web.things import things_of

OPERATIONS = operations()
OF_A_CLIENT = [each for each in OPERATIONS if each.is_of_client]
OF_ANY_KEY = {"show_key", "list_clients"}
OF_THE_PROVIDER = {each.name for each in OPERATIONS if not each.is_of_client} - OF_ANY_KEY
# Below a client's address, and not for its keys.
OF_THE_PROVIDER |= {"show_month_sources", "show_notice_paper", "show_contract_desk"}
OF_THE_PROVIDER |= {"list_platform_words", "list_invoice_notices"}
OF_AGENTS = {"list_ticket_notes"}  # Below a client's address, by a scope that no key of a client's has.
OF_A_THING = [each for each in OPERATIONS if each.is_of_thing]
pytestmark = pytest.mark.usefixtures("tireless")


def test_there_is_something_to_walk():
    assert len(OF_A_CLIENT) > 35
    assert len(OF_A_THING) > 15
    assert len(OF_THE_PROVIDER) > 90
    assert {each.name for each in OPERATIONS if each.takes_body} == BODIES.keys()


@pytest.fixture
def nothing(cast):
    """Things that are nobody's."""
    return {**dict.fromkeys(things_of(cast.one), 999_999), "message_id": "0" * 32}


def test_to_a_strangers_key_a_client_is_as_one_that_is_not_there(cast, nothing):
    stranger = program_of(cast.people["stranger"], cast.two)
    things = things_of(cast.one)
    for each in OF_A_CLIENT:
        answer, none = each.call(stranger, things), each.call(stranger, nothing)
        assert (answer.status_code, answer.content) == (none.status_code, none.content), each
        assert answer.status_code == 404, each


def test_without_a_key_everything_looks_alike(cast, nothing):
    things = things_of(cast.one)
    for each in OF_A_CLIENT:
        answer, none = (each.call(Program("guess"), which) for which in (things, nothing))
        assert (answer.status_code, answer.content) == (none.status_code, none.content), each
        assert answer.status_code == 401, each


@pytest.mark.parametrize("role", [*CLIENT_ROLES])
def test_below_ones_own_client_another_clients_things_are_as_those_that_are_not_there(cast, role, nothing):
    program = program_in_role(cast, role)
    mixed = {**things_of(cast.two), "client_id": cast.one.pk}
    before = entries(cast.two.pk).count()
    for each in OF_A_THING:
        answer, none = each.call(program, mixed), each.call(program, {**nothing, "client_id": cast.one.pk})
        assert (answer.status_code, answer.content) == (none.status_code, none.content), each
        assert answer.status_code in {403, 404}, each
    acted = program.post(f"clients/{cast.one.pk}/quarantine/acts", {"act": "delete", "copies": [mixed["copy_id"]]})
    assert acted.status_code == 403 or acted.json() == {"ordered": 0, "is_reported": None}
    assert entries(cast.two.pk).count() == before


@pytest.mark.parametrize("role", [*CLIENT_ROLES])
def test_no_answer_says_a_word_of_another_client(cast, role):
    program = program_in_role(cast, role)
    things = things_of(cast.one)
    things_of(cast.two)
    for each in sorted(OPERATIONS, key=lambda one: one.method == "DELETE"):
        answer = each.call(program, things)
        assert answer.status_code < 500, each
        assert b"two.example" not in answer.content.lower(), each
        assert b'"Two"' not in answer.content, each


@pytest.mark.parametrize("role", [*PROVIDER_ROLES])
def test_keys_of_the_provider_get_no_fault_anywhere(cast, role):
    program = program_in_role(cast, role)
    things = things_of(cast.one)
    for each in sorted(OPERATIONS, key=lambda one: one.method == "DELETE"):
        assert each.call(program, things).status_code < 500, each


# What else those may do who change nothing.
OF_THEIRS = {
    Role.HELP_DESK: {
        "raise_objection",
        "teach_message",
        "send_on_objection",
        "withdraw_objection",
        "say_received_virus",
        "open_ticket",
        "write_in_ticket",
        "act_on_ticket",
    },
    Role.USER: {"open_ticket"},
    Role.SUPPORT: {
        "answer_objection",
        "answer_ticket",
        "act_on_ticket",
        "note_ticket",
        "assign_ticket",
        "set_ticket_priority",
        "link_message",
        "charge_ticket",
        "count_ticket",
    },
    Role.BILLING: {
        "enter_payment",
        "take_back_payment",
        "answer_notice",
        "credit_invoice",
        "note_invoice_received",
        "send_invoice_again",
        "pay_out_of_advance",
        "keep_overpaid",
        "give_advance_back",
        "set_buyer",
        "set_notice_address",
        "ask_for_late_claims",
        "waive_coming_line",
        "draft_offer",
        "send_offer",
        "revise_offer",
        "withdraw_offer",
        "answer_contract_domain",
        "start_contract",
        "note_letter_of_notice",
        "suspend_contract",
        "resume_contract",
        "declare_breach",
        "repair_breach",
        "terminate_for_breach",
        "terminate_contract",
        "allow_sharing",
        "draft_amendment",
        "send_amendment",
        "withdraw_amendment",
        "begin_amendment",
        "add_contract_paper",
    },
}


@pytest.mark.parametrize("role", [Role.HELP_DESK, Role.USER, Role.BILLING, Role.READER, Role.SUPPORT])
def test_a_key_of_who_may_change_nothing_changes_nothing(cast, role):
    program = program_in_role(cast, role)
    things = things_of(cast.one)
    before = entries(cast.one.pk).count()
    for each in OF_A_CLIENT:
        if each.method != "GET" and each.name not in OF_THEIRS.get(role, set()):
            assert each.call(program, things).status_code == 403, each
    assert entries(cast.one.pk).count() == before


def test_reading_changes_nothing(cast):
    program = program_in_role(cast, Role.OWNER)
    things = things_of(cast.one)
    before = entries(cast.one.pk).count()
    for each in OPERATIONS:
        if each.method == "GET":
            expected = 404 if each.name in OF_THE_PROVIDER else 403 if each.name in OF_AGENTS else 200
            assert each.call(program, things).status_code == expected, each
    assert entries(cast.one.pk).count() == before


@pytest.mark.parametrize("role", [*CLIENT_ROLES])
def test_to_a_clients_key_the_providers_nodes_and_queues_are_none(cast, role):
    program = program_in_role(cast, role)
    things = things_of(cast.one)
    for each in OPERATIONS:
        if each.name in OF_THE_PROVIDER:
            status = each.call(program, things).status_code
            # Below his own client he may lack the scope as well, and is told so.
            assert status == 404 or (status == 403 and each.is_of_client), each


def test_a_key_of_the_provider_sees_nodes_and_orders_about_queues(cast):
    program, things = program_in_role(cast, Role.OPERATOR), things_of(cast.one)
    reader = program_in_role(cast, Role.READER)
    assert [each["troubles"] for each in program.get("nodes").json()["items"]] == [[]]
    assert [each["total"] for each in reader.get("queues?q=one.example").json()["items"]] == [1]
    where = f"queues/{things['backlog_id']}"
    [message] = reader.get(where).json()["messages"]
    assert reader.post(f"{where}/orders", {"act": "hold"}).status_code == 403
    ordered = program.post(f"{where}/orders", {"act": "hold", "message": message["id"]})
    assert (ordered.status_code, ordered.json()["node"]) == (202, "mx1.provider.example")
    assert program.post(f"{where}/orders", {"act": "hold", "message": "gone"}).status_code == 409
    assert entries(cast.one.pk)[0].action == "queue.hold-ordered"
    with scope(client=cast.one):
        ToldBacklog.objects.filter(pk=things["backlog_id"]).update(messages=b"\xc1")  # Of a later release.
    assert reader.get(where).json()["messages"] == []
    assert program.post(f"{where}/orders", {"act": "hold", "message": message["id"]}).status_code == 409
    assert program.call("PUT", f"clients/{cast.one.pk}/state", {"state": "suspended"}).json()["state"] == "suspended"
