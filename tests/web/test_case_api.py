"""Abuse cases by the API: for the provider's keys that handle them, and told to no client (3-9)."""

from __future__ import annotations

from django_scopes import scope

from ecluse.control.abuse.cases import CaseKind, open_case
from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.mail.models import NodeOrder
from tests.control.cast import OPERATOR
from tests.web.programs import program_in_role
from tests.web.things import tell_node


def test_a_case_is_opened_worked_on_and_closed_by_a_program(cast):
    desk, reader = program_in_role(cast, Role.SUPPORT), program_in_role(cast, Role.READER)
    wanted = {"kind": "emission", "subject": "one.example", "client_id": cast.one.pk}
    made, again = (desk.post("abuse-cases", wanted, **{"Idempotency-Key": "once"}) for _ in range(2))
    case = made.json()
    assert (made.status_code, case["state"], case["client"], again.json()) == (201, "open", "One", case)
    where = f"abuse-cases/{case['id']}"
    handler = cast.people[Role.OPERATOR].email
    given = desk.call("PUT", f"{where}/assignee", {"assignee": handler.upper()})
    assert given.json()["assignee"] == handler
    assert desk.post(f"{where}/notes", {"text": "He was\nphished."}).status_code == 201
    shown = desk.get(where).json()
    assert [(each["by"], each["text"]) for each in shown["notes"]] == [("sync", "He was\nphished.")]
    assert (shown["complaints"], shown["flags"], shown["locks_with_evidence"]) == ([], [], 0)
    stop = {"scope": "account", "name": "ann@one.example", "reason": "phished"}
    assert desk.post(f"{where}/locks", stop).status_code == 409  # No node has reported yet.
    tell_node()
    lock = desk.post(f"{where}/locks", stop)
    assert (lock.status_code, _ordered(cast.one)) == (202, lock.json()["lock_id"])
    closed = desk.post(f"{where}/close", {"outcome": "unlocked"}).json()
    assert (closed["state"], closed["outcome"]) == ("closed", "unlocked")
    assert desk.post(f"{where}/close", {"outcome": "unlocked"}).status_code == 409
    assert desk.post(f"{where}/reopen").json()["state"] == "open"
    assert [reader.get(each).status_code for each in ("abuse-cases", where)] == [403, 403]
    told = Entry.objects.filter(action="case.noted").get()
    assert (told.actor_kind, "phished" in str(told.after)) == ("api-key", False)


def _ordered(client):
    with scope(client=client):
        return NodeOrder.objects.get().target


def test_cases_are_found_in_pieces_and_what_cannot_be_is_told(cast):
    desk = program_in_role(cast, Role.OPERATOR)
    for number in range(3):
        open_case(cast.two if number else None, CaseKind.VOLUME, f"subject {number}", by=OPERATOR)
    first = desk.get("abuse-cases?limit=2").json()
    rest = desk.get(f"abuse-cases?limit=2&after={first['next']}").json()
    assert [each["subject"] for each in first["items"] + rest["items"]] == ["subject 2", "subject 1", "subject 0"]
    asked = ("q=subject%200", f"client_id={cast.two.pk}&kind=volume", "kind=complaint", "state=closed")
    assert [len(desk.get(f"abuse-cases?{each}").json()["items"]) for each in asked] == [1, 2, 0, 0]
    where = f"abuse-cases/{first['items'][0]['id']}"
    stranger = {"assignee": cast.people[Role.READER].email}
    for wrong in (
        desk.post("abuse-cases", {"kind": "other", "subject": " "}),
        desk.post("abuse-cases", {"kind": "other", "subject": "x", "client_id": 999_999}),
        desk.call("PUT", f"{where}/assignee", stranger),
        desk.post(f"{where}/close", {}),
    ):
        assert wrong.status_code == 422, wrong.text
    assert desk.get("abuse-cases/999999").status_code == 404
