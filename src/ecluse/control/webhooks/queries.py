"""Reading webhooks, in a client's scope."""

from __future__ import annotations

from django.db.models import QuerySet

from ecluse.control.webhooks.models import EventKind, Notice, Webhook

__all__ = ["EventKind", "Webhook"]

CHOICES = tuple(each for each in EventKind if each is not EventKind.TEST)


def webhooks() -> QuerySet[Webhook]:
    """All of the scope's client."""
    return Webhook.objects.all()


def find_webhook(pk: int) -> Webhook | None:
    """Of the scope's client."""
    return Webhook.objects.filter(pk=pk).select_related("client").first()


def waiting(webhook: Webhook) -> int:
    """How many notices are not taken yet, and not given up."""
    return Notice.objects.filter(webhook=webhook, due_at__isnull=False).count()
