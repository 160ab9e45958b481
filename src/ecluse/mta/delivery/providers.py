"""Who runs a domain's servers, and how much they take at once, by providers.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("providers.toml")
MESSAGES_EACH = 100  # Over one connection, where nothing else is known.


@dataclass(frozen=True, slots=True)
class Provider:
    """One that many domains may share."""

    name: str  # Of a provider we do not know: its server's name.
    connections: int  # At once; 0 = as many as to any other destination.
    messages: int = MESSAGES_EACH  # Over one connection.


def provider_of(host: str) -> Provider:
    """The provider of a server."""
    known = _by_suffix()
    above = host
    while above:
        above = above.partition(".")[2]
        if above in known:
            return known[above]
    return Provider(host, 0)


@cache
def _by_suffix() -> dict[str, Provider]:
    found: dict[str, Provider] = {}
    for row in tomllib.loads(TABLE.read_text("utf-8"))["provider"]:
        provider = Provider(row["name"], row["connections"], row["messages"])
        found |= {pattern.removeprefix("*."): provider for pattern in row["hosts"]}
    return found
