"""The registers: what people ask of their data, and what became of it.

A request that concerns no client is the provider's own: it is read and written where scopes are off for a named reason.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models

from ecluse.control.tenants.models import Client
from ecluse.control.tenants.owned import Owned, OwnedManager

ANSWERED_WITHIN = timedelta(days=30)  # 15-2.


class Right(models.TextChoices):
    """What somebody asks for (15-1)."""

    ACCESS = "access"
    ERASURE = "erasure"
    RECTIFICATION = "rectification"
    OBJECTION = "objection"


class RequestState(models.TextChoices):
    """How far it is."""

    OPEN = "open"  # Who asks has not proven yet who he is.
    PROVEN = "proven"
    ANSWERED = "answered"
    REFUSED = "refused"


class Channel(models.TextChoices):
    """How it came (15-2)."""

    MAIL = "mail"
    POST = "post"
    PHONE = "phone"
    CONSOLE = "console"  # The client's owner opened it.


class PersonRequest(Owned):
    """What one person asks about what is held of him (15-1, 15-2)."""

    client = models.ForeignKey(Client, null=True, on_delete=models.CASCADE, related_name="+")  # None: of no one client.
    right = models.CharField(max_length=13, choices=Right.choices)
    state = models.CharField(max_length=8, choices=RequestState.choices, default=RequestState.OPEN)
    channel = models.CharField(max_length=7, choices=Channel.choices)
    addresses = models.JSONField()  # `Address.key` of each of his mail addresses that he names.
    name = models.CharField(max_length=200, blank=True)
    answer_to = models.EmailField(max_length=254, blank=True)
    note = models.CharField(max_length=2_000, blank=True)
    received_at = models.DateTimeField()
    identity_how = models.CharField(max_length=300, blank=True)  # By what he has proven it: never the paper itself.
    identity_by = models.CharField(max_length=300, blank=True)
    identity_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=2_000, blank=True)  # What he was answered, or why it was refused.
    report = models.JSONField(null=True)  # Of an erasure: `reports.plain`.
    erased_at = models.DateTimeField(null=True)
    reminded_for = models.SmallIntegerField(null=True)  # The last step of `REMINDED_AT_DAYS` that was told.

    objects = OwnedManager()

    class Meta:
        ordering = ("-received_at", "-pk")
        indexes = (models.Index(fields=("state", "received_at"), name="requests_by_state"),)

    def __str__(self) -> str:
        return f"request {self.pk}"

    @property
    def due_at(self) -> datetime:
        """Until when it is to be answered."""
        return self.received_at + ANSWERED_WITHIN

    @property
    def is_closed(self) -> bool:
        """Whether nothing is to be done any more."""
        return self.closed_at is not None


class RequestStep(Owned):
    """One line of a request's history. The audit trail forgets after a year, this does not."""

    client = models.ForeignKey(Client, null=True, on_delete=models.CASCADE, related_name="+")
    request = models.ForeignKey(PersonRequest, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField()
    by = models.CharField(max_length=300)
    what = models.CharField(max_length=24)
    note = models.CharField(max_length=500, blank=True)

    objects = OwnedManager()

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.what} of {self.request_id}"
