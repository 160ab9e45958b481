"""The loops in which the classifier makes its tokens, as the settings want them."""

from __future__ import annotations

from functools import cache

from ecluse.domain.errors import Impossible
from ecluse.filtering.learning.tokens import ARRAYS, Loops


@cache
def classifier_loops(*, compiled: bool) -> Loops:
    """Compiled once in the life of a process and of those that it forks. Raises `Impossible` where numba is missing."""
    if not compiled:
        return ARRAYS
    try:
        from ecluse.filtering.learning.compiled_loops import CompiledLoops  # noqa: PLC0415 - costs who does without nothing.
    except ImportError as missing:
        raise Impossible("filtering.compiled: numba is not installed; pip install 'ecluse[compiled]'") from missing
    return CompiledLoops()
