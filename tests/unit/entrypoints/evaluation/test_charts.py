"""Charts as SVG."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np
import pytest

from ecluse.entrypoints.evaluation.charts import Axis, Line, chart
from ecluse.entrypoints.evaluation.pictures import learning_curve, reliability_diagram

SVG = "{http://www.w3.org/2000/svg}"


def test_a_point_stands_where_its_axes_say():
    picture = ET.fromstring(chart("T", Axis("x", 0, 10), Axis("y", 0, 1), [Line("a", [(0, 0), (10, 1)])]))
    assert picture.find(f"{SVG}polyline").get("points") == "56.0,344.0 584.0,56.0"


def test_what_stands_in_a_name_cannot_leave_it():
    picture = chart("<script>", Axis("&", 0, 1), Axis("y", 0, 1), [])
    assert "<script>" not in picture
    ET.fromstring(picture)


@pytest.mark.parametrize(("value", "place"), [(0.01, 0.0), (0.1, 0.5), (1, 1.0), (0, 0.0), (7, 1.0)])
def test_a_logarithmic_axis_has_its_powers_at_equal_distances(value, place):
    assert Axis("x", 0.01, 1, is_logarithmic=True).place(value) == pytest.approx(place)


def test_both_pictures_of_a_run_can_be_drawn():
    chance = np.random.default_rng(1)
    labels = chance.random(500) < 0.5
    scores = chance.normal(size=500) + 2 * labels
    for draw in (learning_curve, reliability_diagram):
        lines = ET.fromstring(draw(labels, scores)).findall(f"{SVG}polyline")
        assert len(lines) == 2
        assert all(line.get("points") for line in lines)
