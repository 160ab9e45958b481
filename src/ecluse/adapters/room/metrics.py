"""What Prometheus is told about the opening room."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

OPENINGS = Counter(
    "ecluse_openings_total", "Files asked of the opening room, by where the answer came from.", ["answer"]
)
OPENING_SECONDS = Histogram(
    "ecluse_opening_seconds",
    "From the question to a helper's answer.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
HELPERS_ENDED = Counter("ecluse_opening_helpers_ended_total", "Helpers that a file has ended.", ["cause"])
POISON = Counter("ecluse_opening_poison_total", "Files that ended helpers three times. Alert on any.")
