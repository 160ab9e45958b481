"""Which next hops answer, known to all processes of the node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ecluse.domain.route_health import RouteHealth


class RouteHealths(Protocol):
    """Told by whoever has just spoken with a next hop. Calls raise `Unavailable`."""

    def note(self, health: RouteHealth) -> None:
        """What was heard: a state that lasts keeps its beginning, and one of some seconds may be passed over."""
        ...

    def all(self) -> Iterator[RouteHealth]:
        """Everything that is known, as things stood at the call."""
        ...

    def forget(self, health: RouteHealth) -> None:
        """Nobody is interested in that route any more."""
        ...
