"""What other wishes would do to the mail of the last 30 days, from what the message log has kept of it.

Both the wishes that apply and the new ones are judged by the findings of then, so that nothing but the wishes differs.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ecluse.domain.event import MessageEvent, RecipientEvent, Stage
from ecluse.domain.evidence import Unknown
from ecluse.domain.incoming import Direction
from ecluse.domain.log_row import LogRow
from ecluse.domain.log_search import LogSearch
from ecluse.domain.policy import Policy
from ecluse.domain.verdict import Verdict
from ecluse.filtering.rejudging import rejudge_wishes
from ecluse.ports.message_log import MessageLog

LOOKS_BACK_S = 30 * 86_400.0
MOST_VERDICTS = 5_000
WITHIN_S = 4.0  # Somebody waits for the page.
MOST_NAMED = 50
_AT_ONCE = 250

Policies = Mapping[str, Policy]  # By domain.


class Treatment(StrEnum):
    """What a verdict comes to for whoever waits for the message."""

    DELIVER = "deliver"
    TAG = "tag"
    HOLD = "hold"
    DEFER = "defer"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Moved:
    """One recipient of a message who would be treated differently."""

    row: LogRow
    was: Treatment  # Under the wishes that apply.
    would_be: Treatment
    score: float  # Under the new ones.


@dataclass(slots=True)
class Effect:
    """What came out; verdicts are counted, one for each recipient."""

    since: float  # The oldest that was looked at, or the beginning of the 30 days.
    judged: int = 0
    moves: Counter[tuple[Treatment, Treatment]] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)  # By reason.
    named: list[Moved] = field(default_factory=list)  # The newest of those that move.
    is_whole: bool = False  # All of the 30 days was looked at.

    @property
    def moved(self) -> int:
        """How many would be treated differently."""
        return self.moves.total()


def effect_of(log: MessageLog, client: str, before: Policies, after: Policies, now: float) -> Effect:
    """The newest first, until there is no more, or it takes too long. Raises `Unavailable`."""
    found = Effect(since=now)
    until = time.monotonic() + WITHIN_S
    for rows in _pages(log, LogSearch(client=client, since=now - LOOKS_BACK_S, direction=Direction.INBOUND)):
        _judge(found, rows, _outcomes(log, client, rows), before, after)
        if found.judged >= MOST_VERDICTS or time.monotonic() >= until:
            return found
    found.since, found.is_whole = now - LOOKS_BACK_S, True
    return found


def _pages(log: MessageLog, search: LogSearch) -> Iterator[Sequence[LogRow]]:
    place = None
    while True:
        page = log.search(search, _AT_ONCE, place)
        yield page.rows
        place = page.following
        if place is None:
            return


def _outcomes(log: MessageLog, client: str, rows: Sequence[LogRow]) -> dict[tuple[str, str], MessageEvent]:
    """By message and recipient; a release is no verdict."""
    events = log.events_of([*dict.fromkeys(row.id for row in rows)], client)
    judged = [event for event in events if event.stage is Stage.OUTCOME and not event.released_by]
    return {(event.id, one.address): event for event in judged for one in event.recipients}


def _judge(
    found: Effect,
    rows: Sequence[LogRow],
    outcomes: Mapping[tuple[str, str], MessageEvent],
    before: Policies,
    after: Policies,
) -> None:
    for row in rows:
        event = outcomes.get((row.id, row.recipient))
        if event is not None:
            one = next(each for each in event.recipients if each.address == row.recipient)
            _count(found, row, _verdict(event, one, before, before), _verdict(event, one, before, after))
    if rows:
        found.since = rows[-1].at


def _verdict(event: MessageEvent, one: RecipientEvent, before: Policies, after: Policies) -> Verdict | Unknown:
    domain = one.address.rpartition("@")[2]
    return rejudge_wishes(event, one, before.get(domain), after.get(domain))


def _count(found: Effect, row: LogRow, was: Verdict | Unknown, would_be: Verdict | Unknown) -> None:
    found.judged += 1
    if isinstance(was, Unknown) or isinstance(would_be, Unknown):
        found.unknown[next(each.reason for each in (was, would_be) if isinstance(each, Unknown))] += 1
        return
    move = _treatment(was), _treatment(would_be)
    if move[0] is not move[1]:
        found.moves[move] += 1
        if len(found.named) < MOST_NAMED:
            found.named.append(Moved(row, *move, would_be.score))


def _treatment(verdict: Verdict) -> Treatment:
    return Treatment.TAG if verdict.is_tagged else Treatment(verdict.disposition)
