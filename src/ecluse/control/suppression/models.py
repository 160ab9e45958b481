"""The lists of suppressed recipients, and what servers answered about recipients."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import models

from ecluse.control.tenants.models import Client
from ecluse.control.tenants.owned import Owned, OwnedManager
from ecluse.domain.suppression import SuppressionCause


class SuppressedRecipient(Owned):
    """One line of a client's list."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    recipient = models.CharField(max_length=320)  # `Address.key`.
    key = models.CharField(max_length=64, unique=True)  # `suppression_key`: nodes find it by that.
    cause = models.CharField(max_length=9, choices=[(each.value, each.value) for each in SuppressionCause])
    why = models.CharField(max_length=500, blank=True)  # What the server said, or the person who added it.
    added_by = models.CharField(max_length=300)
    since = models.DateTimeField()

    objects = OwnedManager()

    class Meta:
        ordering = ("recipient",)
        indexes = (models.Index(fields=("client", "recipient"), name="suppressed_by_recipient"),)

    def __str__(self) -> str:
        return self.recipient


class UnknownRecipient(Owned):
    """A server said of one message that its recipient is not there. Rows are written by nodes."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    recipient = models.CharField(max_length=320)  # `Address.key`.
    message = models.CharField(max_length=32)
    at = models.FloatField()  # UTC, seconds since the epoch.
    answer = models.CharField(max_length=500)
    is_sorted = models.BooleanField(default=False)  # Whether it means anything was looked at.

    objects = OwnedManager()

    class Meta:
        db_table = "unknown_recipient"  # adapters/controldb/queries.sql.
        ordering = ("at", "pk")
        constraints = (
            models.UniqueConstraint(fields=("client", "message", "recipient"), name="a_message_is_turned_down_once"),
        )
        indexes = (
            models.Index(fields=("client", "recipient"), name="unknown_by_recipient"),
            models.Index(fields=("client",), condition=models.Q(is_sorted=False), name="unknown_not_sorted"),
        )

    def __str__(self) -> str:
        return f"{self.recipient} at {self.when:%Y-%m-%d}"

    @property
    def when(self) -> datetime:
        """When it was said."""
        return datetime.fromtimestamp(self.at, UTC)
