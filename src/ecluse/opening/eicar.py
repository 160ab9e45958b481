"""Knows the file that tests virus scanners, wherever it lies: also where no scanner runs."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import File, Flagged, Piece
from ecluse.wire.eicar import is_eicar


def find_eicar(file: File, _budget: Budget) -> Iterator[Piece]:
    """A flag when the file is it."""
    if is_eicar(file.content):
        yield Flagged(Flag.EICAR)
