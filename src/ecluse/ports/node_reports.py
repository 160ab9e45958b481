"""What a node tells the control plane of itself and of what waits there: the present alone, no history."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ecluse.domain.backlog import Backlog
from ecluse.domain.node_report import NodeReport


class NodeReports(Protocol):
    """Told by the agent. Every method raises `Unavailable`."""

    def tell(self, report: NodeReport) -> None:
        """This is how we are; what was told before is forgotten."""
        ...

    def backlogs(self) -> set[tuple[str, str]]:
        """`Backlog.key` of what the control plane believes to wait here."""
        ...

    def tell_backlogs(self, changed: Iterable[Backlog], gone: Iterable[tuple[str, str]]) -> None:
        """These are as they stand here now, those have no message any more. Clients that it does not know are passed over."""
        ...
