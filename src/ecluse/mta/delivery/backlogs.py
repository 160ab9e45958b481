"""The queue by client and destination: how much waits where, since when and why."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field

from ecluse.domain.backlog import Backlog, WaitingMessage
from ecluse.domain.outage import Outage
from ecluse.domain.queue import QueuedMessage

MOST_BACKLOGS = 1_000  # The largest.
MOST_MESSAGES, FEWEST_MESSAGES = 500, 20  # Of each, the oldest: as many as fit into `MOST_IN_ALL`, within these bounds.
MOST_IN_ALL = 20_000
MOST_RECIPIENTS = 3
MAX_TEXT = 400  # Characters, as the control database takes them.
_NEVER = float("inf")


def backlogs_of(messages: Iterable[QueuedMessage], outages: Iterable[Outage]) -> list[Backlog]:
    """What waits, the largest first; never more than can be shown."""
    heaps: dict[tuple[str, str], _Heap] = {}
    for message in messages:
        heap = heaps.setdefault((message.client, message.destination), _Heap())
        heap.add(message, _most(len(heaps)))
    since = {each.destination: each.since for each in outages}
    largest = heapq.nlargest(MOST_BACKLOGS, heaps.items(), key=lambda item: item[1].count)
    return [heap.backlog(*key, since.get(key[1], 0.0), _most(len(largest))) for key, heap in largest]


def _most(backlogs: int) -> int:
    """Messages of each of so many."""
    return min(MOST_MESSAGES, max(FEWEST_MESSAGES, MOST_IN_ALL // backlogs))


@dataclass(slots=True)
class _Heap:
    """Counts all, keeps the oldest."""

    count: int = 0
    held: int = 0
    octets: int = 0
    next_attempt: float = _NEVER
    _oldest: list[tuple[float, str, QueuedMessage]] = field(default_factory=list)  # A heap, the youngest of them first.

    def add(self, message: QueuedMessage, most: int) -> None:
        self.count += 1
        self.octets += message.size
        if message.is_held:
            self.held += 1
        else:
            self.next_attempt = min(self.next_attempt, message.next_attempt)
        entry = (-message.queued_at, message.id, message)  # Ids differ: messages are never compared.
        heapq.heappush(self._oldest, entry)
        while len(self._oldest) > most:  # Of a long queue to many places not all is kept in memory.
            heapq.heappop(self._oldest)

    def backlog(self, client: str, destination: str, outage_since: float, most: int) -> Backlog:
        oldest = sorted((each for _, _, each in self._oldest), key=lambda each: (each.queued_at, each.id))
        return Backlog(
            client=client,
            destination=destination,
            count=self.count,
            held=self.held,
            octets=self.octets,
            oldest=oldest[0].queued_at,
            next_attempt=0.0 if self.next_attempt == _NEVER else self.next_attempt,
            reason=_plain(oldest[0].reason),
            outage_since=outage_since,
            messages=tuple(map(_shown, oldest[:most])),
        )


def _shown(message: QueuedMessage) -> WaitingMessage:
    return WaitingMessage(
        id=message.id,
        sender=_plain(str(message.sender)) if message.sender else "",
        recipients=tuple(_plain(str(one.address)) for one in message.waiting[:MOST_RECIPIENTS]),
        size=message.size,
        queued_at=message.queued_at,
        next_attempt=message.next_attempt,
        attempts=message.attempts,
        is_held=message.is_held,
        reason=_plain(message.reason),
    )


def _plain(text: str) -> str:
    """As every database takes it: a server's words are a stranger's."""
    return text[:MAX_TEXT].replace("\0", " ").encode("utf-8", "replace").decode()
