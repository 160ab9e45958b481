"""Reading about keys, never the keys themselves; in a client's scope."""

from __future__ import annotations

from django.db.models import QuerySet

from ecluse.control.keystore.models import SealingKey

__all__ = ["SealingKey"]


def sealing_keys() -> QuerySet[SealingKey]:
    """Of the scope's client, destroyed ones too, the newest first."""
    return SealingKey.objects.order_by("-pk")


def has_live_key() -> bool:
    """Whether there is one to destroy."""
    return SealingKey.objects.filter(destroyed_at=None).exists()
