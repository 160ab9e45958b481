"""What other wishes would do to the mail of the last 30 days, before they apply."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from ninja import Router
from pydantic import BaseModel, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.mail.effect import Effect, Moved, Treatment, effect_of
from ecluse.control.policies import queries
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.problems import TOO_OFTEN, Problem
from ecluse.web.api.settings_of_client import Wishes, wishes_in
from ecluse.web.backends import backends
from ecluse.web.limits import Limit

router = Router(tags=["Settings"])

EFFECTS = Limit("api-effects", 10, 60)  # By key: one takes some seconds of work.


class MoveOut(BaseModel):
    """So many would be treated differently."""

    was: Treatment
    would_be: Treatment
    count: int


class MovedOut(BaseModel):
    """One recipient of one message who would be treated differently."""

    id: str
    received_at: datetime
    sender: str
    recipient: str
    was: Treatment
    would_be: Treatment
    score: float = Field(description="Under the new wishes.")


class EffectOut(BaseModel):
    """What came out."""

    since: datetime = Field(description="Messages from then on were looked at.")
    is_whole: bool = Field(description="false: there was too much mail to look at all of the 30 days.")
    judged: int = Field(description="Verdicts, one for each recipient.")
    moves: list[MoveOut] = Field(description="The most frequent first.")
    unknown: dict[str, int] = Field(description="Of how many it is not known, by reason.")
    named: list[MovedOut] = Field(description="The newest of those that move; [] without the scope see-log.")


@operation(router, "POST", "/settings/filter/effect", Permission.CHANGE_SETTINGS, keeps_answers=False)
def try_filter_settings(call: Call, body: Wishes) -> EffectOut:
    """What these would do to the mail of the last 30 days; nothing is saved.

    At most ten times a minute.
    """
    wished, now = wishes_in(body), queries.wishes()
    if EFFECTS.is_reached(str(call.key.pk)):
        raise Problem(TOO_OFTEN, wait_s=EFFECTS.within_s)
    before, after = queries.policies_under(now), queries.policies_under(wished(now))
    found = effect_of(backends().message_log(), call.client.name, before, after, time.time())
    return _effect(found, sees_messages=call.grant.allows(Permission.SEE_LOG))


def _effect(found: Effect, *, sees_messages: bool) -> EffectOut:
    return EffectOut(
        since=datetime.fromtimestamp(found.since, UTC),
        is_whole=found.is_whole,
        judged=found.judged,
        moves=[
            MoveOut(was=was, would_be=would_be, count=count) for (was, would_be), count in found.moves.most_common()
        ],
        unknown=dict(found.unknown.most_common()),
        named=[_moved(each) for each in found.named] if sees_messages else [],
    )


def _moved(each: Moved) -> MovedOut:
    row = each.row
    return MovedOut(
        id=row.id,
        received_at=datetime.fromtimestamp(row.at, UTC),
        sender=row.sender,
        recipient=row.recipient,
        was=each.was,
        would_be=each.would_be,
        score=each.score,
    )
