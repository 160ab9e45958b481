"""What goes for ever when a client has its messages kept for fewer days than before (15-8, decision 0039)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ecluse.control.mail.log import DAY_S
from ecluse.control.mail.objections import objections
from ecluse.ports.message_log import MessageLog


@dataclass(frozen=True, slots=True)
class Shortening:
    """What would go at the next run, within the hour."""

    days: int
    until: datetime  # What was received before.
    copies: int  # Messages, each recipient's: by whole days, so some of the last one may stay.
    claims: int  # With the evidence that was kept for them.


def shortening_of(log: MessageLog, client: str, before: int, after: int, now: float) -> Shortening | None:
    """Of these days instead of those; None where they are not fewer. In the client's scope. Raises `Unavailable`."""
    if after >= before:
        return None
    since, until = (datetime.fromtimestamp(now - days * DAY_S, UTC) for days in (before, after))
    copies = sum(each.count for each in log.figures(client, since.date(), until.date()))
    claims = objections().filter(received_at__lt=until.timestamp()).count()
    return Shortening(after, until, copies, claims)
