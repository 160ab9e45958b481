"""A client's keys."""

from __future__ import annotations

from django.db import models

from ecluse.control.tenants.models import Client
from ecluse.control.tenants.owned import Owned, OwnedManager


class SealingKey(Owned):
    """One pair of X25519 keys; what was sealed to it is lost with its private half."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    key_id = models.BinaryField(max_length=8)  # `envelope.key_id` of the public key.
    public_key = models.BinaryField(max_length=32)
    private_key = models.BinaryField(null=True)  # Wrapped by the master key; None: destroyed.
    made_at = models.DateTimeField(auto_now_add=True)
    destroyed_at = models.DateTimeField(null=True)

    objects = OwnedManager()

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("client", "key_id"), name="each_key_once"),)

    def __str__(self) -> str:
        return f"key {self.pk} of {self.client}"
