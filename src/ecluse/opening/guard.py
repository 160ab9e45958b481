"""No opener raises on hostile octets: what a library trips over becomes a fact about the file."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.opening.budget import Budget, Exceeded
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Broken, File, Flagged, Opener, Piece


def guarded(opener: Opener, file: File, budget: Budget) -> Iterator[Piece]:
    """What the opener says, and `Broken` at last where it would have raised; `Exceeded` passes through."""
    try:
        yield from opener(file, budget)
    except Exceeded:
        raise
    except MemoryError:
        # Others may have more of it: what we could not look at is not clean.
        yield Flagged(Flag.LIMIT)
        yield Broken("more memory than there is")
    except Exception as problem:  # noqa: BLE001 - twenty libraries, and the octets choose what they raise.
        # None of them tells "broken" from a fault of ours, and what we could not look at is not clean.
        yield Flagged(Flag.UNOPENED)
        yield Broken(f"unreadable: {type(problem).__name__}")
