"""Rows that jobs could not do, for the provider's people: what waits, and their word that it be tried now."""

from __future__ import annotations

from datetime import datetime

from ecluse.control.attempts.models import Attempt
from ecluse.control.attempts.rows import waiting
from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change

__all__ = ["Attempt"]

MOST = 200


def rows_put_off(now: datetime) -> list[Attempt]:
    """Those that failed, and letters of which nobody knows whether they went; what somebody is working on is not listed."""
    return list(waiting(now).order_by("at", "pk")[:MOST])


def try_again(pk: int, now: datetime, *, by: Actor) -> bool:
    """Its job tries it at its next run, a letter too, which may then come a second time; False where it is gone, or in hand."""
    with change(by=by) as act:
        # Locked: its job may take it up at this moment.
        row = waiting(now).select_for_update().filter(pk=pk).first()
        if row is None:
            return False
        act.record("job.tried-again", row, after={"work": row.work, "row": row.row})
        # Kept: of what a person has ordered this row is the order.
        Attempt.objects.filter(pk=row.pk).update(times=0, problem="", at=now, next_at=now)
        return True
