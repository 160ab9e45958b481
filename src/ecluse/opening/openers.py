"""Who opens what: the ordered table of openers."""

from __future__ import annotations

from ecluse.opening.eicar import find_eicar
from ecluse.opening.pieces import Opener

# The types it is for (None: every file) -> the opener. All that fit are asked, from the top down.
OPENERS: tuple[tuple[frozenset[str] | None, Opener], ...] = ((None, find_eicar),)
