"""The time a client's server has been out of reach, and what follows from it (requirements 11-2)."""

from __future__ import annotations

from dataclasses import dataclass

HOUR_S = 3600.0
WARN_AT_H = (1, 24, 96, 144)
REFUSE_NEW_AT_H = 120  # From here new mail hears 451 4.4.1: it stays with its sender.
DEAD_AT_H = 168  # The server is deemed dead and what waits for it ends.


@dataclass(frozen=True, slots=True)
class Outage:
    """An uninterrupted outage of one destination; it ends with the first answer of one of its routes."""

    destination: str
    since: float  # UTC, seconds since the epoch: the first failure.
    warned_h: int = 0  # The last of `WARN_AT_H` that the administrator was told of.

    def age_h(self, now: float) -> float:
        """Hours since it began."""
        return (now - self.since) / HOUR_S

    def refuses_new_mail(self, now: float) -> bool:
        """Whether new mail is answered 451 4.4.1."""
        return self.age_h(now) >= REFUSE_NEW_AT_H

    def is_dead(self, now: float) -> bool:
        """Whether queued mail ends now."""
        return self.age_h(now) >= DEAD_AT_H

    def due_warning_h(self, now: float) -> int:
        """The warning to give now, in hours since the start; 0 for none."""
        due = [hours for hours in WARN_AT_H if self.warned_h < hours <= self.age_h(now)]
        return due[-1] if due else 0
