"""The runbook and the alerts speak of what exists, and of all of it."""

import ast
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client import Counter, Gauge, Histogram

from ecluse.entrypoints import worker_figures
from ecluse.mta import metrics

ROOT = Path(__file__).parents[3]
RUNBOOK = (ROOT / "docs/runbook.md").read_text("utf-8")
ALERTS = yaml.safe_load((ROOT / "docs/howto/prometheus-alerts.yml").read_text("utf-8"))
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
FIGURES = {
    f"{figure._name}_total" if isinstance(figure, Counter) else figure._name: figure
    for figure in (*vars(metrics).values(), *vars(worker_figures).values())
    if isinstance(figure, Counter | Gauge | Histogram)
}


def logged_events() -> set[str]:
    """What the program logs as a warning or an error, read from its source."""
    found = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name("log"), attr="warning" | "error" | "exception"),
                    args=[ast.Constant(str(event)), *_],
                ):
                    found.add(event)
    return found


def test_every_warning_and_error_of_the_log_has_its_line():
    events = logged_events()
    assert len(events) > 20
    text = " ".join(RUNBOOK.split())
    assert {event for event in events if f"`{event}`" not in text} == set()


def test_every_figure_is_spoken_of():
    assert {name for name in FIGURES if f"`{name}`" not in RUNBOOK} == set()


def test_the_runbook_speaks_of_no_figure_that_does_not_exist():
    assert set(re.findall(r"ecluse_[a-z_]+", RUNBOOK)) - set(FIGURES) == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_names_figures_and_labels_that_exist(rule):
    for name, matchers in re.findall(r"(ecluse_[a-z_]+)(?:\{([^}]*)\})?", rule["expr"]):
        figure = FIGURES.get(name) or FIGURES[name.removesuffix("_bucket")]
        labels = re.findall(r"(\w+)!?=~?\"", matchers)
        assert set(labels) <= set(figure._labelnames)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_has_its_entry(rule):
    assert f"\n### {rule['alert']}\n" in RUNBOOK


def test_an_entry_has_its_alert():
    entries = set(re.findall(r"^### (Ecluse\w+)$", RUNBOOK, re.MULTILINE))
    assert entries == {rule["alert"] for rule in RULES}


def test_an_outcome_that_an_alert_waits_for_can_occur():
    outcomes = {value for rule in RULES for value in re.findall(r'outcome="(\w+)"', rule["expr"])}
    collectors = {value for rule in RULES for value in re.findall(r'collector!?="(\w+)"', rule["expr"])}
    page = (ROOT / "docs/reference/metrics.md").read_text("utf-8")
    rows = {row[0]: row[1] for row in re.findall(r"^\| `(\w+)` \| ([^|]*) \|$", page, re.MULTILINE)}
    assert outcomes <= set(rows["outcome"].split(", "))
    assert collectors <= set(rows["collector"].split(", "))
    assert outcomes
    assert collectors
