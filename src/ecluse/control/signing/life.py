"""The life of a signing key: its states, what leads from one to the next, and when; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ecluse.wire.dkim.publishing import Standing

SETTLES = timedelta(days=1)  # Resolvers may remember for a day that a new record was not there (RFC 2308 section 5).
LOST_AFTER = timedelta(hours=1)  # One wrong answer takes no key away.
RETIRES_FOR = timedelta(days=7)  # Mail on its way, five days at most, still verifies.


class KeyState(StrEnum):
    """Where a key is in its life."""

    CREATED = "created"  # Not, or no longer, in the DNS: it signs nothing.
    PUBLISHED = "published"  # Its record is there, and was not seen long enough to take over.
    ACTIVE = "active"  # It signs.
    RETIRING = "retiring"  # It signs nothing any more, and its private half is destroyed; its record must stay.
    GONE = "gone"  # Its record may go.


# Every step of a life, and nothing else.
NEXT: dict[KeyState, frozenset[KeyState]] = {
    KeyState.CREATED: frozenset({KeyState.PUBLISHED, KeyState.GONE}),
    KeyState.PUBLISHED: frozenset({KeyState.CREATED, KeyState.ACTIVE, KeyState.GONE}),
    KeyState.ACTIVE: frozenset({KeyState.CREATED, KeyState.RETIRING}),
    KeyState.RETIRING: frozenset({KeyState.GONE}),
    KeyState.GONE: frozenset(),
}
LIVING = frozenset(KeyState) - {KeyState.GONE}
WITH_PRIVATE_HALF = frozenset({KeyState.CREATED, KeyState.PUBLISHED, KeyState.ACTIVE})


@dataclass(frozen=True, slots=True)
class Moment:
    """One key as it is looked at."""

    state: KeyState
    since: datetime
    standing: Standing
    missing_since: datetime | None  # Since when the DNS has no record of it, or another one.
    has_elder: bool  # Another key of its domain and algorithm signs.


def next_state(moment: Moment, now: datetime) -> KeyState:
    """Where the key stands now: its own state where nothing leads further."""
    is_lost = moment.standing in {Standing.MISSING, Standing.OTHER}
    match moment.state:
        case KeyState.CREATED if moment.standing is Standing.PUBLISHED:
            return KeyState.PUBLISHED
        case KeyState.PUBLISHED if is_lost:
            return KeyState.CREATED
        case KeyState.PUBLISHED if moment.standing is Standing.PUBLISHED and _may_begin(moment, now):
            return KeyState.ACTIVE
        case KeyState.ACTIVE if is_lost and moment.missing_since and now - moment.missing_since >= LOST_AFTER:
            return KeyState.CREATED
        case KeyState.RETIRING if now - moment.since >= RETIRES_FOR:
            return KeyState.GONE
    return moment.state


def _may_begin(moment: Moment, now: datetime) -> bool:
    """Nothing is signed without it: then at once. Where another key signs, when every resolver has the new one."""
    return not moment.has_elder or now - moment.since >= SETTLES
