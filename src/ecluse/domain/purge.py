"""That a purge clock has run, and what it found: the proof that what must die dies (11-2, 15-4, 15-7, 15-8)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Clock(StrEnum):
    """The three clocks: counted from an outage's beginning, from a message's receipt, from a record's making."""

    OUTAGE = "outage"  # 168 hours (11-2).
    BODIES = "bodies"  # 30 days (15-4).
    LOGS = "logs"  # 365 days (15-7, 15-8).


class Purged(StrEnum):
    """What was looked through."""

    OUTAGE_MAIL = "outage-mail"  # Mail that waits for servers out of reach; its age is that of the outage.
    WAITING_MAIL = "waiting-mail"  # The spool, what people have put on hold included.
    HELD_MAIL = "held-mail"
    HELD_ROWS = "held-rows"  # What the control database has of held mail.
    JOURNAL = "journal"
    MESSAGE_LOG = "message-log"
    TRAIL = "trail"
    SIGN_INS = "sign-ins"  # Sign-ins, sessions, invitations, looks at content.
    OBJECTIONS = "objections"  # They hold the log's evidence.
    SHARED_LESSONS = "shared-lessons"  # Tokens of messages on their way from one node to the others.


CLOCKS = {
    Purged.OUTAGE_MAIL: Clock.OUTAGE,
    Purged.WAITING_MAIL: Clock.BODIES,
    Purged.HELD_MAIL: Clock.BODIES,
    Purged.HELD_ROWS: Clock.BODIES,
    Purged.SHARED_LESSONS: Clock.BODIES,
    Purged.JOURNAL: Clock.LOGS,
    Purged.MESSAGE_LOG: Clock.LOGS,
    Purged.TRAIL: Clock.LOGS,
    Purged.SIGN_INS: Clock.LOGS,
    Purged.OBJECTIONS: Clock.LOGS,
}
# Of a client's message log (15-8): what it may wish. A month's first figures look a week back, it has 31 days, waits 15 for
# its claims, and claims 15 for their answers (9-2): until then their messages' later events count. Two days are for a job
# that is late, and for the hour by which October is longer.
LEAST_LOG_DAYS, MOST_LOG_DAYS = 7 + 31 + 15 + 15 + 2, 365
LIMITS_S = {Clock.OUTAGE: 168 * 3_600.0, Clock.BODIES: 30 * 86_400.0, Clock.LOGS: 365 * 86_400.0}


@dataclass(frozen=True, slots=True)
class PurgeRun:
    """One run over one store. Times in seconds since the epoch (UTC)."""

    purged: Purged
    at: float
    oldest: float  # Of what remained: when it was received, made, or when its outage began; 0 = nothing remained.
    removed: int  # Messages, rows or files.
