"""A domain's signing keys, the records beside them, and what others report of it. Reports are written by nodes."""

from __future__ import annotations

from django.db import models

from ecluse.control.signing.life import KeyState
from ecluse.control.signing.records import Purpose
from ecluse.control.tenants.models import Client, Domain
from ecluse.control.tenants.owned import Owned, OwnedManager
from ecluse.domain.received_report import ReportKind
from ecluse.wire.dkim.publishing import MAKERS, KeyRecord, Standing


class SigningKey(Owned):
    """One private key, and the name under which its public half belongs into the DNS."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="signing_keys")
    selector = models.CharField(max_length=63)
    algorithm = models.CharField(max_length=7, choices=[(each, each) for each in MAKERS])
    state = models.CharField(
        max_length=9, choices=[(each.value, each.value) for each in KeyState], default=KeyState.CREATED.value
    )
    state_since = models.DateTimeField()
    private_key = models.BinaryField(max_length=4_000, null=True)  # Under the master key; None once it signs no more.
    record_text = models.CharField(max_length=1_000)  # Of the TXT record.
    standing = models.CharField(max_length=9, choices=[(each.value, each.value) for each in Standing], blank=True)
    looked_at = models.DateTimeField(null=True)
    missing_since = models.DateTimeField(null=True)
    made_at = models.DateTimeField()

    objects = OwnedManager()

    class Meta:
        ordering = ("domain", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("domain", "selector"),
                condition=~models.Q(state="gone"),
                name="a_selector_has_one_living_key",
            ),
        )
        indexes = (models.Index(fields=("looked_at",), name="signing_looked_at"),)

    def __str__(self) -> str:
        return self.record.name

    @property
    def record(self) -> KeyRecord:
        """What belongs into the DNS."""
        return KeyRecord(f"{self.selector}._domainkey.{self.domain.name}", self.record_text)


class SendingRecord(Owned):
    """What the DNS said last of one record beside the keys."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="sending_records")
    purpose = models.CharField(max_length=8, choices=[(each.value, each.value) for each in Purpose])
    standing = models.CharField(max_length=9, choices=[(each.value, each.value) for each in Standing])
    texts = models.JSONField(default=list)  # As they stood there.
    looked_at = models.DateTimeField(db_index=True)
    changed_at = models.DateTimeField()  # When they last became other ones.

    objects = OwnedManager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("domain", "purpose"), name="each_purpose_once"),)

    def __str__(self) -> str:
        return f"{self.purpose} of {self.domain}"


class DomainReport(Owned):
    """What one mail reports about one domain."""

    id = models.CharField(primary_key=True, max_length=64)  # A digest: the same report comes more than once.
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=253)  # The domain, or one below it.
    kind = models.CharField(max_length=5, choices=[(each.value, each.value) for each in ReportKind])
    proven = models.CharField(max_length=253, blank=True)  # The domain that stands behind the mail; "": anybody may.
    policy = models.CharField(max_length=100)
    begin = models.BigIntegerField()  # Of the day that it is about; seconds since the epoch.
    received_at = models.FloatField(db_index=True)
    passed = models.BigIntegerField()  # Messages that passed DMARC; sessions that were encrypted.
    failed = models.BigIntegerField()

    objects = OwnedManager()

    class Meta:
        db_table = "domain_report"  # adapters/controldb/queries.sql.
        indexes = (
            models.Index(fields=("domain", "kind", "received_at"), name="reports_of_a_day"),
            models.Index(fields=("client", "begin"), name="reports_of_a_client"),
        )

    def __str__(self) -> str:
        return f"{self.kind} of {self.name} by {self.proven}"


class ReportedSource(Owned):
    """What a report counts of one source."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    report = models.ForeignKey(DomainReport, on_delete=models.CASCADE, related_name="sources")
    source = models.CharField(max_length=253)  # The sending server's address; of TLS reports the receiving server.
    reason = models.CharField(max_length=64, blank=True)  # Of sessions that failed: a word of RFC 8460.
    passed = models.BigIntegerField()
    failed = models.BigIntegerField()
    dkim = models.BigIntegerField()  # Messages with an aligned signature.
    spf = models.BigIntegerField()
    turned_away = models.BigIntegerField()

    objects = OwnedManager()

    class Meta:
        db_table = "reported_source"  # As above.

    def __str__(self) -> str:
        return f"{self.source} in {self.report_id}"
