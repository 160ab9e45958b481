"""Messages that lie in files: every part in every reading is an entry."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.content import MemoryContent
from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Entry, File, Flagged, Piece
from ecluse.wire.mime.defects import Defect
from ecluse.wire.mime.structure import decoded, every_part, walk


def open_message(file: File, budget: Budget) -> Iterator[Piece]:
    """The leaves of a message (RFC 5322), also of one that is kept with a page (RFC 2557)."""
    content = MemoryContent(file.content)
    root = walk(content)
    if Defect.EXCEEDS_LIMITS in root.defects:
        yield Flagged(Flag.LIMIT)
    for number, part in enumerate(every_part(root)):
        if part.parts:
            continue
        for encoding in part.encodings:
            octets = decoded(content, part, budget.limits.member_octets, encoding)
            if octets:
                yield Entry(part.filenames[0] if part.filenames else f"part {number}", octets)
