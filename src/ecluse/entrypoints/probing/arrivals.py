"""What has arrived at a sink, and how a vantage point asks it: one line of JSON each way, over TCP.

A mail's id is what stands before the @ of its Message-ID. Its 74 random bits are as good as a password: an answer tells of
nothing but the ids that it was asked for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import msgspec

from ecluse.wire.notations import Endpoint

MAX_LINE = 65_536
MOST_ASKED = 1_000  # Ids of one question.
_MOST_KEPT = 100_000
_WITHIN_S = 5.0


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which of these are there."""

    ids: tuple[str, ...]


class Answer(msgspec.Struct, frozen=True):
    """Ages in seconds: clocks of two machines are not compared."""

    knows_for_s: float  # What came longer ago may be forgotten.
    ago_s: dict[str, float]  # By id, of those that came.


@dataclass(slots=True)
class Arrivals:
    """Ids of mail that a sink has seen, in memory; the oldest are forgotten first."""

    clock: Callable[[], float] = time.monotonic
    most: int = _MOST_KEPT
    _seen: dict[str, float] = field(default_factory=dict)
    _knows_since: float = field(init=False)

    def __post_init__(self) -> None:
        self._knows_since = self.clock()

    def note(self, mail: str) -> None:
        """It has come; the first time counts."""
        self._seen.setdefault(mail, self.clock())
        if len(self._seen) > self.most:
            self._knows_since = self._seen.pop(next(iter(self._seen)))

    def answer(self, line: bytes) -> bytes:
        """The line to send back. Raises `ValueError` for what is no question."""
        asked, now = msgspec.json.decode(line, type=Question).ids[:MOST_ASKED], self.clock()
        found = {each: now - self._seen[each] for each in asked if each in self._seen}
        return msgspec.json.encode(Answer(now - self._knows_since, found)) + b"\n"


async def ask_sink(place: Endpoint, ids: Collection[str]) -> Answer | None:
    """None where it does not answer, or something else does."""
    try:
        async with asyncio.timeout(_WITHIN_S):
            reader, writer = await asyncio.open_connection(place.host, place.port, limit=MAX_LINE * 2)
            try:
                writer.write(msgspec.json.encode(Question(tuple(ids))) + b"\n")
                return msgspec.json.decode(await reader.readuntil(b"\n"), type=Answer)
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return None
