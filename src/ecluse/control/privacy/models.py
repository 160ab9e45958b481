"""The registers: what people ask of their data, purges, incidents, requisitions, and what became of each.

A request that concerns no client is the provider's own: it is read and written where scopes are off for a named reason.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models

from ecluse.control.accounts.models import User
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.owned import Owned, OwnedManager
from ecluse.domain.purge import Purged

ANSWERED_WITHIN = timedelta(days=30)  # 15-2.
AUTHORITY_TOLD_WITHIN = timedelta(hours=72)  # GDPR art. 33(1).


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


class PurgeRun(models.Model):
    """One run of a purge clock over one store, as its proof: never changed. Nobody's in particular."""

    purged = models.CharField(max_length=16, choices=[(each.value, each.value) for each in Purged])
    node = models.CharField(max_length=253, blank=True)  # "": the control plane's own.
    at = models.DateTimeField()
    oldest_at = models.DateTimeField(null=True)  # Of what remained; None: nothing did.
    removed = models.PositiveBigIntegerField()

    class Meta:
        ordering = ("-at", "pk")
        constraints = (models.UniqueConstraint(fields=("node", "purged", "at"), name="a_run_is_noted_once"),)
        indexes = (models.Index(fields=("at",), name="purge_runs_by_time"),)

    def __str__(self) -> str:
        return f"{self.purged} at {self.node or 'the control plane'}"


class ClockAlarm(models.Model):
    """It was said that this clock stands still, or leaves what is too old."""

    purged = models.CharField(max_length=16, choices=[(each.value, each.value) for each in Purged])
    node = models.CharField(max_length=253, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "purged"), name="a_clock_alarms_once"),)

    def __str__(self) -> str:
        return f"{self.purged} at {self.node or 'the control plane'}"


class Nature(models.TextChoices):
    """What of personal data was hurt (GDPR art. 4(12))."""

    CONFIDENTIALITY = "confidentiality"
    INTEGRITY = "integrity"
    AVAILABILITY = "availability"


class Authority(models.TextChoices):
    """Whether the supervisory authority is to be told (GDPR art. 33(1))."""

    UNDECIDED = "undecided"
    NEEDED = "needed"
    NOT_NEEDED = "not-needed"  # No risk to anybody's rights.


class Incident(models.Model):
    """One security incident. The provider's own; of it a client reads what concerns itself (15-12)."""

    title = models.CharField(max_length=200)
    nature = models.CharField(max_length=15, choices=Nature.choices)
    happened_at = models.DateTimeField()
    detected_at = models.DateTimeField()
    description = models.CharField(max_length=5_000, blank=True)  # For the provider alone.
    account = models.CharField(max_length=5_000)  # What clients are told of it.
    measures = models.CharField(max_length=5_000, blank=True)  # What was done: they read that, too.
    authority = models.CharField(max_length=10, choices=Authority.choices, default=Authority.UNDECIDED)
    authority_why = models.CharField(max_length=1_000, blank=True)
    authority_told_at = models.DateTimeField(null=True)
    authority_reference = models.CharField(max_length=100, blank=True)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=300)
    closed_at = models.DateTimeField(null=True)
    owners_told = models.PositiveSmallIntegerField(default=0)  # `alarms.Step`: what the provider's owners were written.

    class Meta:
        ordering = ("-detected_at", "-pk")

    def __str__(self) -> str:
        return f"incident {self.pk}"

    @property
    def authority_due_at(self) -> datetime:
        """Until when the authority is to be told, where it is (GDPR art. 33(1))."""
        return self.detected_at + AUTHORITY_TOLD_WITHIN

    @property
    def awaits_authority(self) -> bool:
        """Whether the 72 hours run."""
        return self.authority != Authority.NOT_NEEDED and self.authority_told_at is None


class AffectedClient(Owned):
    """A client whose data an incident has affected."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="affected")
    consequence = models.CharField(max_length=2_000, blank=True)  # For this client.
    added_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)  # When the first letter to it was sent.

    objects = OwnedManager()

    class Meta:
        ordering = ("-incident__detected_at", "pk")
        constraints = (models.UniqueConstraint(fields=("client", "incident"), name="a_client_is_affected_once"),)

    def __str__(self) -> str:
        return f"{self.client} by {self.incident_id}"


class Requisition(models.Model):
    """What a court or an administration has demanded (15-10). For the provider's owners alone."""

    # The register outlives the client.
    client = models.ForeignKey(Client, null=True, on_delete=models.SET_NULL, related_name="+")
    authority = models.CharField(max_length=200)
    reference = models.CharField(max_length=100)
    legal_basis = models.CharField(max_length=300)
    scope = models.CharField(max_length=2_000)  # What it demands.
    received_at = models.DateTimeField()
    handed_over = models.CharField(max_length=2_000, blank=True)
    handed_at = models.DateTimeField(null=True)
    forbids_telling = models.BooleanField()
    forbidden_until = models.DateField(null=True)  # That day included; None: for good.
    letters_at = models.DateTimeField(null=True)  # When letters to the client were prepared: once.
    told_at = models.DateTimeField(null=True)  # When the first of them was sent.
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=300)

    class Meta:
        ordering = ("-received_at", "-pk")

    def __str__(self) -> str:
        return f"requisition {self.pk}"


class RegisterLetter(Owned):
    """What is still to be sent to one of a client's people: of an incident, or of a requisition; it goes when it is sent."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    affected = models.ForeignKey(AffectedClient, null=True, on_delete=models.CASCADE, related_name="letters")
    requisition = models.ForeignKey(Requisition, null=True, on_delete=models.CASCADE, related_name="letters")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    times = models.PositiveSmallIntegerField(default=0)  # How often somebody began to send it.
    tried_at = models.DateTimeField(null=True)

    objects = OwnedManager()

    class Meta:
        ordering = ("tried_at", "pk")

    def __str__(self) -> str:
        return f"to {self.user_id}"


class ProtectionVersion(models.Model):
    """One version of what the provider says of its data protection; never changed, the newest is used (15-13)."""

    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=300)
    plain = models.JSONField()  # `protection.Statement`.

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"protection {self.pk}"


class EndedClient(Owned):
    """A client whose service is over, and what becomes of what it had set up (15-6); gone once it is served again."""

    client = models.OneToOneField(Client, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()  # First: an older release may have kept it for years.
    held_at = models.DateTimeField(null=True)  # Since when the provider keeps it all the same.
    held_by = models.CharField(max_length=254, blank=True)
    held_why = models.CharField(max_length=500, blank=True)
    told_at = models.DateTimeField(null=True)  # The provider's owners, that its time has nearly come.
    done_at = models.DateTimeField(null=True)

    objects = OwnedManager()

    class Meta:
        db_table = "ended_client"  # adapters/controldb/queries.sql.

    def __str__(self) -> str:
        return f"end of {self.client}"
