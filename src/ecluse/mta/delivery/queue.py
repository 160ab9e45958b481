"""The delivery process: what is due, to whom, how many at once, and what an outage changes (design 6.7, 11-2)."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import replace

import structlog

from ecluse.domain.errors import Impossible, InUse, Unavailable
from ecluse.domain.outage import Outage
from ecluse.domain.queue import QueuedMessage
from ecluse.mta import metrics
from ecluse.mta.delivery.attempt import Outcome
from ecluse.mta.delivery.deliverer import Deliverer
from ecluse.mta.delivery.destination import Destination, Turns
from ecluse.mta.delivery.providers import Provider
from ecluse.mta.delivery.schedule import DAY_S, Schedule
from ecluse.mta.delivery.site import Site
from ecluse.mta.delivery.survey import Survey, is_by_mx, waiting
from ecluse.ports.outages import Outages
from ecluse.ports.spool import Spool

log = structlog.get_logger()

LOOK_EVERY_S = 0.5
# A ring of the doorbell may be lost (Linux lets ten wait): the spool itself is the truth. It is read again at once
# while few messages wait, more seldom when that costs more (some 5 us a name).
RELOAD_EVERY_S = 60.0
RELOAD_SOONEST_S = 3.0
RELOAD_PER_MESSAGE_S = 0.01
TROUBLE_REST_S = 60.0  # After a fault of ours with one message.
IN_USE_REST_S = 0.5  # What is found before its sender has heard our 250, or while a person acts on it.
MAX_ATTEMPTS = 1_000  # At once, over all destinations: each takes two open files.
DRAIN_S = 30.0  # So long the end of the process waits for attempts; the supervisor has patience for a little more.
PROBE = ""  # Stands among the active ids while a destination is asked without a message.


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
        self._survey = Survey(spool, schedule, owns, owns_bucket)
        self._clock = clock
        self._monotonic = monotonic
        self._destinations: dict[tuple[bool, str], Destination] = {}  # Whether it is by MX, and its name.
        self._sites: dict[str, Site] = {}
        self._turns = Turns()
        self._active_of: Counter[str] = Counter()  # Attempts under way, by client.
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
        count = sum(len(destination.waiting) for destination in self._destinations.values())
        return min(RELOAD_EVERY_S, RELOAD_SOONEST_S + count * RELOAD_PER_MESSAGE_S)

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
        # What happens to a message while files are read is newer than what is found.
        before = {key for destination in self._destinations.values() for key in destination.waiting}
        known, fresh = await asyncio.to_thread(self._survey.look, before)
        for destination in self._destinations.values():
            for message_id in (destination.waiting.keys() & before) - known - destination.active:
                del destination.waiting[message_id]
        for found in fresh:
            destination = self._destination(found.destination, is_by_mx=found.is_by_mx)
            if found.id not in destination.waiting:
                destination.put(found.id, found.entry)
        self._forget_destinations()
        entries = [entry for destination in self._destinations.values() for entry in destination.waiting.values()]
        metrics.QUEUE_MESSAGES.set(len(entries))
        oldest = min((entry.queued_at for entry in entries), default=self._clock())
        metrics.QUEUE_OLDEST_SECONDS.set(max(0.0, self._clock() - oldest))

    def _forget_destinations(self) -> None:
        """Those without mail, unless it is remembered when to ask them again."""
        ticks = self._monotonic()
        self._destinations = {
            key: one
            for key, one in self._destinations.items()
            if one.waiting or one.active or max(one.next_probe, one.rests_until) > ticks
        }
        left = {id(one) for one in self._destinations.values()}
        for site in self._sites.values():
            site.members = [one for one in site.members if id(one) in left]
        self._sites = {name: one for name, one in self._sites.items() if one.members or one.rests_until > ticks}

    def _note(self, message: QueuedMessage) -> None:
        destination = self._destination_of(message)
        if message.is_held or not message.waiting:
            destination.waiting.pop(message.id, None)
            return
        known = destination.waiting.get(message.id)
        entry = replace(waiting(message, self._schedule), rests_until=known.rests_until if known else 0.0)
        # What is as it was stands in the heaps already, unless it has just been taken out of them.
        if entry != known or message.id in destination.active:
            destination.put(message.id, entry)

    def _destination_of(self, message: QueuedMessage) -> Destination:
        """A client's domain may also be one that others write to through us: two destinations."""
        return self._destination(message.destination, is_by_mx=is_by_mx(message))

    def _destination(self, name: str, *, is_by_mx: bool = False) -> Destination:
        known = self._destinations.get((is_by_mx, name))
        if known is None:
            # Of a domain that was never written to nothing is known: one message finds out.
            window = 1 if is_by_mx else self._schedule.concurrency
            known = Destination(name, window, is_by_mx=is_by_mx, turns=self._turns)
            self._destinations[is_by_mx, name] = known
        return known

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
        now = self._clock()
        for destination in sorted(self._destinations.values(), key=lambda one: (len(one.active), one.turn(now))):
            self._serve(destination)

    def _serve(self, destination: Destination) -> None:
        """Start what may be started for one destination now."""
        if self._ending.is_set():
            return
        now = self._clock()
        destination.wake(self._monotonic())
        if destination.is_by_mx:
            self._serve_domain(destination, now)
            return
        try:
            outage = self._outages.find(destination.name)
            if outage is not None:
                self._bear(destination, outage, now)
                return
        except Unavailable as problem:
            log.error("outages cannot be read", destination=destination.name, problem=str(problem))
        self._start_due(destination, now)

    def _start_due(self, destination: Destination, now: float) -> None:
        count = min(self._places(destination, destination.window), self._places_of_site(destination))
        for message_id in destination.take_due(now, count, self._has_share):
            self._start(destination, message_id, self._attempt(destination, message_id))

    def _serve_domain(self, destination: Destination, now: float) -> None:
        """A domain of the Internet that keeps silent is asked seldom; its messages grow late and old meanwhile."""
        self._tell_late(destination, now)
        if destination.is_idle(now):
            return  # Twice a second, of every domain: nothing is read for those that have nothing to do.
        if self._monotonic() < destination.rests_until and not self._goes_around(destination):
            self._end_expired(destination, now)
        else:
            self._start_due(destination, now)

    def _goes_around(self, destination: Destination) -> bool:
        """Whether another way was ordered for mail to it: then the silence of its own servers is no reason to wait."""
        try:
            return any(self._deliverer.goes_around(client, destination.name) for client in destination.clients)
        except Unavailable as problem:
            log.error("detours cannot be read", destination=destination.name, problem=str(problem))
            return False

    def _tell_late(self, destination: Destination, now: float) -> None:
        for message_id in destination.take_late(now, self._places(destination, self._schedule.concurrency)):
            self._start(destination, message_id, self._tell_late_one(destination, message_id))

    def _end_expired(self, destination: Destination, now: float) -> None:
        for message_id in destination.take_expired(now, self._places(destination, self._schedule.concurrency)):
            days = self._schedule.max_age_s / DAY_S
            self._start(destination, message_id, self._end(destination, message_id, f"not delivered in {days:g} days"))

    def _serve_next(self, destination: Destination) -> None:
        """A place is free: of those who have these servers in common, whose turn it is gets it."""
        site = destination.site
        if site is None or len(site.members) == 1:
            self._serve(destination)
            return
        now = self._clock()
        for member in sorted(site.members, key=lambda one: one.turn(now)):
            if not site.places(self._monotonic()):
                break
            self._serve(member)

    def _has_share(self, client: str) -> bool:
        """Who has a tenth of all places leaves the last tenth to others: whoever comes later finds some."""
        tenth = MAX_ATTEMPTS // 10
        return self._active_of[client] < tenth or MAX_ATTEMPTS - len(self._tasks) > tenth

    def _bear(self, destination: Destination, outage: Outage, now: float) -> None:
        """While a destination is out of reach: warn, ask it now and then, and at 168 hours end what waits (11-2)."""
        if hours := outage.due_warning_h(now):
            log.error("destination out of reach", destination=destination.name, hours=hours)
            self._outages.save(replace(outage, warned_h=hours))
        self._tell_late(destination, now)
        self._end_expired(destination, now)
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
        """How many may still be started."""
        return max(0, min(window - len(destination.active), MAX_ATTEMPTS - len(self._tasks)))

    def _places_of_site(self, destination: Destination) -> int:
        """How many attempts its servers bear beside those under way."""
        return MAX_ATTEMPTS if destination.site is None else destination.site.places(self._monotonic())

    # -- doing it

    def _start(self, destination: Destination, message_id: str, work: Coroutine[None, None, None]) -> None:
        destination.active.add(message_id)
        entry, site = destination.waiting.get(message_id), destination.site
        client = entry.client if entry else ""
        self._active_of[client] += 1
        if site is not None:
            site.active.add(message_id)
        task = asyncio.get_running_loop().create_task(self._guard(destination, message_id, client, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guard(
        self, destination: Destination, message_id: str, client: str, work: Coroutine[None, None, None]
    ) -> None:
        """Trouble with one message rests that message and nothing else."""
        try:
            await work
        except Impossible:
            # A person has deleted it, or its file is damaged and was moved aside.
            destination.waiting.pop(message_id, None)
        except InUse:
            self._rest(destination, message_id, IN_USE_REST_S)
        except Unavailable as problem:
            log.warning("delivery put off", id=message_id, problem=str(problem))
            self._rest(destination, message_id, TROUBLE_REST_S)
        except Exception:
            metrics.BUGS.inc()
            log.exception("delivery put off by a fault of ours", id=message_id)
            self._rest(destination, message_id, TROUBLE_REST_S)
        finally:
            destination.active.discard(message_id)
            self._active_of[client] -= 1
            if destination.site is not None:
                destination.site.active.discard(message_id)
            self._serve_next(destination)

    def _rest(self, destination: Destination, message_id: str, rest_s: float) -> None:
        entry = destination.waiting.get(message_id)
        if entry is not None:
            destination.put(message_id, replace(entry, rests_until=self._monotonic() + rest_s))

    async def _attempt(self, destination: Destination, message_id: str) -> None:
        with self._spool.lock(message_id):
            message = self._spool.read(message_id)
            if message is None or message.is_held or not message.waiting:
                destination.waiting.pop(message_id, None)
                return
            after, outcome = await self._deliverer.serve(message)
        self._note(after)
        if outcome is not None and destination.is_by_mx:
            self._learn_of_domain(destination, outcome)
        elif outcome is not None:
            self._learn(destination, is_outage=outcome.is_outage)

    async def _tell_late_one(self, destination: Destination, message_id: str) -> None:
        with self._spool.lock(message_id):
            message = self._spool.read(message_id)
            if message is None or message.is_held:
                destination.waiting.pop(message_id, None)
                return
            after = await self._deliverer.tell_late(message)
        self._note(after)

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
            metrics.OUTAGE_ENDED.inc()

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

    def _learn_of_domain(self, destination: Destination, outcome: Outcome) -> None:
        ticks = self._monotonic()
        if outcome.provider is not None:
            self._meet(destination, outcome.provider)
        if outcome.is_outage:
            destination.keep_silent(ticks, self._schedule.jitter * self._schedule.random())
            return
        destination.silences = 0
        if outcome.is_complaint:
            destination.window = max(1, destination.window // 2)
            if destination.site is not None:
                destination.site.complain(ticks)
        elif destination.site is not None and outcome.provider is not None:
            destination.window = min(destination.window + 1, self._schedule.concurrency)
            destination.site.praise(ticks)

    def _meet(self, destination: Destination, provider: Provider) -> None:
        """Whose servers these are; a domain may change to another provider at any time."""
        if destination.site is not None and destination.site.name == provider.name:
            return
        if destination.site is not None:
            destination.site.members.remove(destination)
            destination.site.active -= destination.active
        most = provider.connections or self._schedule.concurrency
        site = self._sites.setdefault(provider.name, Site(provider.name, most))
        site.members.append(destination)
        site.active |= destination.active
        destination.site = site
