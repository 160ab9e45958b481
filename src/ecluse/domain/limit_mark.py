"""That a limit of outbound mail is nearly reached, or has turned mail away: the journal has it with the message that did so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LimitScope(StrEnum):
    """What is counted together."""

    ACCOUNT = "account"
    DOMAIN = "domain"
    CLIENT = "client"


class Limited(StrEnum):
    """What is counted."""

    MESSAGES = "messages"
    RECIPIENTS = "recipients"
    UNKNOWN = "unknown"  # Recipients whom their servers do not know.


@dataclass(frozen=True, slots=True)
class LimitMark:
    """How one limit stood within one window of the clock."""

    client: str
    scope: LimitScope
    name: str  # Of the account or the domain; "" for the client.
    what: Limited
    window_s: int
    most: int  # Of unknown recipients: in a hundred.
    count: int  # Of messages and recipients that were turned away: so many at least.
    at: float  # UTC, seconds since the epoch; so is the next one.
    ends_at: float  # From then on it is counted anew.
    of: int = 0  # Of unknown recipients: out of so many.
    answer: str = ""  # What the sender heard; "" = the limit is near, and has turned nothing away.
