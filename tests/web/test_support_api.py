"""Support by the API: a program asks, reads and writes on; the provider's answers."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import replace

from django.db import connection
from django_scopes import scope

from ecluse.control.accounts.roles import Permission, Role
from ecluse.control.support import tickets
from ecluse.domain.evidence import ScanState
from ecluse.domain.log_search import LogSearch
from ecluse.web.backends import backends, hand_over
from tests.control.cast import OPERATOR
from tests.web.programs import program_in_role, program_of


def test_a_program_asks_reads_the_answer_and_writes_on(cast):
    program, desk = program_in_role(cast, Role.ADMINISTRATOR), program_in_role(cast, Role.SUPPORT)
    where = f"clients/{cast.one.pk}/support"
    opened = program.post(
        f"{where}/tickets", {"subject": "Late", "text": "Since\nnoon.", "requester": "ann@one.example"}
    )
    ticket = opened.json()
    assert (opened.status_code, ticket["state"], ticket["charge"], ticket["channel"]) == (201, "new", "none", "api")
    assert [each["id"] for each in desk.get("support/tickets?q=late").json()["items"]] == [ticket["id"]]
    answered = desk.post(f"{where}/tickets/{ticket['id']}/answers", {"text": "We look.", "solves": True})
    assert (answered.status_code, answered.json()["state"]) == (201, "solved")
    shown = program.get(f"{where}/tickets/{ticket['id']}").json()
    assert [(each["text"], each["is_provider"]) for each in shown["entries"]] == [
        ("Since\nnoon.", False),
        ("We look.", True),
    ]
    assert program.post(f"{where}/tickets/{ticket['id']}/entries", {"text": "No."}).json()["state"] == "open"
    assert program.get(f"{where}/quota").json() == {"included": None, "used": 1, "remaining": None}
    assert [each["number"] for each in program.get(f"{where}/tickets?state=open").json()["items"]] == [ticket["number"]]
    assert program.get(f"{where}/tickets?state=closed").json()["items"] == []


def test_a_key_that_answers_reads_what_it_answers_and_writes_for_no_client(cast):
    program = program_in_role(cast, Role.OWNER)
    desk = program_of(cast.people[Role.SUPPORT], None, Permission.ANSWER_TICKETS)
    where = f"clients/{cast.one.pk}/support/tickets"
    made = program.post(where, {"subject": "Late", "text": "Noon."}).json()
    assert desk.get(f"{where}/{made['id']}").json()["entries"][0]["text"] == "Noon."
    assert desk.post(f"{where}/{made['id']}/entries", {"text": "We."}).status_code == 403
    neither = program_of(cast.people[Role.SUPPORT], None, Permission.SEE_LOG)
    assert neither.get(f"{where}/{made['id']}").status_code == 403


def test_files_come_and_go_as_the_scanner_says(cast):
    program, desk = program_in_role(cast, Role.OWNER), program_in_role(cast, Role.SUPPORT)
    where, seen = f"clients/{cast.one.pk}/support/tickets", []
    body = {"subject": "Late", "text": "See.", "files": [{"name": "a.txt", "content": b64encode(b"A").decode()}]}
    assert program.post(where, body).status_code == 409  # Nobody would look at it.

    def scan(octets):
        seen.append((octets, connection.in_atomic_block and len(connection.savepoint_ids)))
        return ScanState.INFECTED if b"EICAR" in octets else ScanState.CLEAN

    hand_over(replace(backends(), scan=scan))
    made, again = (program.post(where, body, **{"Idempotency-Key": "file"}) for _ in range(2))
    assert (made.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert len({depth for _, depth in seen}) == 1  # No transaction of the operation's own waits for it.
    bad = [{"name": "b.txt", "content": b64encode(b"EICAR").decode()}]
    one = f"{where}/{made.json()['id']}"
    assert program.post(f"{one}/entries", {"text": "And.", "files": bad}).status_code == 409
    assert program.post(f"{one}/entries", {"text": "And.", "files": [{"name": "x", "content": "!"}]}).status_code == 422
    good = [{"name": "guide.pdf", "content": b64encode(b"%PDF").decode()}]
    assert desk.post(f"{one}/answers", {"text": "Read.", "files": good}).status_code == 201
    files = [file for each in program.get(one).json()["entries"] for file in each["files"]]
    assert [(each["name"], each["size"]) for each in files] == [("a.txt", 1), ("guide.pdf", 4)]
    taken = program.get(f"{one}/files/{files[1]['id']}")
    assert b64decode(taken.json()["content"]) == b"%PDF"
    hand_over(replace(backends(), scan=lambda _: ScanState.UNAVAILABLE))
    assert desk.get(f"{one}/files/{files[1]['id']}").status_code == 409


def test_a_ticket_is_given_to_somebody_and_ends_by_programs(cast):
    program, desk = program_in_role(cast, Role.OWNER), program_in_role(cast, Role.SUPPORT)
    made = program.post(f"clients/{cast.one.pk}/support/tickets", {"subject": "Late", "text": "Noon."}).json()
    one = f"clients/{cast.one.pk}/support/tickets/{made['id']}"
    agent = cast.people[Role.SUPPORT].email
    assert desk.call("PUT", f"{one}/agent", {"agent": agent}).json()["state"] == "open"
    assert desk.call("PUT", f"{one}/agent", {"agent": "nobody@one.example"}).status_code == 422
    assert desk.call("PUT", f"{one}/priority", {"priority": "urgent"}).json()["priority"] == "urgent"
    assert desk.post(f"{one}/notes", {"text": "He calls."}).status_code == 201
    assert desk.call("PUT", f"{one}/charge", {"is_billed": True}).status_code == 409  # Nobody asks.
    assert desk.call("PUT", f"{one}/counted", {"is_counted": False}).json()["is_counted"] is False
    assert program.post(f"{one}/acts", {"act": "solve"}).status_code == 403
    steps = (
        (desk, "solve", 200),
        (program, "reopen", 200),
        (desk, "solve", 200),
        (program, "close", 200),
        (desk, "reopen", 409),
    )
    for who, act, status in steps:
        assert who.post(f"{one}/acts", {"act": act}).status_code == status, act
    assert program.call("PUT", f"{one}/priority", {"priority": "low"}).status_code == 403


def test_notes_of_the_provider_are_in_no_answer(cast):
    program = program_in_role(cast, Role.OWNER)
    where = f"clients/{cast.one.pk}/support/tickets"
    made = program.post(where, {"subject": "Late", "text": "Noon."}).json()
    with scope(client=cast.one):
        tickets.note(tickets.Ticket.objects.get(pk=made["id"]), "He calls each week.", by=OPERATOR)
    assert "week" not in program.get(f"{where}/{made['id']}").text


def test_what_cannot_be_is_told(cast):
    program = program_in_role(cast, Role.OWNER)
    where = f"clients/{cast.one.pk}/support/tickets"
    for wrong in ({"subject": " ", "text": "x"}, {"subject": "x", "text": "\n"}, {"subject": "a\nb", "text": "x"}, {}):
        assert program.post(where, wrong).status_code == 422, wrong
    made = program.post(where, {"subject": "Late", "text": "Noon."}).json()
    with scope(client=cast.one):
        row = tickets.Ticket.objects.get(pk=made["id"])
        tickets.solve(row, by=OPERATOR)
        tickets.close(row, by=OPERATOR)
    assert program.post(f"{where}/{made['id']}/entries", {"text": "x"}).status_code == 409


def test_a_message_that_the_key_may_not_see_is_no_message(cast):
    with scope(client=cast.one):
        own = backends().message_log().search(LogSearch(client="One"), 1).rows[0].id
    with scope(client=cast.two):
        foreign = backends().message_log().search(LogSearch(client="Two"), 1).rows[0].id
    owner = cast.people[Role.OWNER]
    sees = program_of(owner, cast.one, Permission.ASK_SUPPORT, Permission.SEE_LOG, Permission.FOLLOW_TICKETS)
    blind = program_of(owner, cast.one, Permission.ASK_SUPPORT)
    where, body = f"clients/{cast.one.pk}/support/tickets", {"subject": "This", "text": "Why?"}
    made = sees.post(where, body | {"message_id": own}).json()
    assert sees.get(f"{where}/{made['id']}").json()["messages"] == [own]
    told = [program.post(where, body | {"message_id": each}) for program, each in ((sees, foreign), (blind, own))]
    assert [each.status_code for each in told] == [422, 422]
    assert told[0].json() == told[1].json()
    assert blind.get(where).status_code == 403
