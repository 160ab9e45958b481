"""What time does to what programs were told, and to what they were answered. May be run at any time, and twice."""

from __future__ import annotations

from datetime import UTC, datetime

from django_scopes import scopes_disabled

from ecluse.control.programs.answers import forget_answers
from ecluse.control.webhooks.telling import forget_notices


def keep_house(now: float) -> None:
    """Forget notices of a week ago, and kept answers of a day ago."""
    with scopes_disabled():  # A job of the provider's.
        forget_notices(now)
    forget_answers(datetime.fromtimestamp(now, UTC))
