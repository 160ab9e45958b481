"""Lists and wishes of clients, and the published form that nodes read by plain SQL."""

from __future__ import annotations

from django.db import models

from ecluse.control.tenants.models import Address, Client, Domain
from ecluse.control.tenants.owned import Owned, OwnedManager


class ListKind(models.TextChoices):
    """Which of the two lists."""

    ALLOW = "allow"
    BLOCK = "block"


class ListEntry(Owned):
    """One line of an allow or block list, of a client or of one of its users (1-4, 1-5)."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="list_entries")
    address = models.ForeignKey(Address, null=True, on_delete=models.CASCADE, related_name="list_entries")
    kind = models.CharField(max_length=5, choices=ListKind.choices)
    entry = models.CharField(max_length=320)  # As it was written.
    pattern = models.CharField(max_length=320)  # What is compared.
    note = models.CharField(max_length=200, blank=True)
    added_by = models.CharField(max_length=254)
    added_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)

    objects = OwnedManager()

    class Meta:
        ordering = ("entry",)
        constraints = (
            models.UniqueConstraint(
                fields=("client", "pattern"), condition=models.Q(address=None), name="a_client_lists_each_once"
            ),
            models.UniqueConstraint(
                fields=("address", "pattern"), condition=models.Q(address__isnull=False), name="a_user_lists_each_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.entry}"


class ClientWishes(Owned):
    """What a client wishes of its filter; nobody has a row who has changed nothing."""

    client = models.OneToOneField(Client, on_delete=models.CASCADE, related_name="wishes", primary_key=True)
    plain = models.JSONField(default=dict)  # As `wire/wishes.py` writes it.

    objects = OwnedManager()

    def __str__(self) -> str:
        return f"wishes of {self.client}"


class FilterWish(Owned):
    """What one user wants of the filter; nobody has a row who has said nothing."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="filter_wishes")
    recipient = models.CharField(max_length=320, unique=True)  # `Address.key`.
    is_greylisted = models.BooleanField(default=True)  # False: never, for his mail.
    mass_mail = models.CharField(max_length=8, blank=True)  # A `MassAction`; "": as the client has it.

    objects = OwnedManager()

    def __str__(self) -> str:
        return f"filter of {self.recipient}"


class PublishedObject(models.Model):
    """The current form of one thing that nodes must know; `body` is None once it is gone (design 3)."""

    kind = models.CharField(max_length=16)
    key = models.CharField(max_length=600)
    version = models.BigIntegerField()  # Of the change that made it so.
    body = models.BinaryField(null=True)  # msgpack.

    class Meta:
        db_table = "published_object"  # Read by nodes: adapters/controldb/queries.sql.
        constraints = (models.UniqueConstraint(fields=("kind", "key"), name="one_current_form"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class PolicyChange(models.Model):
    """What changed, in the order of commits: positions have no gap and appear in order."""

    position = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=16)
    key = models.CharField(max_length=600)
    at = models.DateTimeField()

    class Meta:
        db_table = "policy_change"
        ordering = ("position",)
        indexes = (models.Index(fields=("at",)),)

    def __str__(self) -> str:
        return f"{self.position} {self.kind} {self.key}"
