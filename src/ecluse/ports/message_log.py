"""The message log: what happened to every recipient of every message, to be searched for a year (15-8)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Protocol

from ecluse.domain.event import MessageEvent
from ecluse.domain.incoming import Direction
from ecluse.domain.log_figures import BusyAddress, DayFigure
from ecluse.domain.log_search import LogPage, LogPlace, LogSearch


class MessageLog(Protocol):
    """Written by agents, read by the console. Every function raises `Unavailable` when the store does not answer."""

    def append(self, events: Sequence[MessageEvent]) -> None:
        """Take in events, in any order; durable on return. What is known already changes nothing."""
        ...

    def search(self, search: LogSearch, limit: int, after: LogPlace | None = None) -> LogPage:
        """Up to `limit` rows behind a place; fewer, or none, when it has looked for long and there is more to look at."""
        ...

    def events(self, message_id: str, client: str = "") -> tuple[MessageEvent, ...]:
        """All that is known of one message, by time; nothing when it is unknown, or another client's."""
        ...

    def events_of(self, message_ids: Sequence[str], client: str) -> tuple[MessageEvent, ...]:
        """The same of some hundred messages at once; those of other clients than this one are left out ("" = of none)."""
        ...

    def figures(self, client: str, first: date, last: date) -> tuple[DayFigure, ...]:
        """What the client's mail came to on each of these days, in their order; of what is read alone, nothing is counted."""
        ...

    def verdicts(
        self, client: str, first: int, last: int, direction: Direction = Direction.INBOUND
    ) -> Mapping[int, int]:
        """Hour since the epoch -> how many recipients' copies that came in it have a verdict, "try again" left out."""
        ...

    def busy_addresses(
        self, clients: Collection[str], since: float, until: float, least: int
    ) -> Mapping[str, tuple[BusyAddress, ...]]:
        """Client -> its addresses with so many messages or more that were received and not refused between two times.

        One question over all of these clients; of those without such an address nothing. Times are UTC, in seconds since
        the epoch, the second one left out.
        """
        ...

    def purge(self, before: float) -> int:
        """Delete what was received before then (UTC, seconds since the epoch); how many recipients' rows went."""
        ...

    def forget(self, client: str, before: float, most: int) -> int:
        """Delete so many of one client's messages, the oldest, received before then; how many recipients' rows went.

        0: there is none left. Its figures stay: they name nobody, and months are closed by them (9-3 to 9-5).
        """
        ...

    def oldest(self) -> float:
        """When the oldest message that is there was received (UTC, seconds since the epoch); 0 = there is none."""
        ...
