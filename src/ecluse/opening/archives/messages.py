"""Messages that lie in files: every part in every reading is an entry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from ecluse.domain.content import MemoryContent
from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Entry, File, Flagged, Piece
from ecluse.wire.mime.defects import Defect
from ecluse.wire.mime.structure import decoded, every_part, walk

_FROM = re.compile(rb"\nFrom ")


def open_message(file: File, budget: Budget) -> Iterator[Piece]:
    """The leaves of a message (RFC 5322), also of one that is kept with a page (RFC 2557)."""
    yield from _leaves(file.content, budget)


def open_mailbox(file: File, budget: Budget) -> Iterator[Piece]:
    """Every message of a mailbox in one file (RFC 4155): each begins with a line "From "."""
    starts = [0, *(found.end() - 5 for found in _FROM.finditer(file.content))]
    for start, end in pairwise([*starts, len(file.content)]):
        budget.spend_member()
        first_line = file.content.find(b"\n", start, end) + 1
        yield from _leaves(file.content[first_line:end], budget)


def _leaves(octets: bytes, budget: Budget) -> Iterator[Piece]:
    content = MemoryContent(octets)
    root = walk(content)
    if Defect.EXCEEDS_LIMITS in root.defects:
        yield Flagged(Flag.LIMIT)
    for number, part in enumerate(every_part(root)):
        if part.parts:
            continue
        for encoding in part.encodings:
            inner = decoded(content, part, budget.limits.member_octets, encoding)
            if inner:
                yield Entry(part.filenames[0] if part.filenames else f"part {number}", inner)
