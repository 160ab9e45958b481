"""Where a node tells its control plane which next hops answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ecluse.domain.route_health import RouteHealth


class ToldRoutes(Protocol):
    """What the control plane believes of one node. Calls raise `Unavailable`."""

    def known(self) -> set[tuple[str, str, int]]:
        """The `RouteHealth.key` of all that was told."""
        ...

    def tell(self, healths: Iterable[RouteHealth]) -> None:
        """New or changed ones; those of a destination that is nobody's are passed over."""
        ...

    def take_back(self, keys: Iterable[tuple[str, str, int]]) -> None:
        """The node knows nothing of these any more."""
        ...
