"""What a client's people had already received when it was known for what it is."""

from __future__ import annotations

from django.db.models import QuerySet

from ecluse.control.mail.models import LateCause, LateFlag

__all__ = ["LateCause", "LateFlag"]


def late_flags(search: str = "") -> QuerySet[LateFlag]:
    """Of the scope's client, those that were raised last first; of a recipient, a sender or a message where it is asked for."""
    rows = LateFlag.objects.all()
    if not search:
        return rows
    return (
        rows.filter(recipient__icontains=search) | rows.filter(sender__icontains=search) | rows.filter(message=search)
    )


def flagged_since(at: float) -> QuerySet[LateFlag]:
    """Of the scope's client, those that were raised since then (UTC, seconds since the epoch)."""
    return LateFlag.objects.filter(flagged_at__gte=at)
