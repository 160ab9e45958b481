"""How many requests a month are in the price, and how many of them are left (5-2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from ecluse.control.contracts.queries import contract_in_force
from ecluse.control.contracts.quotas import support_requests
from ecluse.control.support.models import Ticket
from ecluse.control.tenants.models import Client


@dataclass(frozen=True, slots=True)
class Quota:
    """Of one client and calendar month."""

    month: date  # Its first day.
    included: int | None  # None: without a contract in force nothing is counted against.
    used: int

    @property
    def remaining(self) -> int | None:
        """How many more cost nothing; None as above."""
        return None if self.included is None else max(0, self.included - self.used)

    @property
    def is_used_up(self) -> bool:
        """Whether the next one is beyond it."""
        return self.remaining == 0


def month_of(at: datetime, zone: str) -> date:
    """The first day of the calendar month at that place."""
    return at.astimezone(ZoneInfo(zone)).date().replace(day=1)


def quota_of(client: Client, at: datetime) -> Quota:
    """Of the scope's client, in the month of `at` by its own calendar."""
    contract, month = contract_in_force(), month_of(at, client.time_zone)
    return Quota(
        month=month,
        included=None if contract is None else support_requests(contract.first_addresses),
        used=Ticket.objects.filter(month=month, is_counted=True).count(),
    )
