"""What a node tells the control plane of itself: how it is at the moment, and nothing of any message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ecluse.domain.detour import Detour
from ecluse.domain.purge import PurgeRun


@dataclass(frozen=True, slots=True)
class NodeReport:
    """The newest one counts. A node of an older release leaves out what it does not know."""

    release: str
    at: float  # By the node's own clock: UTC, seconds since the epoch.
    began: float  # When its agent began.
    has_policy: bool = True
    has_room: bool = True  # More than the reserve is free.
    free_bytes: int = 0
    reserve_bytes: int = 0
    queue_read_at: float = 0.0  # When its queue was last read and told; 0 = not yet.
    figures: Mapping[str, float] = field(
        default_factory=dict
    )  # Name of a metric -> its value, over labels and processes.
    purges: tuple[PurgeRun, ...] = ()  # The newest of each store.
    addresses: tuple[str, ...] = ()  # From which it sends, as far as its settings name them.
    detours: tuple[Detour, ...] = ()  # In force there.

    def figure(self, name: str) -> float:
        """One figure, as the node's /metrics has it; 0 where it does not tell it."""
        return self.figures.get(name, 0.0)
