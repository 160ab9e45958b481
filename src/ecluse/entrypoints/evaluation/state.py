"""A run of `ecluse evaluate` as a file, so that it can go on where it was stopped."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from ecluse.domain.errors import BadConfig
from ecluse.entrypoints.evaluation.own_filter import OwnFilter
from ecluse.entrypoints.evaluation.trial import Course


def save_state(path: Path, run: str, course: Course, own: OwnFilter) -> None:
    """Write all or nothing; `run` says what was evaluated and how, and must be the same to go on."""
    scratch = path.with_name(path.name + ".tmp")
    arrays: dict[str, Any] = {
        "run": np.frombuffer(run.encode("utf-8", "surrogateescape"), np.uint8),
        "scores": course.scores,
        "seconds": course.seconds,
        **own.taught.exported(),
        **own.lessons.exported(),
    }
    with scratch.open("wb") as file:
        np.savez(file, **arrays)
    scratch.replace(path)


def load_state(path: Path, run: str, own: OwnFilter) -> Course:
    """What `save_state` wrote, and into `own` what was learned. Raises `BadConfig` for the file of another run."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if file["run"].tobytes() != run.encode("utf-8", "surrogateescape"):
                raise BadConfig(str(path), 0, "", "expected the state of this very run; it is that of another")
            own.taught.restore(file)
            own.lessons.restore(file)
            return Course(file["scores"].astype(np.float64), file["seconds"].astype(np.float64))
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as problem:
        raise BadConfig(str(path), 0, "", f"expected a state file: {problem}") from problem
