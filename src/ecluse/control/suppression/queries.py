"""A client's suppressed recipients, as pages and nodes read them."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from ecluse.control.suppression.models import SuppressedRecipient
from ecluse.domain.suppression import Suppression, SuppressionCause

__all__ = ["SuppressedRecipient"]


def suppressed(search: str = "") -> QuerySet[SuppressedRecipient]:
    """The list of the scope's client."""
    rows = SuppressedRecipient.objects.all()
    return rows.filter(Q(recipient__icontains=search) | Q(why__icontains=search)) if search else rows


def find_suppressed(pk: int) -> SuppressedRecipient | None:
    """One line of the scope's client."""
    return SuppressedRecipient.objects.select_related("client").filter(pk=pk).first()


def published_suppression(key: str) -> Suppression | None:
    """As nodes get it."""
    row = SuppressedRecipient.objects.select_related("client").filter(key=key).first()
    if row is None:
        return None
    return Suppression(row.client.name, row.recipient, SuppressionCause(row.cause), row.since.timestamp())
