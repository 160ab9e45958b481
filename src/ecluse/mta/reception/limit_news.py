"""Which marks of limits people are told of: each once an hour at most, and of a client's accounts a few hundred an hour."""

from __future__ import annotations

from dataclasses import dataclass, field

from ecluse.domain.limit_mark import LimitMark, LimitScope
from ecluse.domain.sending import HOUR_S

MOST_AN_HOUR = 200  # Of one client and worker; what concerns all of the client is told beyond them, too.
MAX_REMEMBERED = 10_000


@dataclass(slots=True)
class LimitNews:
    """What one worker has told already; a restart may tell it once more."""

    # Mark without its numbers -> until when nobody need hear of it again.
    _told: dict[tuple[str, str, str, str, int, int, bool], float] = field(default_factory=dict)
    _of_hour: dict[str, int] = field(default_factory=dict)  # Client -> marks of the hour.
    _hour: int = 0

    def is_new(self, mark: LimitMark) -> bool:
        """Whether this is to be told; it counts as told from then on."""
        key = (mark.client, mark.scope, mark.name, mark.what, mark.window_s, mark.most, bool(mark.answer))
        if mark.at < self._told.get(key, 0.0) or not self._has_room(mark):
            return False
        if len(self._told) >= MAX_REMEMBERED:
            self._told.clear()
        # Limits of a minute may be near in each of them: one of an hour says as much.
        self._told[key] = max(mark.ends_at, (mark.at // HOUR_S + 1) * HOUR_S)
        return True

    def _has_room(self, mark: LimitMark) -> bool:
        if mark.scope is LimitScope.CLIENT:
            return True
        hour = int(mark.at // HOUR_S)
        if hour != self._hour:
            self._hour = hour
            self._of_hour.clear()
        count = self._of_hour.get(mark.client, 0)
        self._of_hour[mark.client] = count + 1
        return count < MOST_AN_HOUR
