"""The provider changes its terms, and clients leave for it; contracts are amended during a period (3-8, 17-1)."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from ecluse.control.contracts import amendments, catalogue, change_notices
from ecluse.control.contracts.change_notices import NoRight
from ecluse.control.contracts.models import Amendment, ToldChange
from ecluse.control.contracts.offers import sum_of
from ecluse.control.contracts.price_grid import Bundle
from ecluse.control.contracts.prices import Ordered
from ecluse.domain.errors import Impossible
from tests.simulate.spans import Span, months_left

if TYPE_CHECKING:
    from tests.simulate.company import Company
    from tests.simulate.world import World

NOTICE_MONTHS = (2, 8)  # On the first of them each year; the second one is to nobody's disadvantage.
EFFECTIVE_AFTER = timedelta(days=30)
AMENDED = 0.25  # Of all periods.


@dataclass(frozen=True, slots=True)
class Amended:
    """What an amendment must cost."""

    contract: int
    span: Span
    month: Decimal  # Net, as it was accepted.
    months: int  # Whole ones left: counted by steps of one.


class Changes:
    """Of all clients."""

    def __init__(self, world: World, seed: str) -> None:
        self.world, self._dice = world, random.Random(f"{seed}/changes")
        self.told: set[tuple[int, int]] = set()  # Contract and notice: one letter each.
        self.amended: dict[int, Amended] = {}

    def live(self) -> None:
        """Twice a year something changes."""
        today = self.world.today
        if today.day == 1 and today.month in NOTICE_MONTHS:
            self._publish(today, is_unfavourable=today.month == NOTICE_MONTHS[0])

    def _publish(self, today: date, *, is_unfavourable: bool) -> None:
        said = change_notices.ChangeTerms(
            title=f"{today:%Y-%m}",
            text_fr="Le filtrage de nuit est supprimé." if is_unfavourable else "Le filtrage est étendu.",
            text_en="No filtering by night any more." if is_unfavourable else "More is filtered.",
            is_unfavourable=is_unfavourable,
            effective_on=today + EFFECTIVE_AFTER,
            new_terms=catalogue.newest_terms(),
        )
        notice = change_notices.publish_change(said, by=self.world.operator)
        for company in self.world.companies:
            if company.known is not None and company.is_in_force:
                self.told.add((company.known.contract, notice.pk))

    def read(self, company: Company, contract: int, title: str) -> None:
        """An owner has got the letter."""
        told = ToldChange.objects.select_related("notice", "contract__client").get(
            contract=contract, notice__title=title
        )
        if not told.notice.is_unfavourable:
            if self._dice.random() < 0.1:
                with self.world.refused(NoRight, f"3-8: {told}: left for what is no disadvantage"):
                    change_notices.leave(told, leaves_on=self.world.today, by=self.world.operator)
        elif self._dice.random() < 0.06 and not company.is_loyal:
            company.while_in_force(self._dice.randint(1, 40), partial(self._leave, company, told))
        elif self._dice.random() < 0.06:
            company.while_in_force(75, partial(self._leave_too_late, told))

    def _leave(self, company: Company, told: ToldChange) -> None:
        """Some today, some in days to come."""
        today = self.world.now.astimezone(company.known.zone).date()
        day = today + timedelta(days=self._dice.choice((0, 1, 12)))
        if company.leaves_on is not None or day >= company.known.current(today).ends:
            return
        told.contract.refresh_from_db()
        change_notices.leave(told, leaves_on=day, by=self.world.operator)
        company.leave_on(day)

    def _leave_too_late(self, told: ToldChange) -> None:
        told.contract.refresh_from_db()
        with self.world.refused(Impossible, f"6-11: {told}: left after the month"):
            change_notices.leave(told, leaves_on=self.world.today, by=self.world.operator)

    # -- Amendments

    def plan(self, company: Company, span: Span) -> None:
        """In some periods more is wanted than was ordered."""
        if self._dice.random() < AMENDED or company.character.number % 4 == 1:
            company.while_in_force(
                self._dice.randint(2, (span.ends - span.starts).days - 70), partial(self._draft, company)
            )

    def _draft(self, company: Company) -> None:
        if not company.is_served or company.leaves_on is not None:
            return
        contract = company.contract
        wanted = Ordered(
            Bundle(contract.bundle), contract.addresses + self._dice.randint(1, 20), tuple(contract.options)
        )
        row = amendments.draft_amendment(contract, amendments.Wish(wanted), by=self.world.operator)
        amendments.send_amendment(row, today=self.world.today, by=self.world.operator)
        company.later(self._dice.randint(0, 20), partial(self._accept, company, row))

    def _accept(self, company: Company, row: Amendment) -> None:
        row.refresh_from_db()
        row.contract.refresh_from_db()
        if company.known.contract != row.contract_id or not company.is_served or company.leaves_on is not None:
            amendments.withdraw_amendment(row, "Not any more.", by=self.world.operator)
            return
        said = amendments.amendment_document(row)
        amendments.accept_amendment(row, sum_of(said), today=self.world.today, by=company.owner)
        amendments.begin_amendment(row, by=self.world.operator)
        price = json.loads(said)
        net = Decimal(price["price_month_services"]) + Decimal(price["price_month_options"])
        today = self.world.now.astimezone(company.known.zone).date()
        span = company.known.current(today)
        self.amended[row.pk] = Amended(row.contract_id, span, net, months_left(company.known.first_day, span, today))
