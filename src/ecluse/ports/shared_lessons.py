"""What the other nodes of the installation have learned, with the places of tokens: to be learned here, too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from ecluse.domain.act import Origin
from ecluse.domain.said import Said


class SharedLessons(Protocol):
    """Read by the agent. Calls raise `Unavailable`."""

    def voter_key(self) -> bytes:
        """What all nodes make the names of voters with; made where there is none yet."""
        ...

    def newest(self) -> Mapping[str, Iterable[Origin]]:
        """Client -> the last act that each log of another node has shared."""
        ...

    def numbers_after(self, client: str, place: Origin) -> list[int]:
        """Numbers of the acts which that log has shared after that one, ascending; a bounded part."""
        ...

    def read(self, client: str, origin: Origin) -> Said | None:
        """One of them; None where it is gone, or cannot be read."""
        ...
