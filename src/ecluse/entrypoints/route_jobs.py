"""How the control plane learns which next hops answer, and how a node tries them when it is ordered to."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import msgspec
import structlog

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.told_routes import ControlToldRoutes
from ecluse.adapters.lmdb.policies import LmdbPolicies
from ecluse.adapters.lmdb.route_healths import LmdbRouteHealths
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.order import Order, OrderAnswer, Outcome, TryOrder
from ecluse.domain.route_health import RouteHealth
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from ecluse.mta.delivery.next_hop import NextHops
from ecluse.mta.delivery.routes import Routes
from ecluse.ports.policies import Policies
from ecluse.ports.route_healths import RouteHealths
from ecluse.ports.told_routes import ToldRoutes

log = structlog.get_logger()

LOOK_EVERY_S = 2.0
COMPARE_EVERY_S = 600.0  # Everything once more: what got lost, or belongs to nobody any more, does not stay so.
TRY_WITHIN_S = 20.0  # Each route: somebody waits for it.


async def tell_routes(settings: Settings) -> None:
    """Tell until cancelled; while the database is away the node remembers."""
    if settings.control.database is None:
        raise Impossible("no control database is set")
    paths = DataPaths(settings.data_dir)
    told = ControlToldRoutes(Database(settings.control.database), settings.hostname)
    teller = RouteTeller(told, LmdbRouteHealths(paths.route_healths), LmdbPolicies(paths.policy))
    while True:
        await asyncio.to_thread(teller.look)
        await asyncio.sleep(LOOK_EVERY_S)


@dataclass(slots=True)
class RouteTeller:
    """Compares what the node knows with what it has told."""

    control: ToldRoutes
    healths: RouteHealths
    policies: Policies
    _told: dict[tuple[str, str, int], RouteHealth] = field(default_factory=dict)
    _compare_next: float = float("-inf")  # Monotonic.
    _is_away: bool = False

    def look(self) -> None:
        """Tell what has changed."""
        try:
            self._tell()
        except Unavailable as problem:
            if not self._is_away:
                log.warning("states of routes cannot be told", problem=str(problem))
            self._is_away = True
        else:
            self._is_away = False

    def _tell(self) -> None:
        is_compared = time.monotonic() >= self._compare_next
        if is_compared:
            self._forget_former()
        found = {each.key: each for each in self.healths.all()}
        before = {} if is_compared else self._told
        known = self.control.known() if is_compared else set(self._told)
        changed = [each for key, each in found.items() if before.get(key) != each]
        if changed:
            self.control.tell(changed)
        if gone := known - found.keys():
            self.control.take_back(gone)
        self._told = found
        if is_compared:
            self._compare_next = time.monotonic() + COMPARE_EVERY_S

    def _forget_former(self) -> None:
        for each in self.healths.all():
            policy = self.policies.domain(each.destination)
            if policy is None or (each.host, each.port) not in {(one.host, one.port) for one in policy.routes}:
                self.healths.forget(each)


@dataclass(frozen=True, slots=True)
class RouteTrial:
    """Speaks with the next hops of a domain because somebody wants to know."""

    hostname: str
    paths: DataPaths

    async def carry_out(self, order: Order) -> OrderAnswer:
        """Up to MAIL; what was heard is noted as after any transaction. Raises `Unavailable`, `MsgspecError`."""
        destination = msgspec.msgpack.decode(order.body, type=TryOrder).domain
        policy = LmdbPolicies(self.paths.policy).domain(destination)
        if policy is None:
            raise Impossible("this domain is not served here")
        next_hops = NextHops(self.hostname)
        try:
            routes = Routes(next_hops, LmdbRouteHealths(self.paths.route_healths))
            count = await routes.try_all(policy, TRY_WITHIN_S)
        finally:
            await next_hops.close()
        return OrderAnswer(Outcome.DONE, f"{count} of {len(policy.routes)} answer")
