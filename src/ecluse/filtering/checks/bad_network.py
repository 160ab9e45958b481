"""Most of what came from the sending server's network was refused or held."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.history import Kind
from ecluse.domain.policy import Policy

MIN_COUNT = 20.0  # A network has many tenants: more must be known of it than of a domain.
MIN_BAD_SHARE = 0.8


def bad_network(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """What it counts makes the next message count: so it must refuse nothing by itself, and it fades."""
    if isinstance(evidence.history, Unknown):
        return
    for known in evidence.history.of(Kind.NETWORK):
        if known.count >= MIN_COUNT and known.bad_share >= MIN_BAD_SHARE:
            yield Finding("BAD_NETWORK", f"{known.name}: {known.bad:.0f} of {known.count:.0f} messages")
