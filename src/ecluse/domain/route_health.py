"""Whether a next hop answers, as the node heard it last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from ecluse.domain.policy import Route
from ecluse.domain.printable import printable

# A server that is up and down by turns, or says something else each time, makes no disk busy: each change waits for it.
LASTS_S = 5.0
WORDS_LAST_S = 60.0


class RouteState(StrEnum):
    """What a next hop does with what we bring."""

    UP = "up"  # It takes transactions, whatever it says to recipients.
    TURNS_AWAY = "turns-away"  # It answers, and takes none.
    DOWN = "down"  # It does not answer.


@dataclass(frozen=True, slots=True)
class RouteHealth:
    """Of one route of one destination, on one node."""

    destination: str
    host: str
    port: int
    state: RouteState
    since: float  # UTC, seconds since the epoch: when it came to be so.
    said: str = ""  # Why, in the server's last words or ours; "" while it is up.
    said_at: float = 0.0

    @property
    def key(self) -> tuple[str, str, int]:
        """What names it on its node."""
        return self.destination, self.host, self.port

    def after(self, known: RouteHealth | None) -> RouteHealth | None:
        """What is to be kept where so much was known; None: nothing new, or too soon to tell."""
        if known is None:
            return self
        if self.state is not known.state:
            return None if 0 <= self.since - known.since < LASTS_S else self
        is_new = self.said != known.said and self.said_at - known.said_at >= WORDS_LAST_S
        return replace(self, since=known.since) if is_new else None


def health_of(destination: str, route: Route, state: RouteState, now: float, said: str = "") -> RouteHealth:
    """As it is kept: without what a server might hide in its words."""
    words = "" if state is RouteState.UP else printable(said)[:300]
    return RouteHealth(destination, route.host, route.port, state, now, words, now)
