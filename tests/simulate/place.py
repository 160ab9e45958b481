"""Where a simulated installation lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_SHARED_MEMORY = Path("/dev/shm")
MEMORY = _SHARED_MEMORY if _SHARED_MEMORY.is_dir() else None  # Three years write to disk some hundred thousand times.


@dataclass(frozen=True, slots=True)
class Place:
    """Where an installation lies."""

    folder: Path
    database: str  # Its URL.
