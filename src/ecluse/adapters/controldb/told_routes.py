"""Which next hops answer at one node, told to the control database."""

from __future__ import annotations

from collections.abc import Iterable

from ecluse.adapters.controldb.database import Database
from ecluse.domain.route_health import RouteHealth


class ControlToldRoutes:
    """The port `ToldRoutes`."""

    def __init__(self, database: Database, node: str) -> None:
        self._database, self._node = database, node

    def known(self) -> set[tuple[str, str, int]]:
        """See `ToldRoutes.known`."""
        with self._database.transaction() as transaction:
            return {(name, host, port) for name, host, port in transaction.rows("routes_told", node=self._node)}

    def tell(self, healths: Iterable[RouteHealth]) -> None:
        """See `ToldRoutes.tell`."""
        with self._database.transaction() as transaction:
            for each in healths:
                transaction.run(
                    "tell_route",
                    node=self._node,
                    destination=each.destination,
                    host=each.host,
                    port=each.port,
                    state=each.state.value,
                    since=each.since,
                    said=each.said,
                    said_at=each.said_at,
                )

    def take_back(self, keys: Iterable[tuple[str, str, int]]) -> None:
        """See `ToldRoutes.take_back`."""
        with self._database.transaction() as transaction:
            for destination, host, port in keys:
                transaction.run("take_route_back", node=self._node, destination=destination, host=host, port=port)
