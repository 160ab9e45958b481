"""Webhooks, what they are told, and what is watched for them. Times in seconds since the epoch (UTC)."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import models

from ecluse.control.tenants.models import Client, Domain
from ecluse.control.tenants.owned import Owned, OwnedManager


class EventKind(models.TextChoices):
    """What may be told."""

    REFUSED = "message.refused"
    HELD = "message.held"
    RELEASED = "message.released"
    FLAGGED_LATE = "message.flagged-late"  # It was received, and known for what it is only afterwards.
    MX_BROKEN = "domain.mx-broken"  # The MX records named us alone, and do not any more.
    MX_MENDED = "domain.mx-mended"
    SENDER_LOCKED = "sending.locked"
    LIMIT_NEAR = "sending.limit-near"  # Or reached: then both are told.
    LIMIT_REACHED = "sending.limit-reached"
    RECORD_CHANGED = "domain.record-changed"  # Of those that a sending domain needs beside its keys.
    KEY_LOST = "domain.key-lost"  # A key that signs is not in the DNS any more.
    CHOICE_OPENED = "sla.choice-opened"  # A promise was broken: the client chooses, for a month (10-6).
    TICKET_ANSWERED = "support.answered"  # The provider has written in a request.
    TEST = "webhook.test"


class Webhook(Owned):
    """Where a client's program wants to be told."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    url = models.CharField(max_length=500)
    events = models.JSONField()  # Of `EventKind`, without the test.
    secret = models.BinaryField()  # Signs; under the master key.
    former_secret = models.BinaryField(null=True)  # Signs beside it, until the receiver knows the new one.
    former_until = models.FloatField(default=0.0)
    tells_from = models.FloatField()  # What happened before it was added, or was off, is not told.
    looked_at = models.FloatField()  # Until then events were looked for.
    is_on = models.BooleanField(default=True)
    off_because = models.CharField(max_length=200, blank=True)  # Where nobody but we switched it off.
    not_before = models.FloatField(default=0.0)  # Until then nobody tells it anything: one who does now, or none of us.
    failing_since = models.FloatField(null=True)
    failures = models.PositiveIntegerField(default=0)  # In a row.
    last_status = models.PositiveSmallIntegerField(default=0)  # 0: nothing was answered yet, or nobody answers.
    last_trouble = models.CharField(max_length=200, blank=True)
    told_at = models.FloatField(null=True)  # When something was taken last.

    objects = OwnedManager()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.url

    @property
    def told(self) -> datetime | None:
        """When something was taken last."""
        return None if self.told_at is None else datetime.fromtimestamp(self.told_at, UTC)

    @property
    def failing(self) -> datetime | None:
        """Since when nothing was taken any more."""
        return None if self.failing_since is None else datetime.fromtimestamp(self.failing_since, UTC)


class Notice(Owned):
    """One event for one webhook."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="notices")
    event = models.CharField(max_length=100)  # Its name: the same event is never told twice on purpose.
    body = models.TextField()  # JSON, as it is sent.
    at = models.FloatField(db_index=True)
    due_at = models.FloatField(null=True)  # None: taken, or given up.
    tries = models.PositiveSmallIntegerField(default=0)

    objects = OwnedManager()

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("webhook", "event"), name="an_event_is_told_once"),)
        indexes = (models.Index(fields=("due_at",), condition=models.Q(due_at__isnull=False), name="notices_due"),)

    def __str__(self) -> str:
        return self.event


class WatchedMx(Owned):
    """What the MX records of a domain came to when they were looked at last."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    domain = models.OneToOneField(Domain, on_delete=models.CASCADE, related_name="+", primary_key=True)
    is_ours = models.BooleanField(null=True)  # None: no answer yet.
    since = models.FloatField()
    looked_at = models.FloatField()

    objects = OwnedManager()

    def __str__(self) -> str:
        return f"MX of {self.domain_id}"
