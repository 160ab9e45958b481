"""Who sends outbound mail, as far as limits and locks go."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """What outbound limits count and a lock stops: a person or a device of a client (3-11, 3-12)."""

    client: str
    name: str  # "ann@a.example", or the connector's name where nothing tells who wrote the message; lower case.
    connector: str = ""  # By which connector its mail reached us; "" = a network of the node's settings.

    @property
    def key(self) -> str:
        """Unique on the installation, to count by."""
        return f"{self.client}/{self.name}"
