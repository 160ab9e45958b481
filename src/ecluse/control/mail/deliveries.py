"""How a client's outbound mail fares: by day, and by destination with what servers object to. Read `deliveries_of`.

Days are exact. Destinations are read from the newest messages, up to a bound: it is what happens now that matters.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from ecluse.domain.answer_class import AnswerClass
from ecluse.domain.event import Ending
from ecluse.domain.incoming import Direction
from ecluse.domain.log_row import LogRow
from ecluse.domain.log_search import LogSearch
from ecluse.domain.logged_message import merge
from ecluse.ports.message_log import MessageLog
from ecluse.wire.smtp.answer_classes import class_of

MOST_ROWS = 5_000  # Recipients of the newest messages.
MOST_EXPLAINED = 400  # Messages whose answers are read.
MOST_DESTINATIONS = 50
_PAGE = 500
_MOST_PAGES = 40  # Where most mail is inbound, pages come with few rows.
_DAY_S = 86_400.0


class Outcome(StrEnum):
    """What became of a message for one recipient, in the order in which it is stacked."""

    TAKEN = "taken"
    WAITING = "waiting"  # Put off, or not tried yet.
    LOST = "lost"  # Turned down, or expired.


OUTCOMES: Mapping[str, Outcome] = {
    **dict.fromkeys((Ending.RELAYED, Ending.DELIVERED), Outcome.TAKEN),
    **dict.fromkeys((Ending.SPOOLED, Ending.DEFERRED), Outcome.WAITING),
    **dict.fromkeys((Ending.BOUNCED, Ending.EXPIRED, Ending.REJECTED_BY_NEXT_HOP), Outcome.LOST),
}
_FATES = frozenset(map(str, OUTCOMES))  # What we refused or held ourselves was not delivered to anybody.


@dataclass(slots=True)
class Destination:
    """One domain to which the client writes."""

    domain: str
    counts: Counter[Outcome] = field(default_factory=Counter)
    reasons: Counter[AnswerClass] = field(default_factory=Counter)  # Of what waits or is lost, as far as it was read.

    @property
    def total(self) -> int:
        """All recipients."""
        return self.counts.total()

    def percent(self, outcome: Outcome) -> float:
        """How many of them fared so."""
        return 100.0 * self.counts[outcome] / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Recipients are counted."""

    days: tuple[date, ...]  # UTC.
    by_day: Mapping[Outcome, tuple[int, ...]]
    destinations: tuple[Destination, ...]  # Those with most mail, the most first.
    whole: Destination  # All of them together.
    is_complete: bool  # Whether every message of these days is among them.


def deliveries_of(log: MessageLog, client: str, days: int, now: float) -> Deliveries:
    """Of the last so many days, today included. Raises `Unavailable`."""
    last = datetime.fromtimestamp(now, UTC).date()
    span = tuple(last - timedelta(days=ago) for ago in range(days - 1, -1, -1))
    rows, is_complete = _newest(log, client, now - days * _DAY_S)
    found = _by_destination(rows)
    for row, reason in _reasons(log, client, rows):
        found[_domain(row)].reasons[reason] += 1
    ranked = sorted(found.values(), key=lambda each: (-each.total, each.domain))
    return Deliveries(
        span, _by_day(log, client, span), tuple(ranked[:MOST_DESTINATIONS]), _together(ranked), is_complete
    )


def _by_day(log: MessageLog, client: str, span: tuple[date, ...]) -> dict[Outcome, tuple[int, ...]]:
    counts: Counter[tuple[Outcome, date]] = Counter()
    for each in log.figures(client, span[0], span[-1]):
        if each.direction == Direction.OUTBOUND and each.fate in OUTCOMES:
            counts[OUTCOMES[each.fate], each.day] += each.count
    return {outcome: tuple(counts[outcome, day] for day in span) for outcome in Outcome}


def _newest(log: MessageLog, client: str, since: float) -> tuple[list[LogRow], bool]:
    """And whether these are all."""
    search = LogSearch(client=client, since=since, direction=Direction.OUTBOUND.value, fates=_FATES)
    rows: list[LogRow] = []
    place = None
    for _ in range(_MOST_PAGES):
        page = log.search(search, min(_PAGE, MOST_ROWS - len(rows)), place)
        rows += page.rows
        place = page.following
        if place is None or len(rows) >= MOST_ROWS:
            break
    return rows, place is None


def _by_destination(rows: list[LogRow]) -> dict[str, Destination]:
    found: dict[str, Destination] = {}
    for row in rows:
        domain = _domain(row)
        found.setdefault(domain, Destination(domain)).counts[OUTCOMES[row.fate]] += 1
    return found


def _reasons(log: MessageLog, client: str, rows: list[LogRow]) -> Iterator[tuple[LogRow, AnswerClass]]:
    """Of the newest that waited or were lost: what their servers said last."""
    by_message: dict[str, list[LogRow]] = defaultdict(list)
    for row in rows:
        if OUTCOMES[row.fate] is not Outcome.TAKEN and len(by_message) < MOST_EXPLAINED:
            by_message[row.id].append(row)
    events = defaultdict(list)
    for event in log.events_of(tuple(by_message), client):
        events[event.id].append(event)
    for message_id, those in events.items():
        recipients = merge(those).recipients
        for row in by_message[message_id]:
            reply = recipients[row.recipient].reply if row.recipient in recipients else ""
            if reply and row.fate != Ending.SPOOLED:
                yield row, class_of(reply)


def _together(destinations: list[Destination]) -> Destination:
    whole = Destination("")
    for each in destinations:
        whole.counts += each.counts
        whole.reasons += each.reasons
    return whole


def _domain(row: LogRow) -> str:
    return row.recipient.rpartition("@")[2]
