"""What an approved platform says became of an invoice: the life cycle that French law gives it (AFNOR XP Z12-012)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PlatformStatus(StrEnum):
    """By its code."""

    DEPOSITED = "200"
    ISSUED = "201"
    RECEIVED = "202"
    MADE_AVAILABLE = "203"
    TAKEN_IN_CHARGE = "204"
    APPROVED = "205"
    PARTLY_APPROVED = "206"
    DISPUTED = "207"
    SUSPENDED = "208"
    COMPLETED = "209"
    REFUSED = "210"  # By the client.
    PAYMENT_SENT = "211"
    PAID = "212"
    REJECTED = "213"  # By a platform: it breaks a rule.


@dataclass(frozen=True, slots=True)
class ToldStatus:
    """One line of what it says."""

    reference: str  # Of the invoice.
    status: PlatformStatus
    at: datetime  # With its time zone.
    reason: str = ""
