"""What `ecluse evaluate` found, for programs and for people."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.entrypoints.evaluation.days import Day
from ecluse.entrypoints.evaluation.own_filter import Mistake
from ecluse.entrypoints.terminal import Cell
from ecluse.filtering.learning.accuracy import Accuracy, Figure


@dataclass(frozen=True, slots=True)
class Name:
    """Which filter it was."""

    filter: str
    version: str
    command: str  # What was run, for who wants to do it again.


@dataclass(frozen=True, slots=True)
class Report:
    """One filter on one stream."""

    name: Name
    accuracy: Accuracy
    seconds: Figure

    @property
    def messages(self) -> int:
        """Ham and spam."""
        return self.accuracy.ham + self.accuracy.spam


def as_json(report: Report) -> dict[str, object]:
    """The figures, each with its interval beside it."""
    accuracy = report.accuracy
    return {
        "filter": report.name.filter,
        "version": report.name.version,
        "command": report.name.command,
        "messages": report.messages,
        "ham": accuracy.ham,
        "spam": accuracy.spam,
        **_with_interval("one_minus_roca_pct", accuracy.one_minus_roca),
        **_with_interval("lam_pct", accuracy.lam),
        "spam_missed_pct_at_ham_loss": {f"{loss:g}": one.value for loss, one in accuracy.missed.items()},
        "spam_missed_pct_at_ham_loss_interval": {f"{loss:g}": _interval(one) for loss, one in accuracy.missed.items()},
        **_with_interval("seconds", report.seconds),
    }


COLUMNS = ("figure", "value", "95 % interval")


def rows(report: Report) -> list[tuple[Cell, ...]]:
    """The same as a table."""
    accuracy = report.accuracy
    figures = {
        "(1-ROCA) %": accuracy.one_minus_roca,
        "lam %": accuracy.lam,
        **{f"spam missed at {loss:g} % ham loss, %": figure for loss, figure in accuracy.missed.items()},
        "seconds": report.seconds,
    }
    counts = f"{accuracy.ham} ham, {accuracy.spam} spam"
    return [
        ("messages", str(report.messages), counts),
        *((name, f"{one.value:.4f}", f"{one.low:.4f} to {one.high:.4f}") for name, one in figures.items()),
    ]


MISTAKE_COLUMNS = ("worst mistakes", "was", "log-odds", "what spoke for the other")
DAY_COLUMNS = ("day", "ham", "lost", "spam", "missed")


def mistake_cells(mistake: Mistake) -> tuple[Cell, ...]:
    """One message that was on the wrong side, and why."""
    reasons = ", ".join(f"{reason.text!r} {reason.log_odds:+.2f}" for reason in mistake.reasons)
    return mistake.name, "spam" if mistake.is_spam else "ham", f"{mistake.size:.1f}", reasons


def day_cells(day: Day) -> tuple[Cell, ...]:
    """What went wrong on a day, at the threshold 0."""
    return day.day or "unknown", str(day.ham), str(day.ham_lost), str(day.spam), str(day.spam_missed)


def _with_interval(name: str, figure: Figure) -> dict[str, object]:
    return {name: figure.value, f"{name}_interval": _interval(figure)}


def _interval(figure: Figure) -> list[float]:
    return [figure.low, figure.high]
