"""Another way for outbound mail, ordered in the console: from the order to what a node's delivery finds."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial

import pytest
from django.utils import timezone
from django_scopes import scope

from ecluse.adapters.controldb.node_reports import ControlNodeReports
from ecluse.adapters.lmdb.detours import LmdbDetours
from ecluse.adapters.lmdb.environment import close_all
from ecluse.control.operation.detours import Way, order_way, standing_detours
from ecluse.control.operation.models import ToldBacklog
from ecluse.control.operation.queues import orders_to, send_around
from ecluse.domain.detour import MOST_HOURS
from ecluse.domain.errors import Impossible
from ecluse.domain.node_report import NodeReport
from ecluse.domain.order import ALL_OF_A_DESTINATION, DetourOrder, OrderKind
from ecluse.entrypoints import detour_orders
from ecluse.entrypoints.detour_orders import detouring
from ecluse.entrypoints.node_state import NodeState
from ecluse.entrypoints.order_jobs import _taker
from ecluse.entrypoints.settings_tables import Settings
from ecluse.wire.notations import DomainName, NextHop
from tests.control.cast import ADMIN, client
from tests.control.test_orders import NODE, QUEUED, Node, answered, database, order, orders  # noqa: F401 - pytest finds the fixtures by their names here.

pytestmark = pytest.mark.django_db(transaction=True)

RELAY = NextHop("smtp://relay.example:2525")


@pytest.fixture
def node(tmp_path, orders):  # noqa: F811 - a fixture.
    yield Node(tmp_path, orders)
    close_all()


@pytest.fixture
def told(database):  # noqa: F811 - a fixture.
    """Beside another node, which has reported once."""
    ControlNodeReports(database, "mx2.provider.example").tell(NodeReport("1", time.time(), time.time()))
    return ControlNodeReports(database, NODE)


@pytest.fixture
def backlog():
    owner = client("One")
    with scope(client=owner):
        yield ToldBacklog.objects.create(
            client=owner,
            node=NODE,
            destination="far.example",
            total=1,
            held=0,
            octets=10,
            oldest=1.0,
            next_attempt=2.0,
            outage_since=0.0,
            messages=b"\x90",
        )


def carried_out(node):
    detours = LmdbDetours(node.paths.detours)

    async def work(taker):
        taker.acts = {**taker.acts, OrderKind.DETOUR: partial(detouring, detours)}
        await taker.look()

    node.run(work)
    return list(detours.all())


def test_what_waits_is_due_at_once_and_what_comes_goes_there_until_its_time(node, backlog):
    later = time.time() + 10_000
    waits = replace(
        QUEUED, client="One", destination="far.example", direction="outbound", next_attempt=later, is_held=False
    )
    other = replace(waits, id="m2", destination="near.example")
    node.queue(waits, other)
    row = send_around(backlog, RELAY, 24, by=ADMIN)
    [detour] = carried_out(node)
    assert answered(row) == ("done", "goes to smtp://relay.example:2525; 1 messages are due now")
    assert (detour.key, str(detour.route)) == (("One", "far.example"), RELAY)
    assert detour.by == "person:ann@one.example"
    assert 23.9 < (detour.until - time.time()) / 3_600 <= 24
    assert {each.id: each.next_attempt < later for each in node.queued()} == {QUEUED.id: True, "m2": False}
    assert [each.pk for each in orders_to(backlog)] == [row.pk]


def test_of_very_many_the_oldest_are_due_and_other_orders_need_not_wait_for_the_rest(node, backlog, monkeypatch):
    monkeypatch.setattr(detour_orders, "MOST_AT_ONCE", 2)
    later = time.time() + 10_000
    waits = replace(
        QUEUED, client="One", destination="far.example", direction="outbound", next_attempt=later, is_held=False
    )
    node.queue(*[replace(waits, id=f"m{number}") for number in range(3)])
    row = send_around(backlog, RELAY, 24, by=ADMIN)
    carried_out(node)
    said = "goes to smtp://relay.example:2525; 2 messages are due now, what else waits when its time comes"
    assert answered(row) == ("done", said)
    assert {each.id for each in node.queued() if each.next_attempt < later} == {"m0", "m1"}


def test_it_is_ended_by_another_order(node, backlog):
    send_around(backlog, RELAY, 24, by=ADMIN)
    ended = send_around(backlog, None, by=ADMIN)
    assert carried_out(node) == []
    assert answered(ended) == ("done", "goes by MX again")


def test_one_whose_time_is_over_is_not_carried_out(node, backlog):
    over = DetourOrder("One", "far.example", RELAY.host, RELAY.port, time.time() - 1)
    row = order(backlog.client, OrderKind.DETOUR, target=ALL_OF_A_DESTINATION, body=over)
    assert carried_out(node) == []
    assert answered(row) == ("failed", "its time is over")


def test_one_for_all_is_ordered_of_all_nodes_and_what_stands_is_told_back(node, told, tmp_path, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    told.tell(NodeReport("1", time.time(), time.time()))
    now = timezone.now()
    given = order_way(Way(None, "far.example", RELAY, 24), now, by=ADMIN)
    assert [each.node for each in given] == sorted(["mx2.provider.example", NODE])
    [detour] = carried_out(node)
    assert (detour.key, str(detour.route)) == (("", "far.example"), RELAY)
    state = NodeState(Settings(hostname=DomainName(NODE), data_dir=tmp_path), node.paths)
    told.tell(state.report(0.0))
    assert [(each.node, each.detour) for each in standing_detours(now)] == [(NODE, detour)]
    order_way(Way(None, "far.example"), now, NODE, by=ADMIN)
    assert carried_out(node) == []
    told.tell(state.report(0.0))
    assert standing_detours(now) == []


@pytest.mark.parametrize("hours", [0, MOST_HOURS + 1])
def test_it_lasts_a_month_at_most(backlog, hours):
    with pytest.raises(Impossible):
        send_around(backlog, RELAY, hours, by=ADMIN)


def test_a_node_knows_every_kind_of_order(tmp_path, orders):  # noqa: F811 - a fixture.
    settings = Settings(hostname=DomainName(NODE), data_dir=tmp_path)
    with _taker(settings, orders, None) as taker:
        assert set(taker.acts) == set(OrderKind)
    close_all()
