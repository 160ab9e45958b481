"""A client's directory, which addresses came from it, and which its own servers have confirmed. Times in seconds since the epoch (UTC)."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import models

from ecluse.control.accounts.models import LastLetter
from ecluse.control.tenants.models import Address, Client, Domain
from ecluse.control.tenants.owned import Owned, OwnedManager


class Outcome(models.TextChoices):
    """How a reading ended."""

    DONE = "done"
    WAITS = "waits"  # Done but for what would go: too much at once for nobody to look at.
    FAILED = "failed"


class Directory(Owned):
    """Where a client's addresses are read."""

    client = models.OneToOneField(Client, on_delete=models.CASCADE, related_name="+")
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField()
    starts_tls = models.BooleanField(default=False)
    authority = models.TextField(blank=True)  # PEM.
    bind_dn = models.CharField(max_length=500, blank=True)
    secret = models.BinaryField(max_length=1_000, null=True)  # The password, under the master key.
    base = models.CharField(max_length=500)
    filter = models.CharField(max_length=2_000)
    address_attribute = models.CharField(max_length=100)
    alias_attributes = models.JSONField(default=list)
    name_attribute = models.CharField(max_length=100, blank=True)
    every_hours = models.PositiveSmallIntegerField(default=0)  # 0: when somebody asks.
    due_at = models.FloatField(null=True, db_index=True)
    read_at = models.FloatField(null=True)
    outcome = models.CharField(max_length=6, blank=True, choices=Outcome.choices)
    trouble = models.CharField(max_length=16, blank=True)
    said = models.CharField(max_length=200, blank=True)

    objects = OwnedManager()

    def __str__(self) -> str:
        return f"{'ldap' if self.starts_tls else 'ldaps'}://{self.host}:{self.port}"

    @property
    def read_when(self) -> datetime | None:
        """When it was read last."""
        return None if self.read_at is None else datetime.fromtimestamp(self.read_at, UTC)


class FromDirectory(Owned):
    """An address that the directory has named: it goes when the directory does not name it any more."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    directory = models.ForeignKey(Directory, on_delete=models.CASCADE, related_name="+")
    address = models.OneToOneField(Address, on_delete=models.CASCADE, related_name="+")

    objects = OwnedManager()

    def __str__(self) -> str:
        return f"{self.address_id} of {self.directory}"


class FoundAddress(Owned):
    """An address that the client's own server has confirmed, and that waits for somebody's word. Rows are written by nodes."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="+")
    address = models.CharField(max_length=320)  # `Address.key`.
    found_at = models.FloatField()
    dismissed_at = models.FloatField(null=True)  # Somebody does not want it on the list.

    objects = OwnedManager()

    class Meta:
        db_table = "found_address"  # adapters/controldb/queries.sql.
        ordering = ("address",)
        constraints = (models.UniqueConstraint(fields=("client", "address"), name="an_address_is_found_once"),)
        indexes = (models.Index(fields=("client", "found_at"), name="found_by_time"),)

    def __str__(self) -> str:
        return self.address

    @property
    def local(self) -> str:
        """Its local part."""
        return self.address.rpartition("@")[0]

    @property
    def found_when(self) -> datetime:
        """When its server confirmed it."""
        return datetime.fromtimestamp(self.found_at, UTC)


class FoundLetter(LastLetter):
    """The last letter to one person about found addresses that wait."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=("client", "user"), name="one_found_letter_for_each"),)
