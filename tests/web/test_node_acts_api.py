"""Nodes that come back no more, orders to those that are away, and jobs, by the API: for the provider's keys."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.attempts.models import Attempt
from ecluse.control.audit.queries import entries
from ecluse.control.mail.models import NodeOrder
from ecluse.control.operation.job_runs import note_run
from ecluse.control.operation.models import ToldReport
from tests.web.programs import program_in_role
from tests.web.things import held, tell_node

NODE = "mx1.provider.example"


def test_a_node_is_forgotten_once_it_is_away(cast):
    program, reader = program_in_role(cast, Role.OPERATOR), program_in_role(cast, Role.READER)
    tell_node()
    assert program.call("DELETE", f"nodes/{NODE}").status_code == 409
    tell_node(age_s=3_700)
    answers = [each.call("DELETE", f"nodes/{NODE}").status_code for each in (reader, program, program)]
    assert answers == [403, 204, 404]
    assert not ToldReport.objects.exists()
    assert (entries(None)[0].action, entries(None)[0].actor_kind) == ("node.forgotten", "api-key")


def test_orders_that_wait_are_listed_over_all_clients_while_their_node_is_away(cast):
    reader = program_in_role(cast, Role.READER)
    assert reader.get("orders").json() == {"items": [], "total": 0}
    for client in (cast.one, cast.two):
        with scope(client=client):
            copy, order = held(client)
            NodeOrder.objects.filter(pk=order.pk).update(expires=order.ordered_at + 3_600, node=NODE)
    found = reader.get(f"orders?node={NODE}").json()
    assert (found["total"], [each["client"] for each in found["items"]]) == (2, ["One", "Two"])
    last = found["items"][1]
    assert (last["id"], last["kind"], last["target"], last["by"]) == (order.pk, "fetch", copy.message_id, "test")
    assert last["until"] > last["ordered_at"]
    assert reader.get("orders?node=mx2.provider.example").json()["items"] == []
    tell_node()  # It is back.
    assert reader.get("orders").json()["items"] == []


def test_jobs_tell_how_they_went_and_a_row_is_tried_again(cast):
    program, reader, now = program_in_role(cast, Role.OPERATOR), program_in_role(cast, Role.READER), timezone.now()
    note_run("digests", "mx1", now, 1.5, "")
    note_run("letters", "mx1", now, 0.1, "OperationalError")
    jobs = [
        (each["name"], each["trouble"], each["went_well_at"] is None) for each in reader.get("jobs").json()["items"]
    ]
    assert jobs == [("digests", "", False), ("letters", "OperationalError", True)]
    wanted = {"work": "send a copy", "row": "billing.invoice:12", "times": 3, "problem": "KeyError"}
    row = Attempt.objects.create(**wanted, at=now, next_at=now + timedelta(days=1))
    [shown] = reader.get("jobs/rows").json()["items"]
    assert shown["id"] == row.pk
    assert {name: shown[name] for name in wanted} == wanted
    again = f"jobs/rows/{row.pk}/again"
    assert [each.post(again).status_code for each in (reader, program, program)] == [403, 202, 404]
    assert list(Attempt.objects.values_list("times", "problem")) == [(0, "")]  # Due at the next run.
    assert entries(None)[0].action == "job.tried-again"
