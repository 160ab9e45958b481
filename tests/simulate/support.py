"""What clients ask for by and by, and what agents answer: the quota of each month, and what is beyond it (5-2, 5-3)."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from ecluse.control.support import charging, tickets
from ecluse.domain.errors import Impossible

if TYPE_CHECKING:
    from tests.simulate.company import Company
    from tests.simulate.world import World

PRICE = Decimal("40.00")  # 5-3.
_FIRST_DAY = 60  # Then somebody asks once more than he may.
TICKETS_A_DAY, TICKETS_OF_EACH = 0.15, 0.004  # Of the whole installation, and with each client more.


class Support:
    """Of all clients."""

    def __init__(self, world: World, seed: str) -> None:
        self.world, self._dice = world, random.Random(f"{seed}/support")
        self.counted: Counter[tuple[int, date]] = Counter()  # Client and month -> requests.
        self.asked: dict[int, bool] = {}  # Ticket -> whether an agent was to be asked.
        self.billed: dict[int, int] = {}  # Ticket -> its contract.
        self.answers: Counter[int] = Counter()  # Ticket -> letters.

    def live(self) -> None:
        """Somebody asks; who asks once, asks on."""
        asking = [each for each in self.world.companies if each.known is not None and each.is_in_force]
        if asking and (self.world.today - self.world.first_day).days == _FIRST_DAY:
            company = min(asking, key=lambda each: each.character.addresses)
            for _ in range(_quota(company) + 1):
                company.act(partial(self._ask, company))
        if asking and self._dice.random() < TICKETS_A_DAY + TICKETS_OF_EACH * len(asking):
            company = self._dice.choice(asking)
            for _ in range(self._dice.choice((1, 1, 1, 3))):
                company.act(partial(self._ask, company))

    def _ask(self, company: Company) -> None:
        channel = self._dice.choice((tickets.Channel.CONSOLE, tickets.Channel.PHONE))
        wanted = tickets.Request("Help", f"Where is it, {self.world.today}?", channel, requester=company.owner.name)
        ticket = tickets.open_ticket(company.client, wanted, by=company.owner)
        month = self.world.now.astimezone(company.character.zone).date().replace(day=1)
        self.asked[ticket.pk] = self.counted[company.client_id, month] >= _quota(company)
        self.counted[company.client_id, month] += 1
        company.later(self._dice.randint(0, 3), partial(self._answer, ticket))
        if self.asked[ticket.pk]:
            company.later(self._dice.randint(0, 9), partial(self._decide, company, ticket))

    def _answer(self, ticket: tickets.Ticket) -> None:
        tickets.answer_and_solve(ticket, f"There, {ticket.reference}.", by=self.world.operator)
        self.answers[ticket.pk] += 1

    def _decide(self, company: Company, ticket: tickets.Ticket) -> None:
        ticket.refresh_from_db()
        if not company.is_in_force:
            with self.world.refused(Impossible, f"5-3: {ticket} was billed to who has no contract"):
                charging.decide(ticket, is_billed=True, by=self.world.operator)
            return
        is_billed = self._dice.random() < 0.6 or not self.billed
        charging.decide(ticket, is_billed=is_billed, by=self.world.operator)
        if is_billed:
            self.billed[ticket.pk] = company.known.contract
        with self.world.refused(Impossible, f"5-3: {ticket} was decided twice"):
            charging.decide(ticket, is_billed=True, by=self.world.operator)


def _quota(company: Company) -> int:
    """Requests a month (5-2)."""
    return max(1, company.character.addresses // 5)
