"""Whether a client's servers answer, from the nodes up to the page; and trying them now, from the page down to the nodes."""

from __future__ import annotations

import asyncio
import time

import msgspec
import pytest
from django.utils import timezone
from django_scopes import scope

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.orders import ControlOrders
from ecluse.adapters.controldb.told_routes import ControlToldRoutes
from ecluse.adapters.lmdb.environment import close_all
from ecluse.adapters.lmdb.policies import LmdbPolicies, publish
from ecluse.adapters.lmdb.route_healths import LmdbRouteHealths
from ecluse.control.operation.models import ToldReport
from ecluse.control.operation.route_trials import try_routes
from ecluse.control.tenants import queries, services
from ecluse.domain.errors import Impossible
from ecluse.domain.order import Order, OrderKind, TryOrder
from ecluse.domain.policy import Policy, Route, Tls
from ecluse.domain.published import PublishedPolicy
from ecluse.domain.route_health import RouteState, health_of
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.route_jobs import RouteTeller, RouteTrial
from ecluse.mta.delivery.next_hop import NextHops
from ecluse.mta.delivery.routes import Routes
from tests.control.cast import ADMIN, client
from tests.control.test_publications import url
from tests.loopback import free_port

pytestmark = pytest.mark.django_db(transaction=True)
NODE = "mx1.gateway.test"
ROUTE = Route("192.0.2.30", 25)
OTHER = Route("192.0.2.31", 25)


@pytest.fixture
def told():
    database = Database(url())
    yield ControlToldRoutes(database, NODE)
    database.close()


@pytest.fixture
def paths(tmp_path):
    yield DataPaths(tmp_path)
    close_all()


@pytest.fixture
def domain():
    owner = client("One")
    with scope(client=owner):
        yield services.add_domain(owner, "one.example", [ROUTE, OTHER], by=ADMIN)


def served(paths, *routes):
    publish(paths.policy, PublishedPolicy((Policy("One", "one.example", routes),), (), ()))
    return LmdbPolicies(paths.policy)


def states(domain):
    return {(row.host, row.state, row.said) for rows in queries.told_routes(domain).values() for row in rows}


class TestUp:
    def test_what_a_node_hears_stands_in_the_control_plane_and_only_what_is_its_clients(self, told, paths, domain):
        healths = LmdbRouteHealths(paths.route_healths)
        teller = RouteTeller(told, healths, served(paths, ROUTE, OTHER))
        now = time.time()
        healths.note(health_of("one.example", ROUTE, RouteState.UP, now - 60))
        healths.note(health_of("outbound", ROUTE, RouteState.UP, now - 60))
        teller.look()
        assert states(domain) == {("192.0.2.30", "up", "")}
        healths.note(health_of("one.example", ROUTE, RouteState.DOWN, now, "connection refused"))
        teller.look()
        assert states(domain) == {("192.0.2.30", "down", "connection refused")}

    def test_the_outbound_route_is_nobodys_domain_and_stands_nowhere(self, paths):
        async def try_it():
            routes = Routes(NextHops("mx.gateway.test"), LmdbRouteHealths(paths.route_healths))
            return await routes.try_all(Policy("", "outbound", (Route("127.0.0.1", free_port()),)), 5.0)

        assert asyncio.run(try_it()) == 0
        assert list(LmdbRouteHealths(paths.route_healths).all()) == []

    def test_a_route_that_was_taken_away_is_taken_back(self, told, paths, domain):
        healths = LmdbRouteHealths(paths.route_healths)
        for route in (ROUTE, OTHER):
            healths.note(health_of("one.example", route, RouteState.UP, time.time()))
        RouteTeller(told, healths, served(paths, ROUTE, OTHER)).look()
        assert len(states(domain)) == 2
        # The node was started anew meanwhile: what it told before is asked for.
        RouteTeller(told, healths, served(paths, OTHER)).look()
        assert states(domain) == {("192.0.2.31", "up", "")}

    def test_a_domain_that_is_only_claimed_shows_nothing(self, told, domain):
        owner = domain.client
        claim = services.claim_domain(owner, "claimed.example", [ROUTE], by=ADMIN)
        told.tell([health_of("claimed.example", ROUTE, RouteState.UP, time.time())])
        assert states(claim) == set()


class TestDown:
    def test_the_order_reaches_every_node_that_has_reported(self, domain):
        assert try_routes(domain, by=ADMIN) == 0
        ToldReport.objects.create(node=NODE, body=b"", heard_at=timezone.now())
        assert try_routes(domain, by=ADMIN) == 1
        database = Database(url())
        (order,) = ControlOrders(database, NODE).waiting(time.time())
        database.close()
        assert (order.kind, order.target) == (OrderKind.TRY_ROUTES, "one.example")
        assert msgspec.msgpack.decode(order.body, type=TryOrder) == TryOrder("one.example")

    def test_a_node_speaks_with_each_route_and_remembers_what_it_heard(self, paths):
        async def try_them():
            async def greet(reader, writer):
                writer.write(b"220 mail.one.example\r\n")
                while await reader.readline():
                    writer.write(b"250 Ok\r\n")
                writer.close()

            async def turn_away(_reader, writer):
                writer.write(b"554 5.7.1 Not you\r\n")
                await writer.drain()
                writer.close()

            up, away = [await asyncio.start_server(each, "127.0.0.1", 0) for each in (greet, turn_away)]
            ports = [each.sockets[0].getsockname()[1] for each in (up, away)]
            routes = [Route("127.0.0.1", port, tls=Tls.NEVER) for port in (*ports, free_port())]
            served(paths, *routes)
            async with up, away:
                return await RouteTrial("mx.gateway.test", paths).carry_out(_order("one.example"))

        answer = asyncio.run(try_them())
        assert answer.text == "1 of 3 answer"
        heard = {each.state: each.said for each in LmdbRouteHealths(paths.route_healths).all()}
        assert heard[RouteState.UP] == ""
        assert "554 5.7.1 Not you" in heard[RouteState.TURNS_AWAY]
        assert "refused" in heard[RouteState.DOWN]

    def test_a_domain_that_is_not_served_is_not_tried(self, paths):
        served(paths, ROUTE)
        with pytest.raises(Impossible, match="not served"):
            asyncio.run(RouteTrial("mx.gateway.test", paths).carry_out(_order("two.example")))


def _order(domain):
    return Order("o1", OrderKind.TRY_ROUTES, domain, "person:ann", msgspec.msgpack.encode(TryOrder(domain)))
