"""A client's mail of the last days, for its dashboard: what came, what became of it, and what had to wait for its server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from ecluse.domain.event import TAKEN, Ending
from ecluse.domain.incoming import Direction
from ecluse.domain.log_figures import DayFigure
from ecluse.domain.verdict import Category
from ecluse.ports.message_log import MessageLog


class Share(StrEnum):
    """What became of mail that came, in the order in which it is stacked."""

    DELIVERED = "delivered"
    NEWSLETTERS = "newsletters"  # Delivered, class M.
    HELD = "held"
    DEFERRED = "deferred"
    UNDELIVERED = "undelivered"  # Taken, and returned or expired: the client's server did not want it, or was away.
    REFUSED = "refused"


_SHARES: Mapping[Ending, Share] = {
    **dict.fromkeys(TAKEN, Share.DELIVERED),
    Ending.HELD: Share.HELD,
    Ending.DELETED: Share.HELD,
    Ending.DEFERRED: Share.DEFERRED,
    Ending.REFUSED: Share.REFUSED,
    Ending.BOUNCED: Share.UNDELIVERED,
    Ending.EXPIRED: Share.UNDELIVERED,
    Ending.REJECTED_BY_NEXT_HOP: Share.UNDELIVERED,
}
_WAITED = frozenset({Ending.DELIVERED, Ending.SPOOLED, Ending.EXPIRED})  # Its server did not take it at once.

Counts = tuple[int, ...]  # One for each day.


@dataclass(frozen=True, slots=True)
class Traffic:
    """Recipients are counted, by day (UTC)."""

    days: tuple[date, ...]
    received: Mapping[Share, Counts]
    sent: Counts
    waited: Counts  # Of what was received.
    waiting: int  # Still.
    octets: int  # Received and delivered.

    @property
    def total(self) -> int:
        """How much has come."""
        return sum(map(sum, self.received.values()))

    @property
    def is_empty(self) -> bool:
        """Neither came nor went anything."""
        return not self.total and not sum(self.sent)

    def of(self, *shares: Share) -> int:
        """How much fared so."""
        return sum(sum(self.received[share]) for share in shares)


def traffic_of(log: MessageLog, client: str, days: int, now: float) -> Traffic:
    """Of the last so many days, today included. Raises `Unavailable`."""
    last = datetime.fromtimestamp(now, UTC).date()
    span = tuple(last - timedelta(days=ago) for ago in range(days - 1, -1, -1))
    figures = log.figures(client, span[0], last)
    came = [each for each in figures if each.direction == Direction.INBOUND]
    went = [each for each in figures if each.direction == Direction.OUTBOUND]
    return Traffic(
        days=span,
        received={share: _by_day(span, (each for each in came if _share(each) is share)) for share in Share},
        sent=_by_day(span, went),
        waited=_by_day(span, (each for each in came if each.fate in _WAITED)),
        waiting=sum(each.count for each in came if each.fate == Ending.SPOOLED),
        octets=sum(each.octets for each in came if each.fate in TAKEN),
    )


def _by_day(days: tuple[date, ...], figures: Iterable[DayFigure]) -> Counts:
    counts = dict.fromkeys(days, 0)
    for each in figures:
        counts[each.day] += each.count
    return tuple(counts.values())


def _share(figure: DayFigure) -> Share | None:
    """None for what another release calls otherwise."""
    fate = Ending(figure.fate) if figure.fate in set(Ending) else None
    if fate in TAKEN and figure.category == Category.MASS:
        return Share.NEWSLETTERS
    return _SHARES.get(fate) if fate else None
