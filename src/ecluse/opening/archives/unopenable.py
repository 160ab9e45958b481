"""Containers that we recognise and have no reader for: said, never passed over."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Broken, File, Flagged, Piece
from ecluse.opening.types import Type

UNOPENABLE = frozenset(
    {
        Type.ACE,
        Type.ALZ,
        Type.EGG,
        Type.ARC,
        Type.ZOO,
        Type.STUFFIT,
        Type.WIM,
        Type.SHAR,
        Type.LZOP,
        Type.LRZIP,
        Type.ZPAQ,
        Type.VMDK,
        Type.QCOW,
        Type.DMG,
    }
)


def say_unopenable(_file: File, _budget: Budget) -> Iterator[Piece]:
    """A flag and an error."""
    yield Flagged(Flag.UNOPENABLE)
    yield Broken("no reader for this kind")
