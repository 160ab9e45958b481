"""Complaints, as nodes tell them, and cases, as people work on them."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import models

from ecluse.control.accounts.models import User
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.owned import Owned, OwnedManager


class CaseState(models.TextChoices):
    """Whether somebody has still to do something."""

    OPEN = "open"
    CLOSED = "closed"


class CaseKind(models.TextChoices):
    """What a case is about."""

    COMPLAINT = "complaint"  # Others complain of mail in a client's name.
    VERDICTS = "verdicts"  # Many wrong verdicts, or one that shows a way round the filter.
    CAMPAIGN = "campaign"  # What came to many, and was known for what it is only afterwards.
    OTHER = "other"


class Case(models.Model):
    """One thing to look into. The provider's own: the client whom it concerns does not see it."""

    client = models.ForeignKey(Client, null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=9, choices=CaseKind.choices)
    subject = models.CharField(max_length=253)  # A domain where complaints are about one.
    state = models.CharField(max_length=6, choices=CaseState.choices, default=CaseState.OPEN)
    assignee = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    opened_by = models.CharField(max_length=300)
    opened_at = models.DateTimeField()
    moved_at = models.DateTimeField()  # When anything happened last.
    outcome = models.CharField(max_length=300, blank=True)  # What came of it; written when it is closed.

    class Meta:
        ordering = ("-moved_at", "-pk")
        indexes = (models.Index(fields=("state", "-moved_at"), name="cases_by_state"),)

    def __str__(self) -> str:
        return f"case {self.pk}: {self.subject}"


class CaseNote(models.Model):
    """What somebody has found out, or done."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="notes")
    by = models.CharField(max_length=300)
    at = models.DateTimeField()
    text = models.CharField(max_length=2_000)

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"note on {self.case_id}"


class ToldComplaint(Owned):
    """What somebody complains of to an address of a client's."""

    id = models.CharField(primary_key=True, max_length=64)  # Of the mail that brought it.
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    case = models.ForeignKey(Case, null=True, on_delete=models.SET_NULL, related_name="complaints")
    received_at = models.FloatField()
    reporter = models.CharField(max_length=253, blank=True)  # The domain that stands behind the mail; "": anybody may.
    kind = models.CharField(max_length=32)
    domain = models.CharField(max_length=253, blank=True)
    source_ip = models.CharField(max_length=45, blank=True)
    incidents = models.PositiveIntegerField()

    objects = OwnedManager()

    class Meta:
        db_table = "complaint"  # Written by nodes: adapters/controldb/queries.sql.
        ordering = ("-received_at", "id")

    def __str__(self) -> str:
        return f"complaint {self.id}"

    @property
    def when(self) -> datetime:
        """When it came."""
        return datetime.fromtimestamp(self.received_at, UTC)
