"""What a room tells whoever counts: files, seconds, and the ends of helpers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _count_nothing(_told: object) -> None:
    """Where nobody asks."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Called once for each."""

    opened: Callable[[str], None] = (
        _count_nothing  # A file, by where its answer came from: "opened", "cache", a trouble.
    )
    took: Callable[[float], None] = _count_nothing  # Seconds from the question to a helper's answer.
    helper_ended: Callable[[str], None] = _count_nothing  # By a file; the cause is a trouble.
    poisoned: Callable[[str], None] = _count_nothing  # A file is not opened again; its fingerprint.
