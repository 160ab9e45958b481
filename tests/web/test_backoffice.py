"""The provider's own pages: nodes, queues, jobs, and a client as a whole."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from ecluse.control.accounts.roles import Role
from ecluse.control.attempts.models import Attempt
from ecluse.control.audit.queries import entries
from ecluse.control.keystore.models import SealingKey
from ecluse.control.keystore.services import public_key
from ecluse.control.mail.models import NodeOrder
from ecluse.control.operation.job_runs import note_run
from ecluse.control.operation.models import ToldReport
from ecluse.control.privacy.ended_clients import take_down_ended
from ecluse.domain.detour import Detour
from ecluse.domain.order import DetourOrder, QueueOrder
from ecluse.domain.policy import ServiceState
from tests.web import things
from tests.web.programs import program_in_role
from tests.web.things import tell_node

NODE = "mx1.provider.example"


@pytest.fixture
def op(cast):
    return cast.browser(Role.OPERATOR)


def backlog(client):
    with scope(client=client):
        return things.backlog(client)


def orders(client):
    with scope(client=client):
        return list(NodeOrder.objects.all())


def test_the_provider_is_led_to_his_pages_and_nobody_else(cast, op):
    assert 'href="/provider/nodes/"' in op.get("/").text
    billing = cast.browser(Role.BILLING).get("/").text
    assert set(re.findall(r'href="/provider/(\w+)/', billing)) == {"contracts", "invoices"}
    assert "/provider/" not in cast.browser("nobody").get("/").text


def test_nodes_that_are_well_and_away_look_different_and_say_what_to_do(op):
    assert "No node has reported yet" in op.get("/provider/nodes/").text
    tell_node()
    assert ">well<" in op.get("/provider/nodes/").text
    tell_node(age_s=3_700)
    assert ">away<" in op.get("/provider/nodes/").text
    page = op.get(f"/provider/nodes/{NODE}/").text
    assert "What was ordered waits for it" in page
    assert "an hour ago" in page
    assert op.get("/provider/nodes/mx9.provider.example/").status_code == 404


def test_a_report_that_cannot_be_read_breaks_no_page(op):
    tell_node()
    ToldReport.objects.update(body=b"\xc1")
    for path in ("/provider/nodes/", f"/provider/nodes/{NODE}/", "/provider/queues/"):
        assert op.get(path).status_code == 200
    assert "upgrade the console" in op.get(f"/provider/nodes/{NODE}/").text


def test_a_node_is_forgotten_by_who_runs_nodes(cast, op):
    tell_node(age_s=3_700)
    assert cast.browser(Role.READER).post(f"/provider/nodes/{NODE}/forget").status_code == 403
    assert "The node is forgotten" in op.post(f"/provider/nodes/{NODE}/forget", follow=True).text
    assert not ToldReport.objects.exists()
    assert entries(None)[0].action == "node.forgotten"


def test_what_waits_is_found_by_node_client_destination_and_reason(cast, op):
    for client in (cast.one, cast.two):
        backlog(client)
    page = op.get("/provider/queues/").text
    assert "2 messages wait." in page
    for asked, is_found in (("q=one", True), ("q=Two", False), (f"node={NODE}", True), ("node=mx9", False)):
        assert ("one.example</a>" in op.get(f"/provider/queues/?{asked}").text) is is_found, asked


@pytest.mark.parametrize("act", ["retry", "hold", "resume"])
def test_one_message_and_all_of_a_destination_are_ordered(cast, op, act):
    row = backlog(cast.one)
    [message] = row.waiting
    where = f"/provider/queues/{row.pk}/"
    op.post(f"{where}order", {"act": act, "message": message.id})
    page = op.post(f"{where}order", {"act": act}, follow=True).text
    assert [(each.kind, each.target, each.node) for each in orders(cast.one)] == [
        (act, message.id, NODE),
        (act, "*", NODE),
    ]
    assert msgspec.msgpack.decode(orders(cast.one)[1].body, type=QueueOrder) == QueueOrder("One", "one.example")
    assert "not answered yet" in page
    assert [each.action for each in entries(cast.one.pk)[:2]] == [f"queue.{act}-ordered"] * 2
    assert entries(cast.one.pk)[0].actor_name == "op@provider.example"


def test_a_message_that_has_gone_is_not_ordered_about(cast, op):
    row = backlog(cast.one)
    page = op.post(f"/provider/queues/{row.pk}/order", {"act": "hold", "message": "0" * 32}, follow=True)
    assert "does not wait there any more" in page.text
    assert op.post(f"/provider/queues/{row.pk}/order", {"act": "delete"}).status_code == 404
    assert op.post(f"/provider/queues/{row.pk}/order", {"act": "give-back"}).status_code == 404
    assert orders(cast.one) == []


def test_to_give_back_is_asked_for_first(cast, op):
    row = backlog(cast.one)
    where = f"/provider/queues/{row.pk}/give-back"
    assert "cannot be taken back" in op.get(where).text
    assert orders(cast.one) == []
    [message] = row.waiting
    op.post(where, {"message": message.id})
    assert [(each.kind, each.target) for each in orders(cast.one)] == [("give-back", message.id)]


def test_jobs_show_their_last_run_and_its_trouble(op):
    assert "No job has run yet" in op.get("/provider/jobs/").text
    note_run("digests", "mx1", timezone.now(), 1.23, "")
    note_run("letters", "mx1", timezone.now(), 0.1, "OperationalError")
    page = op.get("/provider/jobs/").text
    assert "took 1.2 s" in page
    assert "OperationalError" in page
    assert "has never gone well" in page
    # As the reader writes times: none of ours with seconds.
    assert re.search(r"\d\d/\d\d/\d{4} \d?\d[:h]\d\d|\d{4}-\d\d-\d\d \d\d:\d\d(?!:)", page)
    assert not re.search(r"\d\d:\d\d:\d\d", page)


def test_a_row_that_could_not_be_done_is_tried_again_at_somebodys_word(cast, op):
    now = timezone.now()
    row = Attempt.objects.create(
        work="send a copy",
        row="billing.invoice:12",
        at=now,
        next_at=now + timedelta(days=1),
        times=3,
        problem="KeyError",
    )
    page = op.get("/provider/jobs/").text
    assert "billing.invoice:12" in page
    assert "KeyError" in page
    again = f"/provider/jobs/rows/{row.pk}/again"
    assert cast.browser(Role.READER).post(again).status_code == 403
    assert "tried again within" in op.post(again, follow=True).text
    assert list(Attempt.objects.values_list("times", "problem")) == [(0, "")]  # Due at the next run.
    assert entries(None)[0].action == "job.tried-again"
    assert "does not wait" in op.post(again, follow=True).text


# --- A client as a whole


def test_the_operator_suspends_a_client(cast, op):
    where = f"/clients/{cast.one.pk}/service/"
    assert "Only the provider sees this page" in op.get(where).text
    op.post(f"{where}state", {"state": "suspended"})
    cast.one.refresh_from_db()
    assert cast.one.state == ServiceState.SUSPENDED
    entry = entries(cast.one.pk)[0]
    assert (entry.action, entry.before, entry.after) == (
        "client.state-set",
        {"state": "active"},
        {"state": "suspended"},
    )
    before = entries(cast.one.pk).count()
    op.post(f"{where}state", {"state": "suspended"})
    assert op.post(f"{where}state", {"state": "asleep"}).status_code == 400
    assert entries(cast.one.pk).count() == before


def test_what_an_ended_client_had_set_up_is_held_back_with_a_reason_and_let_go(cast, op):
    where = f"/clients/{cast.one.pk}/service/"
    assert "What it had set up" not in op.get(where).text
    refused = op.post(f"{where}hold-back", {"why": "It comes back"}, follow=True).text
    assert "Nothing of this client is about to be deleted" in refused
    op.post(f"{where}state", {"state": "ended"})
    assert take_down_ended(datetime.now(UTC)) == (1, 0)
    assert "are deleted for good" in op.get(where).text
    assert op.post(f"{where}hold-back", {"why": " "}).status_code == 400
    held = op.post(f"{where}hold-back", {"why": "A dispute"}, follow=True).text
    assert "A dispute" in held
    assert "are deleted for good" not in held
    assert cast.browser(Role.OWNER).post(f"{where}let-go").status_code == 404
    assert "are deleted for good" in op.post(f"{where}let-go", follow=True).text
    assert [each.action for each in entries(cast.one.pk)[:2]] == ["client.let-go", "client.held-back"]


def test_a_program_of_the_provider_holds_it_back_and_lets_it_go(cast, op):
    program, where = program_in_role(cast, Role.OPERATOR), f"clients/{cast.one.pk}/end"
    assert set(program.get(where).json().values()) == {None, ""}
    assert program.call("PUT", f"{where}/hold", {"why": "A dispute"}).status_code == 409
    op.post(f"/clients/{cast.one.pk}/service/state", {"state": "ended"})
    take_down_ended(datetime.now(UTC))
    goes_at = program.get(where).json()["deleted_from"]
    assert goes_at > f"{datetime.now(UTC):%Y-%m-%d}"
    assert program.call("PUT", f"{where}/hold", {"why": " "}).status_code == 422
    assert program.call("PUT", f"{where}/hold", {"why": "A dispute"}).json()["held_why"] == "A dispute"
    assert program_in_role(cast, Role.OWNER).get(where).json()["held_why"] == ""
    assert program.call("DELETE", f"{where}/hold").json() == {
        "deleted_from": goes_at,
        "held_at": None,
        "held_why": "",
        "deleted_at": None,
    }


def test_keys_are_destroyed_by_the_owner_who_writes_the_clients_name(cast, op):
    where = f"/clients/{cast.one.pk}/service/destroy-keys"
    with scope(client=cast.one):
        public_key(cast.one)
    assert op.post(where, {"name": "One"}).status_code == 403
    assert cast.browser(Role.OWNER).post(where, {"name": "One"}).status_code == 404
    boss = cast.browser(Role.PROVIDER_OWNER)
    for wrong in ("", "one", "Two"):
        assert boss.post(where, {"name": wrong}).status_code == 200
    with scope(client=cast.one):
        assert SealingKey.objects.filter(private_key=None).count() == 0
    assert "Keys destroyed: 1" in boss.post(where, {"name": "One"}, follow=True).text
    with scope(client=cast.one):
        assert SealingKey.objects.filter(private_key=None).count() == 1
    assert "key.destroyed" in [each.action for each in entries(cast.one.pk)[:3]]


# --- Abuse


def test_a_case_is_opened_worked_on_and_closed(cast):
    sue = cast.browser(Role.SUPPORT)
    assert "There is no such case" in sue.get("/provider/cases/").text
    assert (
        "no client of this name"
        in sue.post("/provider/cases/add", {"kind": "other", "subject": "x", "client": "Q"}).text
    )
    made = sue.post("/provider/cases/add", {"kind": "campaign", "subject": "ink.example", "client": "One"})
    where = made.headers["Location"]
    act = f"{where}act"
    pia = cast.people[Role.PROVIDER_OWNER]
    sue.post(act, {"act": "note", "text": "<b>asked</b>"})
    sue.post(act, {"act": "assign", "assignee": pia.pk})
    page = sue.get(where).text
    assert "&lt;b&gt;asked" in page
    assert cast.browser(Role.PROVIDER_OWNER).get("/provider/cases/?state=mine").text.count("ink.example") == 1
    assert "ink.example" not in sue.get("/provider/cases/?state=mine").text
    assert "the text is missing" in sue.post(act, {"act": "close", "outcome": " "}, follow=True).text
    sue.post(act, {"act": "close", "outcome": "a rule is shipped"})
    assert "ink.example" not in sue.get("/provider/cases/").text
    assert "a rule is shipped" in sue.get(where).text
    for step in ({"act": "assign", "assignee": cast.people[Role.OWNER].pk}, {"act": "close", "outcome": "again"}):
        assert "This cannot be done" in sue.post(act, step, follow=True).text
    assert sue.post(act, {"act": "burn"}).status_code == 404
    assert [each.action for each in entries(None)[:4]] == ["case.closed", "case.assigned", "case.noted", "case.opened"]


def test_verdicts_that_wait_for_the_provider_are_listed_over_all_clients(cast, op):
    assert "No verdict waits" in op.get("/provider/verdicts/").text
    for client in (cast.one, cast.two):
        with scope(client=client):
            things.new_objection(client, things.held(client)[0])
    page = op.get("/provider/verdicts/").text
    for client in (cast.one, cast.two):
        assert f'href="/clients/{client.pk}/objections/?state=open"' in page
    assert cast.browser(Role.READER).get("/provider/verdicts/").status_code == 403


def test_mail_of_all_clients_for_a_domain_is_sent_around_at_all_nodes_and_who_looks_sees_where(cast, op):
    """Issue 7, items 6 and 9: by pages and by the API; one of a client alone, at one node."""
    until = time.time() + 3_600
    stands = Detour("", "late.example", "relay.example", 25, until, "operator")
    over = Detour("", "over.example", "relay.example", 25, time.time() - 1, "operator")
    for name, told in ((NODE, (stands, over)), ("mx2.provider.example", ())):
        tell_node(name=name, detours=told)
    page = op.get("/provider/detours/").text
    assert "late.example" in page
    assert "over.example" not in page
    given = {"domain": "Far.Example", "next_hop": "smtp://relay.example:2525", "hours": "24"}
    where = "/provider/detours/add"
    assert "Name a client, a domain" in op.post(where, given | {"domain": ""}).text
    assert "goes by their routes" in op.post(where, given | {"domain": "two.example"}).text
    assert "no client of this name" in op.post(where, given | {"client": "Nobody"}).text
    reader = cast.browser(Role.READER)
    assert (reader.get("/provider/detours/").status_code, reader.post(where, given).status_code) == (200, 403)
    assert "not answered yet" in op.post(where, given, follow=True).text
    programs, looks = program_in_role(cast, Role.OPERATOR), program_in_role(cast, Role.READER)
    one = {"client_id": cast.one.pk, "node": NODE}
    assert programs.post("detours", {**one, "next_hop": "smtp://r.example:25"}).status_code == 202
    assert programs.post("detours/end", {"domain": "late.example"}).status_code == 202
    refused = (
        ({**one, "next_hop": "relay"}, 422),
        ({"next_hop": "smtp://r.example:25"}, 422),
        ({"client_id": 0, "next_hop": "smtp://r.example:25"}, 422),
        ({"domain": "x y", "next_hop": "smtp://r.example:25"}, 422),
        ({"domain": "far.example", "node": "gone", "next_hop": "smtp://r.example:25"}, 409),
        ({"domain": "one.example", "next_hop": "smtp://r.example:25"}, 409),
    )
    assert [programs.post("detours", body).status_code for body, _ in refused] == [status for _, status in refused]
    assert looks.post("detours", {**one, "next_hop": "smtp://r.example:25"}).status_code == 403
    found = looks.get("detours").json()
    assert [(each["node"], each["client"], each["domain"]) for each in found["items"]] == [(NODE, "", "late.example")]
    assert sorted(
        (each["node"], each["client_id"], each["state"]) for each in found["orders"] if each["client_id"]
    ) == [(NODE, cast.one.pk, "pending")]
    with scopes_disabled():
        bodies = [msgspec.msgpack.decode(row.body, type=DetourOrder) for row in NodeOrder.objects.filter(client=None)]
    assert sorted((body.client, body.destination, body.host, body.port) for body in bodies) == [
        ("", "far.example", "relay.example", 2525),
        ("", "far.example", "relay.example", 2525),
        ("", "late.example", "", 0),
        ("", "late.example", "", 0),
    ]
    assert "all clients" in op.get("/provider/detours/").text
    ended = {"domain": "late.example", "node": NODE}
    assert "Ordered." in op.post("/provider/detours/end", ended, follow=True).text
    with scopes_disabled():
        told = [NodeOrder.objects.filter(client=None, node=each).count() for each in (NODE, "mx2.provider.example")]
    assert told == [3, 2]
    assert "no such way any more" in op.post("/provider/detours/end", {**ended, "node": "gone"}, follow=True).text


def test_outbound_mail_is_sent_around_by_who_runs_nodes(cast, op):
    row = backlog(cast.one)
    where = f"/provider/queues/{row.pk}/detour"
    values = {"next_hop": "smtp://relay.example:2525", "hours": "24"}
    # Its own domain: the routes are the client's.
    assert "goes by their routes" in op.post(where, values).text
    with scope(client=cast.one):
        type(row).objects.update(destination="far.example")
    assert op.post(where, {**values, "next_hop": "relay"}).status_code == 200
    assert cast.browser(Role.READER).post(where, values).status_code == 403
    assert orders(cast.one) == []
    assert "not answered yet" in op.post(where, values, follow=True).text
    [given] = orders(cast.one)
    body = msgspec.msgpack.decode(given.body, type=DetourOrder)
    assert (given.kind, body.client, body.destination, body.host, body.port) == (
        "detour",
        "One",
        "far.example",
        "relay.example",
        2525,
    )
    assert entries(cast.one.pk)[0].action == "queue.detour-ordered"
