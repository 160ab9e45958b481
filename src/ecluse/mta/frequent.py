"""Figures that every message moves: plain numbers here, handed to the library at `flush`.

One increment of the library writes to a file that processes share. A message has fourteen: measured on small ones,
4 % of a worker's CPU.
"""

from __future__ import annotations

from bisect import bisect_left

from prometheus_client import Counter, Histogram

_figures: list[FrequentCounter | FrequentHistogram] = []  # With their labels.


class FrequentCounter(Counter):
    """A counter of the library that shows what it counted after the next `flush`."""

    def _metric_init(self) -> None:
        super()._metric_init()
        self._counted = 0.0
        _figures.append(self)

    def inc(self, amount: float = 1, exemplar: dict[str, str] | None = None) -> None:  # noqa: ARG002 - the library's signature.
        """See `Counter.inc`; exemplars are not kept."""
        self._counted += amount

    def flush(self) -> None:
        """Show it."""
        if self._counted:
            super().inc(self._counted)
            self._counted = 0.0


class FrequentHistogram(Histogram):
    """A histogram of the library that shows what it observed after the next `flush`."""

    def _metric_init(self) -> None:
        super()._metric_init()
        self._total = 0.0
        self._in_bucket = [0] * len(self._upper_bounds)
        _figures.append(self)

    def observe(self, amount: float, exemplar: dict[str, str] | None = None) -> None:  # noqa: ARG002 - the library's signature.
        """See `Histogram.observe`; exemplars are not kept."""
        self._total += amount
        self._in_bucket[bisect_left(self._upper_bounds, amount)] += 1

    def flush(self) -> None:
        """Show it."""
        if not any(self._in_bucket):
            return
        self._sum.inc(self._total)
        for bucket, count in zip(self._buckets, self._in_bucket, strict=True):
            if count:
                bucket.inc(count)
        self._total, self._in_bucket = 0.0, [0] * len(self._upper_bounds)


def flush() -> None:
    """Show all: every second, and before the process ends. For one thread of a process, the one that counts."""
    for figure in _figures:
        figure.flush()
