"""What becomes of a message for one recipient."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ecluse.domain.finding import Finding


class Disposition(StrEnum):
    """The four things that can be done with a message."""

    DELIVER = "deliver"
    HOLD = "hold"  # Kept by us, silently; the sender hears 250.
    DEFER = "defer"  # 4xx: the sender keeps it and tries again.
    REFUSE = "refuse"  # 5xx: the sender's server tells him.


class Category(StrEnum):
    """The letters that the trade uses in logs and digests (market 2.6)."""

    NONE = ""
    PERMANENT = "P"  # Refused for good.
    QUARANTINE = "Q"  # Refused, and may be released.
    MASS = "M"  # Mass mailing.
    NOT_FILTERED = "N"  # Released, or its sender is on the recipient's own allow list; always virus-scanned.


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement for one recipient, and why."""

    disposition: Disposition
    category: Category
    score: float
    reason: str  # One sentence, for the sender: what a 4xx or 5xx reply says. "" when delivered.
    findings: tuple[Finding, ...] = ()
    is_tagged: bool = False  # Delivered with a header field that names its category.
