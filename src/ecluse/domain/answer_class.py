"""What a server means by turning mail down."""

from __future__ import annotations

from enum import StrEnum


class AnswerClass(StrEnum):
    """One word for the many ways in which servers say it."""

    UNKNOWN = "unknown"  # The mailbox is not there: unknown, disabled, or moved.
    NO_DOMAIN = "no-domain"  # The domain is not there, or takes no mail.
    FULL = "full"  # The mailbox has no room.
    UNPROVEN = "unproven"  # Nothing proves the sender (SPF, DKIM, DMARC), he is not there, or our address has no name.
    LISTED = "listed"  # Our address is on a list, or has a bad name there.
    TOO_FAST = "too-fast"
    TOO_LARGE = "too-large"
    UNWANTED = "unwanted"  # Taken for spam, or against a rule there.
    AWAY = "away"  # No server answers, or not as it should.
    OTHER = "other"
