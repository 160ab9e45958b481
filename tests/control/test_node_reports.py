"""How nodes are and what waits on them reaches the control plane, bounded and up to date."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.node_reports import ControlNodeReports
from ecluse.control.audit.models import Entry
from ecluse.control.audit.queries import entries
from ecluse.control.mail.models import NodeOrder
from ecluse.control.operation import nodes, queues
from ecluse.control.operation.job_runs import JobRun, note_run
from ecluse.control.operation.models import ToldBacklog, ToldReport
from ecluse.control.operation.nodes import Trouble
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.node_report import NodeReport
from ecluse.domain.order import OrderKind
from ecluse.domain.outage import Outage
from ecluse.entrypoints.node_report_jobs import StateTeller
from ecluse.mta.delivery.backlogs import FEWEST_MESSAGES, MOST_BACKLOGS, MOST_MESSAGES, backlogs_of
from tests.control.cast import OPERATOR, client
from tests.control.test_publications import url
from tests.unit.entrypoints.cli.conftest import QUEUED

pytestmark = pytest.mark.django_db(transaction=True)
NODE = "mx1.gateway.test"


@pytest.fixture
def reports():
    database = Database(url())
    yield ControlNodeReports(database, NODE)
    database.close()


def waiting(number, name="One", destination="one.example", **more):
    return replace(QUEUED, id=f"m{number}", client=name, destination=destination, **more)


def told():
    with scopes_disabled():
        return {(each.client.name, each.destination): each for each in ToldBacklog.objects.all()}


def report(**more):
    now = time.time()
    return NodeReport("1.2.3", now, now - 5, free_bytes=10, **more)


def test_the_newest_report_stands_alone_by_the_databases_clock(reports):
    reports.tell(report())
    reports.tell(replace(report(), release="1.2.4"))
    [row] = ToldReport.objects.all()
    assert (row.node, row.report.release) == (NODE, "1.2.4")
    assert abs((timezone.now() - row.heard_at).total_seconds()) < 60


def test_backlogs_are_told_changed_and_ended_for_clients_that_are_known(reports):
    client("One")
    backlogs = backlogs_of([waiting(1), waiting(2), waiting(3, "Nobody")], [Outage("one.example", since=5.0)])
    reports.tell_backlogs(backlogs, [])
    assert reports.backlogs() == {("One", "one.example")}
    row = told()["One", "one.example"]
    assert (row.total, row.outage_since, [each.id for each in row.waiting]) == (2, 5.0, ["m1", "m2"])
    reports.tell_backlogs(backlogs_of([waiting(1, is_held=True)], []), [])
    row = told()["One", "one.example"]
    assert (row.total, row.held, row.next_when, row.outage_when) == (1, 1, None, None)
    reports.tell_backlogs([], [("One", "one.example"), ("Nobody", "x")])
    assert told() == {}


def test_words_of_strangers_reach_no_database_that_would_choke_on_them(reports):
    client("One")
    reason = "\ud800\0" + "x" * 1_000
    reports.tell_backlogs(backlogs_of([waiting(1, reason=reason)], []), [])
    assert told()["One", "one.example"].reason.startswith("? xxx")


def test_a_queue_of_many_is_told_by_its_oldest():
    count = MOST_MESSAGES * 3
    messages = [waiting(number, queued_at=1_000.0 - number, next_attempt=5.0 + number) for number in range(count)]
    [backlog] = backlogs_of(messages, [])
    assert (backlog.count, backlog.octets, backlog.next_attempt) == (count, count * QUEUED.size, 5.0)
    assert [each.id for each in backlog.messages] == [f"m{count - 1 - back}" for back in range(MOST_MESSAGES)]
    assert backlog.oldest == backlog.messages[0].queued_at


def test_of_more_destinations_less_is_named_of_each():
    where = [f"d{number}.example" for number in range(MOST_BACKLOGS)]
    each = FEWEST_MESSAGES + 5
    messages = [waiting(f"{one}-{to}", destination=to, queued_at=float(one)) for one in range(each) for to in where]
    assert {len(told.messages) for told in backlogs_of(messages, [])} == {FEWEST_MESSAGES}
    assert {len(told.messages) for told in backlogs_of(messages[::100], [])} == {each}  # All that wait.


class State:
    def report(self, queue_read_at):
        return report(queue_read_at=queue_read_at)


class Queue:
    """A spool and its outages, as the teller reads them."""

    def __init__(self, *messages):
        self.waiting = messages

    def messages(self):
        return iter(self.waiting)

    def all(self):
        return iter(())


def test_only_what_changed_is_told_and_what_got_lost_is_told_again(reports, monkeypatch):
    client("One")
    queue = Queue(waiting(1), waiting(2, destination="b.example"))
    teller = StateTeller(reports, State(), queue, queue)
    reports.tell_backlogs(backlogs_of([waiting(9, destination="gone.example")], []), [])
    teller.look()
    assert {destination for _, destination in told()} == {"one.example", "b.example"}
    with scopes_disabled():
        ToldBacklog.objects.all().delete()
    queue.waiting = (waiting(1), waiting(2, destination="b.example"), waiting(3))
    monkeypatch.setattr(teller, "_read_next", 0.0)
    teller.look()
    assert {key[1]: row.total for key, row in told().items()} == {"one.example": 2}
    monkeypatch.setattr(teller, "_compare_next", 0.0)
    monkeypatch.setattr(teller, "_read_next", 0.0)
    teller.look()
    assert {destination for _, destination in told()} == {"one.example", "b.example"}
    [row] = ToldReport.objects.all()
    assert row.report.queue_read_at > 0


def test_while_the_database_is_away_nothing_is_taken_for_told(reports, monkeypatch):
    client("One")
    queue = Queue(waiting(1))
    teller = StateTeller(reports, State(), queue, queue)

    def away(*_):
        raise Unavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(reports, "tell_backlogs", away)
        teller.look()
    assert not ToldReport.objects.exists()
    teller.look()
    assert len(told()) == 1


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("more", "after", "troubles"),
    [
        ({}, timedelta(0), ()),
        ({}, HOUR, (Trouble.AWAY,)),
        ({"has_policy": False, "has_room": False}, timedelta(0), (Trouble.NO_POLICY, Trouble.NO_ROOM)),
        ({"reserve_bytes": 6}, timedelta(0), (Trouble.LOW_ROOM,)),
        ({"figures": {"ecluse_counters_away": 1.0}}, timedelta(0), (Trouble.COUNTS_ALONE,)),
        ({"figures": {"ecluse_queue_oldest_seconds": 20_000.0}}, timedelta(0), (Trouble.QUEUE_OLD,)),
    ],
)
def test_what_is_wrong_with_a_node_is_seen(reports, more, after, troubles):
    reports.tell(report(**more))
    [node] = nodes.nodes(timezone.now() + after)
    assert node.troubles == troubles


def test_a_clock_that_is_off_and_a_log_that_is_late_are_seen(reports):
    reports.tell(replace(report(), at=time.time() + 900))
    [node] = nodes.nodes(timezone.now())
    assert node.troubles == (Trouble.LOG_LATE, Trouble.CLOCK)
    assert round(node.clock_off_s, -1) == 900


def test_a_node_that_does_not_follow_is_seen(reports):
    client("One")
    reports.tell(report(figures={"ecluse_policy_position": 1.0}))
    row = ToldReport.objects.get()
    from ecluse.control.policies.models import PolicyChange  # noqa: PLC0415 - what this test alone makes.

    PolicyChange.objects.create(position=7, kind="domain", key="x", at=row.heard_at - timedelta(seconds=11))
    [node] = nodes.nodes(timezone.now())
    assert (node.troubles, node.position) == ((Trouble.BEHIND,), 7)


def test_a_report_of_a_later_release_is_said_to_be_one(reports):
    reports.tell(report())
    ToldReport.objects.update(body=b"\xc1")
    [node] = nodes.nodes(timezone.now())
    assert (node.report, node.troubles) == (None, (Trouble.UNREADABLE,))


def test_only_a_node_that_is_away_is_forgotten(reports):
    client("One")
    reports.tell(report())
    reports.tell_backlogs(backlogs_of([waiting(1)], []), [])
    with pytest.raises(Impossible):
        nodes.forget_node(nodes.find_node(NODE, timezone.now()), by=OPERATOR)
    nodes.forget_node(nodes.find_node(NODE, timezone.now() + HOUR), by=OPERATOR)
    assert (ToldReport.objects.count(), told()) == (0, {})
    assert Entry.objects.get(action="node.forgotten").before["node"] == NODE


def test_what_nodes_told_that_came_back_no_more_is_forgotten(reports):
    client("One")
    reports.tell(report())
    reports.tell_backlogs(backlogs_of([waiting(1)], []), [])
    assert nodes.forget_old_backlogs(timezone.now() + timedelta(days=29)) == 0
    assert nodes.forget_old_backlogs(timezone.now() + timedelta(days=31)) == 1


def test_an_order_is_for_one_message_that_waits_there_or_for_all(reports):
    one = client("One")
    reports.tell_backlogs(backlogs_of([waiting(1)], []), [])
    row = queues.find_backlog(queues.backlogs()[0].pk)
    for message, target in (("m1", "m1"), ("", "*")):
        order = queues.order(row, OrderKind.HOLD, message=message, by=OPERATOR)
        with scope(client=one):
            found = NodeOrder.objects.get(pk=order.pk)
        assert (found.node, found.kind, found.target, found.client_id) == (NODE, "hold", target, one.pk)
    told_to = {"node": NODE, "destination": "one.example", "message": ""}
    assert (entries(one.pk)[0].action, entries(one.pk)[0].after) == ("queue.hold-ordered", told_to)
    for kind, message in ((OrderKind.HOLD, "m2"), (OrderKind.DELETE, "")):
        with pytest.raises(Impossible):
            queues.order(row, kind, message=message, by=OPERATOR)


def test_a_jobs_last_run_is_noted_and_one_that_fails_at_once():
    now = timezone.now()
    note_run("letters", "mx1", now, 0.5, "")
    note_run("letters", "mx1", now + timedelta(seconds=5), 0.5, "")
    assert JobRun.objects.get().began_at == now
    note_run("letters", "mx2", now + timedelta(seconds=10), 0.5, "OperationalError")
    run = JobRun.objects.get()
    assert (run.trouble, run.worker, run.went_well_at) == ("OperationalError", "mx2", now)
    note_run("letters", "mx2", now + timedelta(seconds=15), 0.5, "")
    assert JobRun.objects.get().went_well_at == now + timedelta(seconds=15)
