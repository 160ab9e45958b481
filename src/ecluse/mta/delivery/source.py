"""One of our own addresses that connections leave from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """An address of this machine, and the name that belongs to it."""

    address: str
    hostname: str  # Ours in EHLO on its connections: the name that the world's DNS has for it.

    @property
    def is_ipv6(self) -> bool:
        """Which servers it leads to."""
        return ":" in self.address
