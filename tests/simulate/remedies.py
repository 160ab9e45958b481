"""What clients choose for a broken promise, and what that must cost, counted again from what was done (10-1 to 10-6)."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from ecluse.control.sla import remedies
from ecluse.control.sla.breaches import NoCredit, TooLate
from ecluse.control.sla.models import Breach, Remedy
from ecluse.domain.errors import Impossible
from tests.simulate.months import month_of
from tests.simulate.spans import Span, last_of_month, spans

if TYPE_CHECKING:
    from tests.simulate.books import Known
    from tests.simulate.company import Company
    from tests.simulate.world import World

MOST = 50  # Percent.
FEW = 10  # Clients that show all of it.


class Choosing(Enum):
    """What somebody does with a choice."""

    CREDIT = auto()
    LATE = auto()  # When the month for it is over (6-11).
    LEAVE = auto()
    NOTHING = auto()


CHOOSING = {Choosing.CREDIT: 12, Choosing.LATE: 2, Choosing.LEAVE: 1, Choosing.NOTHING: 3}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A credit that was asked for."""

    contract: int
    kind: str
    span: Span
    percent: Fraction


class Remedies:
    """Of all clients."""

    def __init__(self, world: World, seed: str) -> None:
        self.world, self._dice = world, random.Random(f"{seed}/remedies")
        self.chosen: dict[int, Chosen] = {}  # By the number of the breach.

    def told(self, company: Company, number: int) -> None:
        """Its owner has read that it may choose."""
        row = Breach.objects.select_related("closing", "contract").get(pk=number)
        what = company.draw(CHOOSING) if company.character.number < FEW else self._drawn()
        days = (row.choose_until - self.world.today).days
        match what:
            case Choosing.CREDIT:
                company.later(self._dice.choice((1, 5, days)), partial(self._take_credit, row))
            case Choosing.LEAVE if not company.is_loyal:
                company.later(self._dice.randint(1, 9), partial(self._leave, company, row))
            case Choosing.LATE:
                company.later(days + 2, partial(self._be_late, row))

    def _drawn(self) -> Choosing:
        """By chance alone: or else a quarter of many would leave at the first breach."""
        return self._dice.choices(list(CHOOSING), list(CHOOSING.values()))[0]

    def _today(self, row: Breach) -> date:
        return self.world.now.astimezone(row.contract.zone).date()

    def _take_credit(self, row: Breach) -> None:
        percent = self.percent(row)
        if not percent:
            with self.world.refused(NoCredit, f"10-4, 10-5: money was given for {row}"):
                remedies.choose(row, Remedy.CREDIT, self._today(row), by=self.world.operator)
            return
        known = self.world.books.contracts[row.contract_id]
        remedies.choose(row, Remedy.CREDIT, self._today(row), by=self.world.operator)
        self.chosen[row.pk] = Chosen(row.contract_id, row.kind, span_of(known, row.closing.month), percent)
        with self.world.refused(Impossible, f"10-6: {row} was chosen twice"):
            remedies.choose(row, Remedy.CREDIT, self._today(row), by=self.world.operator)

    def _leave(self, company: Company, row: Breach) -> None:
        known = self.world.books.contracts[row.contract_id]
        if company.known is not known or not company.is_in_force:
            with self.world.refused(Impossible, f"10-1: {row}: a contract that is over was left"):
                remedies.choose(row, Remedy.TERMINATE, self._today(row), by=self.world.operator)
            return
        if company.leaves_on is None:
            remedies.choose(row, Remedy.TERMINATE, self._today(row), by=self.world.operator)
            company.is_over_now()

    def _be_late(self, row: Breach) -> None:
        with self.world.refused(TooLate, f"6-11: {row} was chosen after its month"):
            remedies.choose(row, Remedy.CREDIT, self._today(row), by=self.world.operator)

    def percent(self, row: Breach) -> Fraction:
        """Of a credit for it now."""
        month = month_of(self.world, row.closing)
        if row.kind == "availability":
            return Fraction(min(MOST, 10 * (month.any_down_s // 3_600)))
        if row.kind == "viruses":
            return Fraction(0)
        span = span_of(self.world.books.contracts[row.contract_id], row.closing.month)
        before = sum(
            each.percent
            for each in self.chosen.values()
            if (each.contract, each.kind, each.span) == (row.contract_id, row.kind, span)
        )
        return max(Fraction(0), min(Fraction(MOST), 10 * month.worst) - before)


def span_of(known: Known, month: date) -> Span:
    """The period that the month's last day is in; the first one for a month that ends before it."""
    last = last_of_month(month)
    found = None
    for span in spans(known.first_day, known.months):
        if found is not None and span.starts > last:
            return found
        found = span
    raise AssertionError
