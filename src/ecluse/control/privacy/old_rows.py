"""What the control plane itself purges by age: sign-ins and looks at content, objections with their evidence, lessons between nodes.

15-4, 15-7, 15-8.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from django.apps import apps
from django.db.models import Min
from django_scopes import scopes_disabled

from ecluse.control.accounts.models import SignInLink
from ecluse.control.audit.models import Entry
from ecluse.control.learning.models import SharedLesson
from ecluse.control.mail.models import HeldMessage, Objection
from ecluse.control.policies.forgetting import forget_changes
from ecluse.control.policies.queries import shortened_logs
from ecluse.control.privacy.clocks import note_run
from ecluse.domain.purge import LIMITS_S, Clock, Purged

KEPT = timedelta(seconds=LIMITS_S[Clock.LOGS])
SHARED_KEPT = timedelta(days=14)  # A node that is away for longer goes on without what the others have learned.
LINKS_KEPT = timedelta(days=1)  # After they have expired.

# Model -> the time from which its rows count.
_SIGN_INS: Mapping[str, str] = MappingProxyType(
    {
        "axes.AccessLog": "attempt_time",
        "axes.AccessAttempt": "attempt_time",
        "axes.AccessFailureLog": "attempt_time",
        "usersessions.UserSession": "last_seen_at",
        "accounts.Invitation": "created_at",
        "accounts.BreakGlass": "asked_at",
    }
)


def purge_old_rows(now: datetime) -> int:
    """Delete what is older than a year, lessons between nodes after two weeks, and note the runs; how many rows went."""
    removed = [_purge_sign_ins(now), _purge_objections(now), _purge_shared_lessons(now)]
    SignInLink.objects.filter(expires_at__lt=now - LINKS_KEPT).delete()
    forget_changes(now)
    return sum(removed)


def note_trail(now: datetime, removed: int) -> None:
    """The audit trail was purged."""
    oldest = Entry.objects.order_by("number").values_list("at", flat=True).first()
    note_run(Purged.TRAIL, now, oldest, removed)


def note_held_rows(now: datetime, removed: int) -> None:
    """What the control plane has of held mail was purged."""
    with scopes_disabled():  # A job of the provider's, over all clients.
        oldest = HeldMessage.objects.aggregate(first=Min("received_at"))["first"]
    note_run(Purged.HELD_ROWS, now, datetime.fromtimestamp(oldest, UTC) if oldest else None, removed)


def _purge_sign_ins(now: datetime) -> int:
    removed, firsts = 0, []
    for name, field in _SIGN_INS.items():
        rows = apps.get_model(name)._default_manager.all()  # noqa: SLF001 - Django's public name for it.
        removed += rows.filter(**{f"{field}__lt": now - KEPT}).delete()[0]
        firsts.append(rows.aggregate(first=Min(field))["first"])
    note_run(Purged.SIGN_INS, now, min((first for first in firsts if first), default=None), removed)
    return removed


def _purge_objections(now: datetime) -> int:
    with scopes_disabled():  # As above.
        removed = Objection.objects.filter(received_at__lt=(now - KEPT).timestamp()).delete()[0]
        for client, days in shortened_logs().items():  # They hold what the log had of their messages.
            mine = Objection.objects.filter(client=client)
            removed += mine.filter(received_at__lt=(now - timedelta(days=days)).timestamp()).delete()[0]
        oldest = Objection.objects.aggregate(first=Min("received_at"))["first"]
    note_run(Purged.OBJECTIONS, now, datetime.fromtimestamp(oldest, UTC) if oldest else None, removed)
    return removed


def _purge_shared_lessons(now: datetime) -> int:
    """That something was taken back is kept for a year, without tokens: a node that was away for long may have learned it."""
    with scopes_disabled():  # As above.
        taught = SharedLesson.objects.filter(target_node="")
        removed = taught.filter(told_at__lt=(now - SHARED_KEPT).timestamp()).delete()[0]
        removed += SharedLesson.objects.filter(told_at__lt=(now - KEPT).timestamp()).delete()[0]
        oldest = taught.aggregate(first=Min("told_at"))["first"]
    note_run(Purged.SHARED_LESSONS, now, datetime.fromtimestamp(oldest, UTC) if oldest else None, removed)
    return removed
