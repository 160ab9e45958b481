"""The support desk by the API: mail that waits to be sorted, calls, messages that are named (5-1 to 5-3)."""

from __future__ import annotations

import pytest
from django_scopes import scope

from ecluse.control.accounts.roles import Permission, Role
from ecluse.control.audit.queries import entries
from ecluse.control.support import tickets
from ecluse.control.support.models import SupportMail
from ecluse.domain.log_search import LogSearch
from ecluse.web.backends import backends
from tests.control.cast import OPERATOR
from tests.web.programs import program_in_role, program_of
from tests.web.things import solved_ticket, support_mail


@pytest.fixture
def desk(cast):
    return program_in_role(cast, Role.SUPPORT)


def test_mail_that_waits_is_sorted_once_into_a_new_request_a_known_one_or_none(cast, desk):
    rows = [support_mail(one) for one in (cast.one, cast.two, cast.one)]
    SupportMail.objects.filter(pk=rows[0].pk).update(sender="ann@one.example")
    first = desk.get("support/mail?limit=2").json()
    rest = desk.get(f"support/mail?limit=2&after={first['next']}").json()
    newest_first = sorted((each.pk for each in rows), reverse=True)  # What came within one millisecond has no order.
    assert [each["id"] for each in first["items"] + rest["items"]] == newest_first
    assert rest["next"] is None
    where = [f"support/mail/{each.pk}" for each in rows]
    shown = desk.get(where[0]).json()
    assert (shown["text"], shown["files"], shown["proven"]) == ("Hello.", [], "")
    assert shown["guess"] == {"client_id": cast.one.pk, "client": "One"}
    opened = desk.post(f"{where[0]}/open", {"client_id": cast.one.pk})
    assert (opened.status_code, opened.json()["channel"], opened.json()["requester"]) == (
        201,
        "mail",
        "ann@one.example",
    )
    added = desk.post(f"{where[2]}/add", {"ticket": opened.json()["number"]})
    assert (added.status_code, added.json()["id"]) == (201, opened.json()["id"])
    whole = desk.get(f"clients/{cast.one.pk}/support/tickets/{opened.json()['id']}").json()
    assert [(each["text"], each["is_proven"]) for each in whole["entries"]] == [("Hello.", False)] * 2
    assert desk.call("DELETE", where[1]).status_code == 204
    assert entries(None)[0].action == "support-mail.discarded"
    assert desk.get("support/mail").json()["items"] == []
    again = [desk.post(f"{where[0]}/open", {"client_id": cast.one.pk}), desk.call("DELETE", where[1])]
    assert [each.status_code for each in again] == [404, 404]


def test_what_cannot_be_sorted_stays(cast, desk):
    where = f"support/mail/{support_mail(cast.one).pk}"
    with scope(client=cast.one):
        closed = solved_ticket(cast.one)
        tickets.close(closed, by=OPERATOR)
    answers = [
        desk.post(f"{where}/open", {"client_id": 999_999}),
        desk.post(f"{where}/add", {"ticket": "T999999"}),
        desk.get("support/mail?after=eA"),
        desk.post(f"{where}/add", {"ticket": closed.reference}),
        desk.get("support/mail/x"),
        program_in_role(cast, Role.READER).get(where),
        program_in_role(cast, Role.OWNER).get(where),
    ]
    assert [each.status_code for each in answers] == [422, 422, 422, 409, 404, 403, 404]
    assert SupportMail.objects.count() == 1


def test_a_call_is_written_down_a_message_named_and_waiting_counted(cast, desk):
    wanted = {"client_id": cast.one.pk, "subject": "Late", "text": "By phone.", "priority": "high"}
    made, again = (desk.post("support/calls", wanted, **{"Idempotency-Key": "call"}) for _ in range(2))
    ticket = made.json()
    assert (made.status_code, again.json()) == (201, ticket)
    assert (ticket["channel"], ticket["priority"], ticket["requester"]) == ("phone", "high", "")
    assert desk.post("support/calls", wanted | {"client_id": 999_999}).status_code == 422
    where = f"clients/{cast.one.pk}/support/tickets/{ticket['id']}"
    ids = [_logged(one) for one in (cast.one, cast.two)]
    named = [desk.post(f"{where}/messages", {"message_id": each}).status_code for each in ids]
    assert (named, desk.get(where).json()["messages"]) == ([201, 422], ids[:1])
    blind = program_of(cast.people[Role.SUPPORT], None, Permission.ANSWER_TICKETS)
    assert blind.post(f"{where}/messages", {"message_id": ids[0]}).status_code == 422
    assert desk.get("support/answer-times").json()["unanswered"] == 1
    desk.post(f"{where}/answers", {"text": "We look."})
    times = desk.get("support/answer-times").json()
    assert (times["answered"], times["unanswered"]) == (1, 0)
    assert 0 <= times["by_the_clock"]["median"] < 600


def _logged(client):
    with scope(client=client):
        return backends().message_log().search(LogSearch(client=client.name), 1).rows[0].id


def test_agents_see_whose_each_request_is_and_their_own_notes(cast, desk):
    agent, owner = cast.people[Role.SUPPORT].email, program_in_role(cast, Role.OWNER)
    where = f"clients/{cast.one.pk}/support/tickets"
    one, two = (
        desk.post("support/calls", {"client_id": cast.one.pk, "subject": each, "text": "x"}).json() for each in "ab"
    )
    desk.call("PUT", f"{where}/{one['id']}/agent", {"agent": agent})
    desk.post(f"{where}/{one['id']}/notes", {"text": "Ask the carrier."})
    desk.post(f"{where}/{two['id']}/acts", {"act": "solve"})
    for asked, found in (
        ("", [("a", agent)]),
        ("state=all", [("b", ""), ("a", agent)]),
        (f"state=all&agent={agent.upper()}", [("a", agent)]),
        ("state=charge", []),
    ):
        items = desk.get(f"support/tickets?{asked}").json()["items"]
        assert [(each["subject"], each["agent"]) for each in items] == found, asked
    assert desk.get(f"support/tickets?agent={cast.people[Role.READER].email}").status_code == 422
    notes = f"{where}/{one['id']}/notes"
    assert [each["text"] for each in desk.get(notes).json()["items"]] == ["Ask the carrier."]
    assert owner.get(notes).status_code == 403
