"""What lies in the spool for one delivery process, beyond what it knows: all of it at the start, then what no ring told of."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import structlog

from ecluse.domain.errors import Unavailable
from ecluse.domain.incoming import Direction
from ecluse.domain.queue import SMART_HOST, QueuedMessage
from ecluse.mta.delivery.destination import NEVER, Waiting
from ecluse.mta.delivery.schedule import Schedule
from ecluse.ports.spool import Spool

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Found:
    """A message that waits; nothing of it is kept whole."""

    id: str
    destination: str
    is_by_mx: bool
    entry: Waiting


@dataclass(frozen=True, slots=True)
class Survey:
    """Reads beside the event loop: there may be a hundred thousand files."""

    spool: Spool
    schedule: Schedule
    owns: Callable[[str], bool]  # Asked for destinations.
    owns_bucket: Callable[[int], bool] | None  # Asked for the spool's buckets; None reads them all.

    def look(self, before: set[str]) -> tuple[set[str], list[Found]]:
        """The ids that are there, and what waits beyond those of `before`: only that is read. Raises `Unavailable`."""
        ids = list(self.spool.ids(self.owns_bucket))
        fresh = [
            Found(message.id, message.destination, is_by_mx(message), waiting(message, self.schedule))
            # In the folders' order: what lies together is read together.
            for message in self._readable(each for each in ids if each not in before)
            if self.owns(message.destination) and not message.is_held
        ]
        return set(ids), fresh

    def _readable(self, ids: Iterable[str]) -> Iterator[QueuedMessage]:
        """One that cannot be opened keeps no other waiting; told once for all, since too many open files concern each."""
        problems = {}
        for message_id in ids:
            try:
                message = self.spool.read(message_id)
            except Unavailable as problem:
                problems[message_id] = str(problem)
                continue
            if message is not None:
                yield message
        if problems:
            message_id, said = next(iter(problems.items()))
            log.error("spooled message cannot be opened", id=message_id, problem=said, count=len(problems))


def waiting(message: QueuedMessage, schedule: Schedule) -> Waiting:
    """What the queue remembers of it."""
    is_outbound = message.direction is Direction.OUTBOUND
    return Waiting(
        next_attempt=message.next_attempt,
        expires_at=message.queued_at + schedule.max_age_s if is_outbound else NEVER,
        client=sys.intern(message.client),
        late_at=schedule.late_at(message),
        queued_at=message.queued_at,
    )


def is_by_mx(message: QueuedMessage) -> bool:
    """Whether it goes to servers that a domain of the Internet names."""
    return message.direction is Direction.OUTBOUND and message.destination != SMART_HOST
