"""The messages for one destination: when each is due, whose turn it is, and how many may be under way."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import islice

from ecluse.mta.delivery.site import Site

NEVER = float("inf")
FIRST_REST_S = 30.0
LONGEST_REST_S = 1_800.0

_Heap = list[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the queue remembers of one message; all else stays in the spool."""

    next_attempt: float
    expires_at: float = NEVER  # When it ends even if its destination never answers; `NEVER`: the outage decides.
    rests_until: float = 0.0  # Monotonic: after a fault of ours nothing is done with it before then; 0 = no rest.
    client: str = ""
    late_at: float = NEVER  # When its sender is told that it waits.
    queued_at: float = 0.0


@dataclass(slots=True)
class Turns:
    """Whose turn it is: that client's who was served longest ago."""

    _last: dict[str, int] = field(default_factory=dict)
    _count: int = 0

    def of(self, client: str) -> int:
        """The lower, the sooner."""
        return self._last.get(client, 0)

    def take(self, client: str) -> None:
        """It has been served."""
        self._count += 1
        self._last[client] = self._count


def anybody(_client: str) -> bool:
    """No client has more than its share under way."""
    return True


@dataclass(slots=True)
class Destination:
    """The messages for one destination and how many of them may be under way."""

    name: str
    window: int  # Attempts at once; small after an outage, so that the flush is paced.
    waiting: dict[str, Waiting] = field(default_factory=dict)
    active: set[str] = field(default_factory=set)
    is_by_mx: bool = False  # A domain of the Internet: that it is out of reach concerns nobody but its senders.
    next_probe: float = 0.0  # Monotonic.
    turns: Turns = field(default_factory=Turns)  # Shared by all destinations of a queue.
    site: Site | None = None  # Of a domain of the Internet, once its servers were found.
    rests_until: float = 0.0  # Monotonic: nobody answered, and nobody is asked before.
    silences: int = 0  # In a row.
    # Heaps: what they say counts while `waiting` agrees.
    _due: dict[str, _Heap] = field(default_factory=dict)  # By client.
    _expiring: _Heap = field(default_factory=list)
    _late: _Heap = field(default_factory=list)
    _resting: _Heap = field(default_factory=list)

    def put(self, message_id: str, entry: Waiting) -> None:
        """The message waits from now on, or waits for another time than before."""
        self.waiting[message_id] = entry
        if entry.rests_until:
            heapq.heappush(self._resting, (entry.rests_until, message_id))
            return
        heapq.heappush(self._due.setdefault(entry.client, []), (entry.next_attempt, message_id))
        if entry.expires_at != NEVER:
            heapq.heappush(self._expiring, (entry.expires_at, message_id))
        if entry.late_at != NEVER:
            heapq.heappush(self._late, (entry.late_at, message_id))

    def wake(self, ticks: float) -> None:
        """Messages that have rested wait for their own times again; `ticks` is monotonic."""
        while self._resting and self._resting[0][0] <= ticks:
            until, message_id = heapq.heappop(self._resting)
            entry = self.waiting.get(message_id)
            if entry is not None and entry.rests_until == until:
                self.put(message_id, replace(entry, rests_until=0.0))

    @property
    def clients(self) -> tuple[str, ...]:
        """Whose messages wait for their next attempt."""
        return tuple(self._due)

    def turn(self, now: float) -> float:
        """Of the client that would be served next; `NEVER` where nothing is due."""
        return min(map(self.turns.of, self._due_clients(now)), default=NEVER)

    def is_idle(self, now: float) -> bool:
        """Whether no message is due, and no message's time is over."""
        return not self._due_clients(now) and not _has_due(self._expiring, now)

    def take_due(self, now: float, count: int, has_share: Callable[[str], bool] = anybody) -> list[str]:
        """Up to `count` messages to try now: clients in turn, of each those that have waited longest first."""
        taken: list[str] = []
        passed: set[str] = set()  # Clients who have nothing to be taken now.
        while len(taken) < count:
            due = (client for client in self._due_clients(now) if client not in passed)
            client = min(filter(has_share, due), key=self.turns.of, default=None)
            if client is None:
                break
            found = self._take(self._due[client], now, 1, lambda entry: entry.next_attempt, taken)
            taken += found
            if found:
                self.turns.take(client)
            else:
                passed.add(client)
        self._due = {client: heap for client, heap in self._due.items() if heap}
        return taken

    def take_expired(self, now: float, count: int) -> list[str]:
        """Up to `count` messages whose time is over."""
        return self._take(self._expiring, now, count, lambda entry: entry.expires_at)

    def take_late(self, now: float, count: int) -> list[str]:
        """Up to `count` messages whose senders are to be told that they wait."""
        return self._take(self._late, now, count, lambda entry: entry.late_at)

    def take_any(self, count: int) -> list[str]:
        """Up to `count` messages, due or not."""
        ready = (key for key, entry in self.waiting.items() if key not in self.active and not entry.rests_until)
        return list(islice(ready, max(0, count)))

    def make_due(self, now: float) -> None:
        """Nothing waits for its own turn any longer."""
        self._due = {}
        for message_id, entry in tuple(self.waiting.items()):
            self.waiting[message_id] = made = replace(entry, next_attempt=min(entry.next_attempt, now))
            if not made.rests_until:
                self._due.setdefault(made.client, []).append((made.next_attempt, message_id))
        for heap in self._due.values():
            heapq.heapify(heap)

    def keep_silent(self, ticks: float, jitter: float) -> None:
        """Nobody answered: ask again after a while that grows, one message at first."""
        rest_s = min(FIRST_REST_S * 2**self.silences, LONGEST_REST_S)
        self.silences = min(self.silences + 1, 16)
        self.window, self.rests_until = 1, ticks + rest_s * (1 + jitter)

    def _due_clients(self, now: float) -> list[str]:
        return [client for client, heap in self._due.items() if _has_due(heap, now)]

    def _take(
        self,
        heap: _Heap,
        now: float,
        count: int,
        time_of: Callable[[Waiting], float],
        besides: list[str] | None = None,
    ) -> list[str]:
        taken: list[str] = []
        under_way: _Heap = []
        while _has_due(heap, now) and len(taken) < count:
            at, message_id = heapq.heappop(heap)
            entry = self.waiting.get(message_id)
            if entry is None or entry.rests_until or time_of(entry) != at or message_id in (*taken, *(besides or ())):
                continue
            if message_id in self.active:
                under_way.append((at, message_id))
            else:
                taken.append(message_id)
        # What is under way may come to nothing: a probe, say, leaves its message as it was.
        for each in under_way:
            heapq.heappush(heap, each)
        return taken


def _has_due(heap: _Heap, now: float) -> bool:
    return bool(heap) and heap[0][0] <= now
