"""The delivery process: what is due, to whom, how many at once, and what an outage changes (design 6.7, 11-2)."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from itertools import islice

import structlog

from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.incoming import Direction
from ecluse.domain.outage import Outage
from ecluse.domain.queue import SMART_HOST, QueuedMessage
from ecluse.mta import metrics
from ecluse.mta.delivery.deliverer import Deliverer
from ecluse.mta.delivery.schedule import DAY_S, Schedule
from ecluse.ports.outages import Outages
from ecluse.ports.spool import Spool

log = structlog.get_logger()

LOOK_EVERY_S = 0.5
# A ring of the doorbell may be lost (Linux lets ten wait): the spool itself is the truth. It is read again at once
# while few messages wait, more seldom when reading costs more (20 us a message).
RELOAD_EVERY_S = 60.0
RELOAD_SOONEST_S = 3.0
RELOAD_PER_MESSAGE_S = 0.01
TROUBLE_REST_S = 60.0  # After a fault of ours with one message.
MAX_ATTEMPTS = 1_000  # At once, over all destinations: each takes two open files.
DRAIN_S = 30.0  # So long the end of the process waits for attempts; the supervisor has patience for a little more.
NEVER = float("inf")
PROBE = ""  # Stands among the active ids while a destination is asked without a message.


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the queue remembers of one message; all else stays in the spool."""

    next_attempt: float
    expires_at: float = NEVER  # When it ends even if its destination never answers; `NEVER`: the outage decides.
    rests_until: float = 0.0  # Monotonic: after a fault of ours nothing is done with it before then; 0 = no rest.


@dataclass(slots=True)
class Destination:
    """The messages for one destination and how many of them may be under way."""

    name: str
    window: int  # Attempts at once; small after an outage, so that the flush is paced.
    waiting: dict[str, Waiting] = field(default_factory=dict)
    active: set[str] = field(default_factory=set)
    is_by_mx: bool = False  # A domain of the Internet: that it is out of reach concerns nobody but its senders.
    next_probe: float = 0.0  # Monotonic.
    _due: list[tuple[float, str]] = field(default_factory=list)  # Heaps: what they say counts while `waiting` agrees.
    _expiring: list[tuple[float, str]] = field(default_factory=list)
    _resting: list[tuple[float, str]] = field(default_factory=list)

    def put(self, message_id: str, entry: Waiting) -> None:
        """The message waits from now on, or waits for another time than before."""
        self.waiting[message_id] = entry
        if entry.rests_until:
            heapq.heappush(self._resting, (entry.rests_until, message_id))
            return
        heapq.heappush(self._due, (entry.next_attempt, message_id))
        if entry.expires_at != NEVER:
            heapq.heappush(self._expiring, (entry.expires_at, message_id))

    def wake(self, ticks: float) -> None:
        """Messages that have rested wait for their own times again; `ticks` is monotonic."""
        while self._resting and self._resting[0][0] <= ticks:
            until, message_id = heapq.heappop(self._resting)
            entry = self.waiting.get(message_id)
            if entry is not None and entry.rests_until == until:
                self.put(message_id, replace(entry, rests_until=0.0))

    def take_due(self, now: float, count: int) -> list[str]:
        """Up to `count` messages to try now, those that have waited longest first."""
        return self._take(self._due, now, count, lambda entry: entry.next_attempt)

    def take_expired(self, now: float, count: int) -> list[str]:
        """Up to `count` messages whose time is over."""
        return self._take(self._expiring, now, count, lambda entry: entry.expires_at)

    def take_any(self, count: int) -> list[str]:
        """Up to `count` messages, due or not."""
        ready = (key for key, entry in self.waiting.items() if key not in self.active and not entry.rests_until)
        return list(islice(ready, max(0, count)))

    def make_due(self, now: float) -> None:
        """Nothing waits for its own turn any longer."""
        self._due = []
        for message_id, entry in tuple(self.waiting.items()):
            self.waiting[message_id] = made = replace(entry, next_attempt=min(entry.next_attempt, now))
            if not made.rests_until:
                self._due.append((made.next_attempt, message_id))
        heapq.heapify(self._due)

    def _take(
        self, heap: list[tuple[float, str]], now: float, count: int, time_of: Callable[[Waiting], float]
    ) -> list[str]:
        taken: list[str] = []
        under_way: list[tuple[float, str]] = []
        while heap and heap[0][0] <= now and len(taken) < count:
            at, message_id = heapq.heappop(heap)
            entry = self.waiting.get(message_id)
            if entry is None or entry.rests_until or time_of(entry) != at or message_id in taken:
                continue
            if message_id in self.active:
                under_way.append((at, message_id))
            else:
                taken.append(message_id)
        # What is under way may come to nothing: a probe, say, leaves its message as it was.
        for each in under_way:
            heapq.heappush(heap, each)
        return taken


class DeliveryQueue:
    """Drives a `Deliverer` over the part of the spool that this process owns."""

    def __init__(  # noqa: PLR0913 - three ports' worth of work, whose it is, and two clocks.
        self,
        spool: Spool,
        outages: Outages,
        deliverer: Deliverer,
        schedule: Schedule,
        *,
        owns: Callable[[str], bool],
        owns_bucket: Callable[[int], bool] | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`owns` is asked for destinations, `owns_bucket` for the spool's buckets; None reads them all.

        `clock` (UTC) is for what stands in the spool, `monotonic` for waits of this process: a clock that is put back
        must not stop them.
        """
        self._spool = spool
        self._outages = outages
        self._deliverer = deliverer
        self._schedule = schedule
        self._owns = owns
        self._owns_bucket = owns_bucket
        self._clock = clock
        self._monotonic = monotonic
        self._destinations: dict[tuple[bool, str], Destination] = {}  # Whether it is by MX, and its name.
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending = asyncio.Event()

    async def run(self) -> None:
        """Serve until `end`; attempts under way are then waited for, up to `DRAIN_S`."""
        try:
            await self._serve_all()
        finally:
            self._ending.set()
            await self._drain()

    async def _serve_all(self) -> None:
        next_reload = float("-inf")
        while not self._ending.is_set():
            ticks = self._monotonic()
            if ticks >= next_reload:
                await self._try_reload()
                next_reload = ticks + self._reload_pause_s()
            self._look_around()
            await self._wait(LOOK_EVERY_S)

    def _reload_pause_s(self) -> float:
        waiting = sum(len(destination.waiting) for destination in self._destinations.values())
        return min(RELOAD_EVERY_S, RELOAD_SOONEST_S + waiting * RELOAD_PER_MESSAGE_S)

    async def _drain(self) -> None:
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=DRAIN_S)
        if late:
            log.warning("deliveries cut at shutdown", count=len(late))
            for task in late:
                task.cancel()
            await asyncio.wait(late)

    def end(self) -> None:
        """Start nothing new."""
        self._ending.set()

    def ring(self, message_id: str) -> None:
        """A message has come or changed."""
        try:
            message = self._spool.read(message_id)
        except Unavailable as problem:
            log.warning("delivery put off", id=message_id, problem=str(problem))
            return
        if message is not None and self._owns(message.destination):
            self._note(message)
            self._serve(self._destination_of(message))

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._ending.wait(), seconds)
        except TimeoutError:
            return

    # -- what there is

    async def _try_reload(self) -> None:
        try:
            await self._reload()
        except Unavailable as problem:
            log.error("queue cannot be read", problem=str(problem))

    async def _reload(self) -> None:
        """Compare with the spool: it may hold what no ring told of, and no longer what a person deleted."""
        # Thousands of files are read beside the loop; what happens to a message meanwhile is newer than what is found.
        before = {key for destination in self._destinations.values() for key in destination.waiting}
        found = await asyncio.to_thread(self._scan)
        for destination in self._destinations.values():
            for message_id in (destination.waiting.keys() & before) - found.keys() - destination.active:
                del destination.waiting[message_id]
        for message in found.values():
            if message.id not in before:
                self._note(message)
        self._forget_destinations()
        metrics.QUEUE_MESSAGES.set(len(found))
        oldest = min((message.queued_at for message in found.values()), default=self._clock())
        metrics.QUEUE_OLDEST_SECONDS.set(max(0.0, self._clock() - oldest))

    def _forget_destinations(self) -> None:
        """Those without mail, unless it is remembered when to ask them again."""
        ticks = self._monotonic()
        self._destinations = {
            key: one for key, one in self._destinations.items() if one.waiting or one.active or one.next_probe > ticks
        }

    def _scan(self) -> dict[str, QueuedMessage]:
        messages = self._spool.messages(self._owns_bucket)
        return {message.id: message for message in messages if self._owns(message.destination)}

    def _note(self, message: QueuedMessage) -> None:
        destination = self._destination_of(message)
        if message.is_held or not message.waiting:
            destination.waiting.pop(message.id, None)
            return
        is_outbound = message.direction is Direction.OUTBOUND
        expires_at = message.queued_at + self._schedule.max_age_s if is_outbound else NEVER
        known = destination.waiting.get(message.id)
        entry = Waiting(message.next_attempt, expires_at, known.rests_until if known else 0.0)
        # What is as it was stands in the heaps already, unless it has just been taken out of them.
        if entry != known or message.id in destination.active:
            destination.put(message.id, entry)

    def _destination_of(self, message: QueuedMessage) -> Destination:
        """A client's domain may also be one that others write to through us: two destinations."""
        is_outbound = message.direction is Direction.OUTBOUND
        return self._destination(message.destination, is_by_mx=is_outbound and message.destination != SMART_HOST)

    def _destination(self, name: str, *, is_by_mx: bool = False) -> Destination:
        made = Destination(name, self._schedule.concurrency, is_by_mx=is_by_mx)
        return self._destinations.setdefault((is_by_mx, name), made)

    # -- what is due

    def _look_around(self) -> None:
        try:
            lasting = [outage.destination for outage in self._outages.all() if self._owns(outage.destination)]
        except Unavailable as problem:
            log.error("outages cannot be read", problem=str(problem))
            lasting = []
        metrics.OUTAGES.set(len(lasting))
        # From 120 hours on no new mail comes that could find out whether the server is back (11-2).
        for name in lasting:
            self._destination(name)
        # Those with the least under way first: when all places are taken, a few must not keep the rest from theirs.
        for destination in sorted(self._destinations.values(), key=lambda one: len(one.active)):
            self._serve(destination)

    def _serve(self, destination: Destination) -> None:
        """Start what may be started for one destination now."""
        if self._ending.is_set():
            return
        now = self._clock()
        destination.wake(self._monotonic())
        try:
            outage = None if destination.is_by_mx else self._outages.find(destination.name)
            if outage is not None:
                self._bear(destination, outage, now)
                return
        except Unavailable as problem:
            log.error("outages cannot be read", destination=destination.name, problem=str(problem))
        for message_id in destination.take_due(now, self._places(destination, destination.window)):
            self._start(destination, message_id, self._attempt(destination, message_id))

    def _bear(self, destination: Destination, outage: Outage, now: float) -> None:
        """While a destination is out of reach: warn, ask it now and then, and at 168 hours end what waits (11-2)."""
        if hours := outage.due_warning_h(now):
            log.error("destination out of reach", destination=destination.name, hours=hours)
            self._outages.save(replace(outage, warned_h=hours))
        for message_id in destination.take_expired(now, self._places(destination, self._schedule.concurrency)):
            days = self._schedule.max_age_s / DAY_S
            self._start(destination, message_id, self._end(destination, message_id, f"not delivered in {days:g} days"))
        if outage.is_dead(now):
            for message_id in destination.take_any(self._places(destination, self._schedule.concurrency)):
                self._start(destination, message_id, self._end_unless_answered(destination, message_id))
        ticks = self._monotonic()
        if ticks >= destination.next_probe and not destination.active and self._places(destination, 1):
            destination.next_probe = ticks + self._schedule.probe_s
            self._start_probe(destination)

    def _start_probe(self, destination: Destination) -> None:
        message_id = next(iter(destination.take_any(1)), PROBE)
        self._start(destination, message_id, self._probe(destination, message_id))

    def _places(self, destination: Destination, window: int) -> int:
        """How many attempts may still be started."""
        return max(0, min(window - len(destination.active), MAX_ATTEMPTS - len(self._tasks)))

    # -- doing it

    def _start(self, destination: Destination, message_id: str, work: Coroutine[None, None, None]) -> None:
        destination.active.add(message_id)
        task = asyncio.get_running_loop().create_task(self._guard(destination, message_id, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guard(self, destination: Destination, message_id: str, work: Coroutine[None, None, None]) -> None:
        """Trouble with one message rests that message and nothing else."""
        try:
            await work
        except Impossible:
            # A person has deleted it, or its file is damaged and was moved aside.
            destination.waiting.pop(message_id, None)
        except Unavailable as problem:
            log.warning("delivery put off", id=message_id, problem=str(problem))
            self._rest(destination, message_id)
        except Exception:
            metrics.BUGS.inc()
            log.exception("delivery put off by a fault of ours", id=message_id)
            self._rest(destination, message_id)
        finally:
            destination.active.discard(message_id)
            self._serve(destination)

    def _rest(self, destination: Destination, message_id: str) -> None:
        entry = destination.waiting.get(message_id)
        if entry is not None:
            destination.put(message_id, replace(entry, rests_until=self._monotonic() + TROUBLE_REST_S))

    async def _attempt(self, destination: Destination, message_id: str) -> None:
        with self._spool.lock(message_id):
            message = self._spool.read(message_id)
            if message is None or message.is_held or not message.waiting:
                destination.waiting.pop(message_id, None)
                return
            after, outcome = await self._deliverer.serve(message)
        self._note(after)
        if outcome is not None:
            self._learn(destination, is_outage=outcome.is_outage)

    async def _end(self, destination: Destination, message_id: str, reason: str) -> None:
        with self._spool.lock(message_id):
            message = self._spool.read(message_id)
            if message is not None:
                await self._deliverer.end(message, reason)
        destination.waiting.pop(message_id, None)

    async def _end_unless_answered(self, destination: Destination, message_id: str) -> None:
        """One last attempt: a server that came back in the 168th hour gets its mail."""
        await self._attempt(destination, message_id)
        if message_id in destination.waiting and self._outages.find(destination.name) is not None:
            await self._end(destination, message_id, "the recipient's server has been out of reach for 168 hours")

    async def _probe(self, destination: Destination, message_id: str) -> None:
        """A bare connection first: 168 hours of attempts would only fill the message's file.

        A server that answers and then takes no MAIL is still out of reach, so a message has the last word.
        """
        if not await self._deliverer.reaches(destination.name):
            return
        if message_id == PROBE:
            self._learn(destination, is_outage=False)
        else:
            await self._attempt(destination, message_id)

    def _learn(self, destination: Destination, *, is_outage: bool) -> None:
        if destination.is_by_mx:
            return
        outage = self._outages.find(destination.name)
        if is_outage and outage is None:
            log.warning("destination out of reach", destination=destination.name)
            self._outages.save(Outage(destination.name, since=self._clock()))
            destination.next_probe = self._monotonic() + self._schedule.probe_s
        elif not is_outage and outage is not None:
            log.warning("destination answers again", destination=destination.name, hours=outage.age_h(self._clock()))
            self._outages.end(destination.name)
            destination.window = 1
            destination.make_due(self._clock())
        elif not is_outage:
            destination.window = min(destination.window + 1, self._schedule.concurrency)
