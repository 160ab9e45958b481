"""How one node is and what waits there, told to the control database."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ecluse.adapters.controldb.database import Database
from ecluse.domain.backlog import Backlog
from ecluse.domain.node_report import NodeReport

_encode = msgspec.msgpack.Encoder().encode


class ControlNodeReports:
    """The port `NodeReports`."""

    def __init__(self, database: Database, node: str) -> None:
        self._database, self._node = database, node

    def tell(self, report: NodeReport) -> None:
        """See `NodeReports.tell`."""
        with self._database.transaction() as transaction:
            transaction.run("tell_node_report", node=self._node, body=_encode(report))

    def backlogs(self) -> set[tuple[str, str]]:
        """See `NodeReports.backlogs`."""
        with self._database.transaction() as transaction:
            return {(client, destination) for client, destination in transaction.rows("backlogs", node=self._node)}

    def tell_backlogs(self, changed: Iterable[Backlog], gone: Iterable[tuple[str, str]]) -> None:
        """See `NodeReports.tell_backlogs`."""
        with self._database.transaction() as transaction:
            for client, destination in gone:
                transaction.run("end_backlog", node=self._node, client=client, destination=destination)
            for each in changed:
                transaction.run(
                    "tell_backlog",
                    node=self._node,
                    client=each.client,
                    destination=each.destination,
                    total=each.count,
                    held=each.held,
                    octets=each.octets,
                    oldest=each.oldest,
                    next_attempt=each.next_attempt,
                    reason=each.reason,
                    outage_since=each.outage_since,
                    messages=_encode(each.messages),
                )
