"""What the simulation knows by itself, since it has done or seen it: what the product says is held against this."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import takewhile
from zoneinfo import ZoneInfo

from ecluse.control.contracts.price_grid import Bundle
from tests.simulate.spans import Span, last_of_month, spans

NOTHING = Decimal("0.00")


@dataclass(slots=True)
class Known:
    """One contract that came into force."""

    contract: int
    client: int
    domains: tuple[str, ...]  # Granted.
    bundle: Bundle
    zone: ZoneInfo
    first_day: date
    months: int
    price: Decimal  # Of the first term, net: what the client accepted.
    leaves: date | None = None  # The day with which it is over, by a notice in time.
    over: date | None = None  # When it was terminated before.
    is_suspended: bool = False

    def begun(self, day: date) -> tuple[Span, ...]:
        """The periods that had begun by then, up to the one with which it ended."""
        last = min(filter(None, (day, self.over)), default=day)
        found = takewhile(lambda span: span.starts <= last, spans(self.first_day, self.months))
        return tuple(span for span in found if self.leaves is None or span.starts < self.leaves)

    def current(self, day: date) -> Span:
        """The period that this day is in, or the last there was."""
        return self.begun(day)[-1]

    def is_over(self, day: date) -> bool:
        """Whether nothing is served any more (3-18)."""
        return self.over_since(day) is not None

    def over_since(self, day: date) -> date | None:
        """The day from which on nothing is served, where that has come."""
        return min((end for end in (self.leaves, self.over) if end is not None and end <= day), default=None)

    def invoiced(self, day: date) -> dict[int, date]:
        """Months before each period whose invoice must be there -> the day that it is dated (6-3)."""
        days, behind = {}, 0
        for span in self.begun(day):
            days[behind] = last_of_month(span.starts)
            behind += self.months if span.number == 0 else 12
        return {key: dated for key, dated in days.items() if dated <= day and not self._was_terminated_before(dated)}

    def _was_terminated_before(self, dated: date) -> bool:
        """Then whether the period is invoiced is not for us to say."""
        return self.over is not None and self.over <= dated


@dataclass(frozen=True, slots=True)
class Due:
    """An invoice as its reader sees it."""

    client: int
    gross: Decimal
    until: date  # The last day to pay it in time (6-6).


@dataclass(slots=True)
class Books:
    """Of the whole installation."""

    contracts: dict[int, Known] = field(default_factory=dict)
    buyers: dict[int, date] = field(default_factory=dict)  # Client -> since when it is known as what it is invoiced.
    invoices: dict[str, Due] = field(default_factory=dict)  # By reference; those that have come by mail.
    paid: dict[str, Decimal] = field(default_factory=dict)
    paid_late: dict[str, Decimal] = field(default_factory=dict)  # Of that.
    credited: dict[str, Decimal] = field(default_factory=dict)  # Gross.
    gestures: set[int] = field(default_factory=set)  # Credit notes that the simulation has written itself.
    by_hand: set[str] = field(default_factory=set)  # Contracts whose refund a person settles.

    def pay(self, reference: str, amount: Decimal, day: date) -> None:
        """So much came for it."""
        if day > self.invoices[reference].until:
            self.paid_late[reference] = self.paid_late.get(reference, NOTHING) + amount
        self.paid[reference] = self.paid.get(reference, NOTHING) + amount

    def credit(self, reference: str, gross: Decimal) -> None:
        """So much was given back of it."""
        self.credited[reference] = self.credited.get(reference, NOTHING) + gross

    def taken_off(self, reference: str) -> Decimal:
        """All of both."""
        return self.credited.get(reference, NOTHING) + self.paid.get(reference, NOTHING)

    def left(self, reference: str) -> Decimal:
        """What is still to be paid of an invoice that has come."""
        return self.invoices[reference].gross - self.taken_off(reference)

    def late(self, client: int, day: date) -> bool:
        """Whether it owes something longer than it may."""
        return any(
            due.client == client and due.until < day and self.left(reference) > 0
            for reference, due in self.invoices.items()
        )
