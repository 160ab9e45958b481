"""Outbound mail that a server took, followed until the provider's sink has it, or its time is over (9-7).

Which node's sink gets it is the MX's choice, so that all of them are asked. Where one that may have it does not answer, or
has begun anew since, the point says nothing of that mail.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import structlog

from ecluse.domain.incoming import Direction
from ecluse.domain.probe_result import ProbeResult, Step
from ecluse.entrypoints.probing.arrivals import MOST_ASKED, Answer, ask_sink
from ecluse.wire.notations import Endpoint

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sent:
    """One mail that was taken."""

    server: str
    minute: int
    id: str
    at: float  # By the monotonic clock.


@dataclass(slots=True)
class Following:
    """All mail on its way."""

    sinks: Sequence[Endpoint]
    within_s: float
    clock: Callable[[], float] = time.monotonic
    _awaited: list[Sent] = field(default_factory=list)

    @property
    def is_awaiting(self) -> bool:
        """Whether any is on its way."""
        return bool(self._awaited)

    def add(self, sent: Sent) -> None:
        """From now on; of more than a question may hold the oldest are let go. Without a sink nothing is followed."""
        if self.sinks:
            self._awaited = [*self._awaited, sent][-MOST_ASKED:]

    async def look(self) -> tuple[ProbeResult, ...]:
        """Ask all sinks; what is settled by that."""
        if not self._awaited:
            return ()
        ids = [each.id for each in self._awaited]
        answers = await asyncio.gather(*(ask_sink(place, ids) for place in self.sinks))
        now, found, left = self.clock(), list[ProbeResult](), list[Sent]()
        for sent in self._awaited:
            result = _result(sent, now - sent.at, answers, self.within_s)
            if result is not None:
                found.append(result)
            elif now - sent.at < self.within_s:
                left.append(sent)
            else:
                log.warning("probe mail not followed", server=sent.server, minute=sent.minute)
        self._awaited = left
        return tuple(found)


def _result(sent: Sent, age_s: float, answers: Sequence[Answer | None], within_s: float) -> ProbeResult | None:
    """None: nobody can say, or not yet."""
    came = min(_ways(sent, age_s, answers), default=None)
    if came is None:
        is_over = age_s >= within_s and all(each is not None and each.knows_for_s >= age_s for each in answers)
        reason = f"did not arrive within {within_s:g} s" if is_over else ""
        return _of(sent, reason) if is_over else None
    return _of(sent, f"arrived after {came:.0f} s, not within {within_s:g} s" if came > within_s else "")


def _ways(sent: Sent, age_s: float, answers: Iterable[Answer | None]) -> Iterable[float]:
    """Seconds that it took to each sink that has it."""
    return (max(0.0, age_s - each.ago_s[sent.id]) for each in answers if each is not None and sent.id in each.ago_s)


def _of(sent: Sent, reason: str) -> ProbeResult:
    return ProbeResult(sent.server, Direction.OUTBOUND, sent.minute, bool(reason), reason, Step.ARRIVAL)
