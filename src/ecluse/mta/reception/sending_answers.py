"""What accounts hear that may not send: why, until when, and what to do."""

from __future__ import annotations

from datetime import UTC, datetime

from ecluse.domain.lock import Lock, LockCause, LockScope
from ecluse.domain.quota import Sum
from ecluse.domain.reply import Reply
from ecluse.domain.suppression import Suppression, SuppressionCause

_WHO = {LockScope.ACCOUNT: "This account", LockScope.IP: "Your address", LockScope.CLIENT: "Your organisation"}
_WHY = {
    LockCause.RECIPIENTS: "too many recipients of one message or of near-identical ones",
    LockCause.BURST: "what it sends looks like spam sent by somebody else",
    LockCause.PERSON: "by order of an administrator",
}
_WHY_SUPPRESSED = {
    SuppressionCause.UNKNOWN: ("1.1", "its own server does not know this recipient"),
    SuppressionCause.COMPLAINT: ("7.1", "this recipient called your mail spam"),
    SuppressionCause.PERSON: ("7.1", "your administrator wants no mail sent to this recipient"),
}
_WINDOWS = {60: "a minute", 3_600: "an hour", 86_400: "a day"}


def locked(lock: Lock) -> Reply:
    """For good until somebody unlocks, or for now where the lock ends by itself."""
    what = f"{_WHO[lock.scope]} may not send: {_WHY[lock.cause]}."
    if lock.until:
        return Reply(451, "7.1", f"{what} Until {_clock(lock.until)}; your administrator can end it sooner ({lock.id})")
    return Reply(
        550, "7.1", f"{what} Your administrator can unlock it in the console, under Locked senders ({lock.id})"
    )


def full(over: Sum, what: str, now: float) -> Reply:
    """452 where waiting helps; a message that is larger than the limit itself never passes."""
    limit = f"at most {over.most} {what} in {_WINDOWS[over.window_s]}"
    if over.amount > over.most:
        return Reply(550, "7.1", f"Sending limit: {limit}; send it to fewer recipients")
    return Reply(452, "7.1", f"Sending limit: {limit}; counted anew from {_clock(over.ends_at(now))}")


def too_many_unknown(unknown: int, of: int, percent: int, until: float) -> Reply:
    """Whoever writes to people who are not there brings the addresses of all into disrepute."""
    found = f"{unknown} of {of} recipients of today are unknown to their servers, at most {percent} in a hundred may be"
    return Reply(452, "7.1", f"Sending limit: {found}; counted anew from {_clock(until)}")


def suppressed(line: Suppression) -> Reply:
    """Nobody is there, or nobody who wants it."""
    detail, why = _WHY_SUPPRESSED[line.cause]
    since = datetime.fromtimestamp(line.since, UTC).strftime("%Y-%m-%d")
    where = "your administrator can take it off the list in the console, under Suppressed recipients"
    return Reply(550, detail, f"Not sent, since {since}: {why}; {where}")


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
