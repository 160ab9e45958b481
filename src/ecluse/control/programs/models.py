"""Keys of programs, and what they were answered.

They are read and written in their client's scope; the provider's, who is no client, where scopes are off. A key is looked for
by its secret before anybody knows whose it is: there alone scopes are off for clients' keys, too (`queries.find_key`).
"""

from __future__ import annotations

from django.db import models

from ecluse.control.accounts.models import User
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.owned import Owned, OwnedManager

DIGEST_OCTETS = 32


class ApiKey(Owned):
    """Lets a program act at one client; at all of them where it is the provider's."""

    client = models.ForeignKey(Client, null=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)  # What it is for, in the words of who made it.
    begins = models.CharField(max_length=12)  # Of the secret: enough to tell keys apart, and no more.
    digest = models.BinaryField(max_length=DIGEST_OCTETS, unique=True)
    scopes = models.JSONField()  # Permissions; never more than its maker's own at the time of use.
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)  # To the minute.
    used_from = models.GenericIPAddressField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = OwnedManager()

    class Meta:
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return f"{self.name} ({self.begins}…)"


class KeptAnswer(Owned):
    """What a request with an Idempotency-Key was answered: who repeats it is told the same, and nothing happens twice."""

    client = models.ForeignKey(Client, null=True, on_delete=models.CASCADE, related_name="+")  # The key's.
    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    token = models.CharField(max_length=255)  # The Idempotency-Key.
    request = models.BinaryField(max_length=DIGEST_OCTETS)  # Digest of method, address and body.
    status = models.PositiveSmallIntegerField(default=0)
    body = models.BinaryField(default=bytes)  # Sealed with what only the key's holder has.
    at = models.DateTimeField(db_index=True)

    objects = OwnedManager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("key", "token"), name="one_answer_to_each_token"),)

    def __str__(self) -> str:
        return f"{self.status} for {self.key_id}"
