"""What is counted before outbound mail is taken: one charge for each message, granted whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass

DAY_S = 86_400
HISTORY_DAYS = 35  # So long the sums of days are kept, to know what is usual.
MAX_MEMBERS = 1_000  # Of one crowd that are remembered, the newest.


@dataclass(frozen=True, slots=True)
class Sum:
    """So much of something within one window of the clock."""

    name: str  # Unique on the installation.
    window_s: int  # Windows begin at multiples of it since the epoch.
    amount: int  # 0: how it stands is asked, no more.
    most: int = 0  # Beyond it the charge is denied; 0 = counted only.

    def starts_at(self, at: float) -> int:
        """When the window of that instant began."""
        return int(at // self.window_s) * self.window_s

    def ends_at(self, at: float) -> float:
        """When the window of that instant is over."""
        return (at // self.window_s + 1) * self.window_s

    def kept_until(self, at: float) -> float:
        """When the sum of that window may be forgotten: those of days are history."""
        return self.ends_at(at) + (HISTORY_DAYS * DAY_S if self.window_s == DAY_S else 0)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Distinct members within the time before, each counted from when it came last."""

    name: str
    members: tuple[str, ...]
    most: int = 0  # Beyond it the charge is denied; 0 = counted only.
    kept_s: float = float(DAY_S)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Points that leak away: what comes faster than that fills it."""

    name: str
    points: float
    leak_per_s: float


@dataclass(frozen=True, slots=True)
class Charge:
    """All that one message is counted under."""

    at: float  # UTC, seconds since the epoch.
    sums: tuple[Sum, ...] = ()
    crowds: tuple[Crowd, ...] = ()
    buckets: tuple[Bucket, ...] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """How things stand after a charge, in its order; of one that was denied nothing is counted."""

    denied: Sum | Crowd | None = None  # The first that was beyond its limit.
    sums: tuple[int, ...] = ()
    crowds: tuple[int, ...] = ()
    levels: tuple[float, ...] = ()  # Of the buckets.
