"""Entries, and the checkpoints that stand for entries purged."""

from __future__ import annotations

from django.db import models

from ecluse.control.audit.actor import MAX_BEHALF, ActorKind

HASH_OCTETS = 32


class Entry(models.Model):
    """One act. Written by `Change` alone; never changed, purged after 365 days (15-7)."""

    number = models.BigIntegerField(primary_key=True)  # From 1 without gap, in the order of commits.
    at = models.DateTimeField(db_index=True)
    actor_kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in ActorKind])
    actor_name = models.CharField(max_length=254)
    actor_id = models.BigIntegerField(null=True)
    ip = models.GenericIPAddressField(null=True)
    on_behalf_of = models.CharField(max_length=MAX_BEHALF, blank=True)
    client_id = models.BigIntegerField(null=True)  # Whose trail it belongs to; None: the provider's own.
    action = models.CharField(max_length=64)  # "client.created"
    subject = models.CharField(max_length=300)  # "client:12", what was acted upon.
    before = models.JSONField(null=True)  # Masked: no secret, no content.
    after = models.JSONField(null=True)
    salt = models.BinaryField(max_length=16)
    commitment = models.BinaryField(max_length=HASH_OCTETS)  # Of all the above: survives what it commits to.
    hash = models.BinaryField(max_length=HASH_OCTETS)  # Of the entry before, the number and the commitment.

    class Meta:
        ordering = ("number",)
        indexes = (models.Index(fields=("client_id", "-number")), models.Index(fields=("subject", "-number")))

    def __str__(self) -> str:
        return f"{self.number} {self.action} {self.subject}"


class Checkpoint(models.Model):
    """Stands for all entries up to a number: they were there and in order when they were purged."""

    number = models.BigIntegerField(primary_key=True)  # Of the last purged entry.
    at = models.DateTimeField()  # When it was made.
    hash = models.BinaryField(max_length=HASH_OCTETS)  # Of that entry.
    signature = models.BinaryField(max_length=64)  # Ed25519, by the installation's audit key.

    class Meta:
        ordering = ("number",)

    def __str__(self) -> str:
        return f"up to {self.number}"
