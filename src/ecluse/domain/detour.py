"""Another way for outbound mail than the servers that domains name, for a while, by order of the provider."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.domain.policy import Route

MOST_HOURS = 720  # Whoever needs one for longer than a month wants a smart host.


@dataclass(frozen=True, slots=True)
class Detour:
    """Mail of a client, or for a domain, or both, goes to this next hop in place of MX."""

    client: str  # "" = every client's.
    destination: str  # A domain, lower case; "" = every one.
    host: str
    port: int
    until: float  # UTC, seconds since the epoch.
    by: str = ""  # Who ordered it.

    @property
    def key(self) -> tuple[str, str]:
        """What it is for; one detour each."""
        return (self.client, self.destination)

    @property
    def route(self) -> Route:
        """The way; the provider vouches for it."""
        return Route(self.host, self.port)


def keys_for(client: str, destination: str) -> tuple[tuple[str, str], ...]:
    """The keys of detours that are for this mail, the one that counts first: both, the domain's, the client's."""
    return ((client, destination), ("", destination), (client, ""))
