"""What waits for the provider's people at any of the clients: locked senders, limits that are near, and wrong verdicts, each in one list."""

from __future__ import annotations

from datetime import UTC, datetime

from ninja import Router
from pydantic import BaseModel, Field

from ecluse.control.abuse.locks import Locked, locks_everywhere
from ecluse.control.abuse.near_limits import ToldLimit, near_limits_everywhere
from ecluse.control.accounts.roles import Permission
from ecluse.control.mail.objections import ANSWER_WITHIN_S, Objection, open_everywhere
from ecluse.web.api.callers import Call
from ecluse.web.api.objections import ObjectionOut, objection_out
from ecluse.web.api.operations import operation
from ecluse.web.api.sending_locks import LockOut, NearLimitOut, lock_out, near_limit_out

router = Router(tags=["All clients"])


class LockOfClientOut(LockOut):
    """The same, and whose it is."""

    client_id: int
    client: str


class AllLocksOut(BaseModel):
    """The newest first; at each node where it stands a lock counts, 200 at most."""

    items: list[LockOfClientOut]


class NearLimitOfClientOut(NearLimitOut):
    """The same, and whose it is."""

    client_id: int
    client: str


class AllNearLimitsOut(BaseModel):
    """Of the last seven days, those that still count first; 200 at most."""

    items: list[NearLimitOfClientOut]


class OpenObjectionOut(ObjectionOut):
    """The same, whose it is, and until when it is answered."""

    client_id: int
    client: str
    answer_until: datetime = Field(description="What is left unanswered by then was accepted (9-2).")


class OpenObjectionsOut(BaseModel):
    """The most urgent first, 500 at most."""

    items: list[OpenObjectionOut]


@operation(router, "GET", "sending/locks", Permission.HANDLE_ABUSE, is_of_client=False)
def list_all_locks(_call: Call) -> AllLocksOut:
    """Who of all clients may send nothing for now, and why; unlocked below the client's address."""
    return AllLocksOut(items=[_lock(each) for each in locks_everywhere()])


@operation(router, "GET", "sending/near-limits", Permission.HANDLE_ABUSE, is_of_client=False)
def list_all_near_limits(_call: Call) -> AllNearLimitsOut:
    """Limits of all clients of which 80 % were used up, or all."""
    return AllNearLimitsOut(items=[_near(each) for each in near_limits_everywhere()])


@operation(router, "GET", "objections", Permission.ANSWER_OBJECTIONS, is_of_client=False)
def list_all_objections(_call: Call) -> OpenObjectionsOut:
    """What clients call wrong, and nobody has answered yet; answered below the client's address."""
    return OpenObjectionsOut(items=[_objection(each) for each in open_everywhere()])


def _lock(locked: Locked) -> LockOfClientOut:
    client = locked.lock.client
    return LockOfClientOut(**lock_out(locked).model_dump(), client_id=client.pk, client=client.name)


def _near(row: ToldLimit) -> NearLimitOfClientOut:
    return NearLimitOfClientOut(**near_limit_out(row).model_dump(), client_id=row.client_id, client=row.client.name)


def _objection(row: Objection) -> OpenObjectionOut:
    return OpenObjectionOut(
        **objection_out(row).model_dump(),
        client_id=row.client_id,
        client=row.client.name,
        answer_until=datetime.fromtimestamp((row.opened_at or 0.0) + ANSWER_WITHIN_S, UTC),
    )
