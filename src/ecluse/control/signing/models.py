"""A domain's signing keys."""

from __future__ import annotations

from django.db import models

from ecluse.control.signing.life import KeyState
from ecluse.control.signing.records import Purpose
from ecluse.control.tenants.models import Client, Domain
from ecluse.control.tenants.owned import Owned, OwnedManager
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
