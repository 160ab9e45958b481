"""What went wrong on each day of a stream: the contract counts by days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from ecluse.domain.content import MemoryContent
from ecluse.entrypoints.evaluation.index import Entry
from ecluse.filtering.learning.accuracy import Scores
from ecluse.wire.mime.fields import split_head

_MAX_DATE_OCTETS = 200


@dataclass(frozen=True, slots=True)
class Day:
    """One day (UTC), at the threshold 0."""

    day: str  # "2024-05-23"; "" where the message does not say.
    ham: int
    ham_lost: int
    spam: int
    spam_missed: int


def days_of(entries: Sequence[Entry], scores: Scores) -> list[Day]:
    """All days in their order."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for entry, score in zip(entries, scores, strict=True):
        day = counts[day_of(entry.read())]
        day[2 if entry.is_spam else 0] += 1
        is_wrong = score <= 0 if entry.is_spam else score > 0
        day[3 if entry.is_spam else 1] += is_wrong
    return [Day(day, *map(int, numbers)) for day, numbers in sorted(counts.items())]


def day_of(octets: bytes) -> str:
    """The day in the topmost Received, which the receiver wrote; else in Date, which anybody can choose."""
    section = split_head(MemoryContent(octets))
    for name in (b"received", b"date"):
        field = section.first(name)
        text = field.value.rpartition(b";")[2].strip() if field else b""
        if 0 < len(text) <= _MAX_DATE_OCTETS:
            with suppress(ValueError, OverflowError, IndexError, TypeError):
                moment = parsedate_to_datetime(text.decode("ascii", "replace"))
                return (moment if moment.tzinfo is None else moment.astimezone(UTC)).strftime("%Y-%m-%d")
    return ""
