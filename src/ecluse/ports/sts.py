"""Where MTA-STS policies come from, and where they are kept (RFC 8461)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class NoPolicy(Exception):
    """It could not be had; `word` is that of RFC 8460."""

    def __init__(self, word: str, reason: str) -> None:
        super().__init__(reason)
        self.word = word


@dataclass(frozen=True, slots=True)
class KeptPolicy:
    """A policy file as it was fetched."""

    domain: str
    id: str  # As the TXT record had it then.
    text: str
    fetched_at: float  # UTC, seconds since the epoch.


class StsFetcher(Protocol):
    """Asks a domain's policy host."""

    async def fetch(self, domain: str, addresses: tuple[str, ...]) -> str:
        """The policy file. `addresses` are those of its host. Raises `NoPolicy`."""
        ...


class StsStore(Protocol):
    """Keeps policies over restarts: who was held to one stays held to it while its domain cannot be asked."""

    def find(self, domain: str) -> KeptPolicy | None:
        """What was kept last; None also where it cannot be read."""
        ...

    def keep(self, policy: KeptPolicy) -> None:
        """Replace what was kept. Raises `Unavailable`."""
        ...
