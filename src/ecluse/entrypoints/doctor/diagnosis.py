"""What a check of the doctor says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings


class State(StrEnum):
    """How it stands with one thing."""

    OK = "ok"
    WARN = "warn"  # Works, but not as well or not as long as it should.
    FAIL = "fail"  # Mail is refused, deferred, unscanned or at risk.


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One line of the report."""

    subject: str
    state: State
    found: str
    advice: str = ""  # What to do, "" where nothing is to be done.


@dataclass(frozen=True, slots=True)
class Patient:
    """The node that is looked at."""

    config: Path
    settings: Settings
    clamd_config: Path | None  # None: where Debian has it, if clamd runs on this machine.
    asks_routes: bool = False

    @property
    def paths(self) -> DataPaths:
        """Where its data lie."""
        return DataPaths(self.settings.data_dir)


def ok(subject: str, found: str) -> Diagnosis:
    """All is well."""
    return Diagnosis(subject, State.OK, found)


def warn(subject: str, found: str, advice: str) -> Diagnosis:
    """Something to be seen to."""
    return Diagnosis(subject, State.WARN, found, advice)


def fail(subject: str, found: str, advice: str) -> Diagnosis:
    """Something that must not stay so."""
    return Diagnosis(subject, State.FAIL, found, advice)
