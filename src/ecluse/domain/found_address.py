"""An address that a client's own server has confirmed, for the client to take over into his list."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FoundAddress:
    """Mail came for it, its server takes it, and turns away a name that nobody has."""

    client: str
    address: str  # `Address.key`.
    at: float  # UTC, seconds since the epoch.

    @property
    def domain(self) -> str:
        """Whose address it is."""
        return self.address.rpartition("@")[2]

    @property
    def local(self) -> str:
        """Its local part."""
        return self.address.rpartition("@")[0]
