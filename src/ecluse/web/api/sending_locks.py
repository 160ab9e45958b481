"""Who of a client's may send no mail for now, limits that are near, and addresses through which much goes."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, date, datetime

from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.abuse import busy_days, evidence, locks, near_limits
from ecluse.control.abuse.busy_days import BusyDay
from ecluse.control.abuse.locks import Locked
from ecluse.control.abuse.near_limits import ToldLimit
from ecluse.control.accounts.roles import Permission
from ecluse.domain.incoming import Direction
from ecluse.domain.limit_mark import Limited, LimitScope
from ecluse.domain.lock import LockCause, LockScope
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.console.lock_words import report_words
from ecluse.web.letters import our_address
from ecluse.web.pages import or_404

router = Router(tags=["Locked senders"])


class LockOut(BaseModel):
    """One account, address or client that may not send."""

    id: int
    scope: LockScope
    name: str = Field(description='The account or the address; "" where all of the client is locked.')
    cause: LockCause
    reason: str
    since: datetime
    until: datetime | None = Field(description="null: until somebody unlocks it.")
    nodes: list[str]
    order: str = Field(description='How the last order to unlock it stands; "" where there is none.')


class LocksOut(BaseModel):
    """All that are in force, the newest first."""

    items: list[LockOut]


class ReportOut(BaseModel):
    """A report of abuse (RFC 5965)."""

    message: str = Field(description="The whole mail, multipart/report, in base64.")


class UnlockIn(BaseModel):
    """What it was."""

    model_config = ConfigDict(extra="forbid")
    was_us: bool = Field(
        description="true: what was sent was wanted; false: somebody else sent it, and it is cleaned up."
    )
    deletes_mail: bool = Field(
        default=False,
        description="true: what the lock holds in the queue is deleted; else delivered. Never with was_us.",
    )


class NearLimitOut(BaseModel):
    """How one limit stood within its newest minute, hour or day (UTC) in which it came near."""

    scope: LimitScope
    name: str = Field(description='The account or the domain; "" where all of the client is counted together.')
    what: Limited = Field(description="unknown: recipients of a day whom their servers do not know, in a hundred.")
    window_s: int
    most: int
    count: int = Field(description="So many at least.")
    of: int = Field(description="Of unknown recipients: of so many; else 0.")
    near_at: datetime
    reached_at: datetime | None = Field(description="null: it came near, and no more.")
    counted_anew_at: datetime
    answer: str = Field(description='What the first sender heard that was turned away; "" where nobody was.')


class NearLimitsOut(BaseModel):
    """Of the last seven days, those that still count first."""

    items: list[NearLimitOut]


class BusyDayOut(BaseModel):
    """One address through which much mail went on one day of the client's calendar (3-9)."""

    day: date
    direction: Direction
    address: str = Field(description='"": all that the contract has, on average.')
    messages: int


class BusyDaysOut(BaseModel):
    """The newest first."""

    items: list[BusyDayOut]
    most: int = Field(description="So many messages a day and address are agreed on.")
    own_most: int = Field(description="So many the client lets each account send a day; 0 = no limit of its own.")


@operation(router, "GET", "/sending/locks", Permission.SEE_CLIENT)
def list_locks(call: Call) -> LocksOut:  # noqa: ARG001 - as all views
    """Who may send nothing for now, and why."""
    return LocksOut(items=[lock_out(each) for each in locks.locks_of_client()])


@operation(router, "POST", "/sending/locks/{int:lock_id}/unlock", Permission.CHANGE_SETTINGS, status=202)
def unlock_sender(call: Call, lock_id: int, body: UnlockIn) -> LocksOut:
    """It may send again as soon as its nodes have heard of it."""
    locks.unlock(or_404(locks.find_lock(lock_id)), was_us=body.was_us, deletes_mail=body.deletes_mail, by=call.by)
    return LocksOut(items=[lock_out(each) for each in locks.locks_of_client()])


@operation(router, "POST", "/sending/locks/{int:lock_id}/report", Permission.SEE_CONTENT)
def report_abuse(call: Call, lock_id: int) -> ReportOut:
    """A report of the message that brought the lock about: its header is kept for 30 days. That it was made is recorded."""
    lock = or_404(locks.find_lock(lock_id))
    octets = evidence.report_of(lock, call.client, our_address(), report_words(lock), by=call.by)
    return ReportOut(message=b64encode(octets).decode())


@operation(router, "GET", "/sending/near-limits", Permission.SEE_CLIENT)
def list_near_limits(call: Call) -> NearLimitsOut:  # noqa: ARG001 - as all views
    """Limits of which 80 % were used up, or all: whose, how much, until when, and what the sender heard."""
    return NearLimitsOut(items=[near_limit_out(each) for each in near_limits.near_limits()])


@operation(router, "GET", "/sending/busy-days", Permission.SEE_CLIENT)
def list_busy_days(call: Call) -> BusyDaysOut:  # noqa: ARG001 - as all views
    """Addresses that came near what may be received and sent in a day, or beyond it."""
    items = [_busy(each) for each in busy_days.busy_days()]
    return BusyDaysOut(items=items, most=busy_days.MOST_A_DAY, own_most=busy_days.own_most())


def lock_out(locked: Locked) -> LockOut:
    """As all operations answer."""
    row = locked.lock
    return LockOut(
        id=row.pk,
        scope=LockScope(row.scope),
        name=row.name,
        cause=LockCause(row.cause),
        reason=row.reason,
        since=datetime.fromtimestamp(row.since, UTC),
        until=datetime.fromtimestamp(row.until, UTC) if row.until else None,
        nodes=list(locked.nodes),
        order=locks.state_of(locked.order).value if locked.order else "",
    )


def near_limit_out(row: ToldLimit) -> NearLimitOut:
    """As all operations answer."""
    return NearLimitOut(
        scope=LimitScope(row.scope),
        name=row.name,
        what=Limited(row.what),
        window_s=row.window_s,
        most=row.most,
        count=row.count,
        of=row.of,
        near_at=datetime.fromtimestamp(row.at, UTC),
        reached_at=datetime.fromtimestamp(row.reached_at, UTC) if row.reached_at else None,
        counted_anew_at=row.ends_when,
        answer=row.answer,
    )


def _busy(row: BusyDay) -> BusyDayOut:
    return BusyDayOut(day=row.day, direction=Direction(row.direction), address=row.address, messages=row.messages)
