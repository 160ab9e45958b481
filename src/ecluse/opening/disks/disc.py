"""Images of discs: ISO 9660, UDF, or both side by side, of which Windows shows the second and others the first."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.opened import MemberKind
from ecluse.opening.archives.collections import open_collection
from ecluse.opening.budget import Budget
from ecluse.opening.disks.udf import is_udf, udf_pieces
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Entry, File, Flagged, Piece
from ecluse.opening.types import Type


def open_disc(file: File, budget: Budget) -> Iterator[Piece]:
    """Every file; of a disc that is both, what UDF has and ISO 9660 has not is told as ambiguous."""
    shown: set[bytes] = set()
    if file.type is Type.ISO:
        for piece in open_collection(file, budget):
            if isinstance(piece, Entry) and piece.content:
                shown.add(piece.content)
            yield piece
        if not is_udf(file.content):
            return
    for piece in udf_pieces(file.content, budget):
        if file.type is Type.UDF or not isinstance(piece, Entry):
            yield piece
        elif piece.kind is not MemberKind.DIRECTORY and piece.content and piece.content not in shown:
            yield Flagged(Flag.AMBIGUOUS)
            yield piece
