"""The two pictures of `ecluse evaluate`: how it learned, and whether its probabilities can be believed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ecluse.entrypoints.evaluation.charts import Axis, Line, chart
from ecluse.filtering.learning.accuracy import Labels, Scores, area_above, reliability

POINTS = 40  # Of the learning curve.
_LOWEST_PCT = 1e-4


def draw(folder: Path, labels: Labels, scores: Scores) -> None:
    """Write `learning.svg` and `reliability.svg`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "learning.svg").write_text(learning_curve(labels, scores), "utf-8")
    (folder / "reliability.svg").write_text(reliability_diagram(labels, scores), "utf-8")


def learning_curve(labels: Labels, scores: Scores) -> str:
    """(1-ROCA) % of all messages so far, and of the last tenth of the stream at each point."""
    window = max(1, len(labels) // 10)
    ends = np.linspace(len(labels) / POINTS, len(labels), POINTS).astype(int)
    spans = {"all so far": [(0, end) for end in ends], "the last tenth": [(max(0, end - window), end) for end in ends]}
    lines = [
        Line(name, [(float(end), area_above(labels[start:end], scores[start:end])) for start, end in each])
        for name, each in spans.items()
    ]
    drawable = [Line(line.name, [point for point in line.points if np.isfinite(point[1])]) for line in lines]
    return chart(
        "Learning curve",
        Axis("messages", 0, len(labels)),
        Axis("(1-ROCA) %, never drawn below 0.0001", _LOWEST_PCT, 100, is_logarithmic=True),
        drawable,
    )


def reliability_diagram(labels: Labels, scores: Scores) -> str:
    """Share of spam among the messages to which a probability was given."""
    bins = reliability(labels, scores)
    return chart(
        "Reliability",
        Axis("probability of spam", 0, 1),
        Axis("share of spam", 0, 1),
        [Line("observed", [(each.predicted, each.observed) for each in bins]), Line("ideal", [(0, 0), (1, 1)])],
    )
