"""What nodes and workers tell of themselves. What nodes write by plain SQL has times in seconds since the epoch (UTC)."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from django.db import models

from ecluse.control.tenants.models import Client
from ecluse.control.tenants.owned import Owned, OwnedManager
from ecluse.domain.backlog import WaitingMessage
from ecluse.domain.node_report import NodeReport

_read_report = msgspec.msgpack.Decoder(NodeReport).decode
_read_messages = msgspec.msgpack.Decoder(tuple[WaitingMessage, ...]).decode


class ToldReport(models.Model):
    """The newest report of one node. Nobody's in particular."""

    node = models.CharField(max_length=253, unique=True)  # Its host name.
    body = models.BinaryField()  # msgpack of `NodeReport`.
    heard_at = models.DateTimeField()  # By the database's clock.

    class Meta:
        db_table = "node_report"  # Written by nodes: adapters/controldb/queries.sql.
        ordering = ("node",)

    def __str__(self) -> str:
        return f"report of {self.node}"

    @property
    def report(self) -> NodeReport:
        """What it says. Raises `MsgspecError` for one of a later release that cannot be read."""
        return _read_report(bytes(self.body))


class ToldBacklog(Owned):
    """What waits on one node for one destination of a client."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    node = models.CharField(max_length=253)
    destination = models.CharField(max_length=253)
    total = models.PositiveIntegerField()
    held = models.PositiveIntegerField()
    octets = models.BigIntegerField()
    oldest = models.FloatField()
    next_attempt = models.FloatField()
    reason = models.CharField(max_length=400, blank=True)  # See `mta/delivery/backlogs.py`.
    outage_since = models.FloatField()
    messages = models.BinaryField()  # msgpack of the oldest ones, as `WaitingMessage`.

    objects = OwnedManager()

    class Meta:
        db_table = "backlog"  # Written by nodes: adapters/controldb/queries.sql.
        ordering = ("-total", "client__name", "destination", "node")
        constraints = (
            models.UniqueConstraint(fields=("node", "client", "destination"), name="one_backlog_for_a_destination"),
        )

    def __str__(self) -> str:
        return f"{self.total} for {self.destination} at {self.node}"

    @property
    def waiting(self) -> tuple[WaitingMessage, ...]:
        """The oldest of its messages; none where its node has a later release and they cannot be read."""
        try:
            return _read_messages(bytes(self.messages))
        except msgspec.MsgspecError:
            return ()

    @property
    def oldest_when(self) -> datetime:
        """Since when its oldest message waits."""
        return datetime.fromtimestamp(self.oldest, UTC)

    @property
    def next_when(self) -> datetime | None:
        """When one of them is tried next; None where all are held."""
        return datetime.fromtimestamp(self.next_attempt, UTC) if self.next_attempt else None

    @property
    def outage_when(self) -> datetime | None:
        """Since when no route of the destination answers."""
        return datetime.fromtimestamp(self.outage_since, UTC) if self.outage_since else None


class ListingAlarm(models.Model):
    """The provider's owners know that addresses of this node stand on DNS lists."""

    node = models.CharField(max_length=253, unique=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ("node",)

    def __str__(self) -> str:
        return f"{self.node} is listed"


class JobRun(models.Model):
    """How one job of `ecluse worker` went last, whichever worker ran it."""

    job = models.CharField(max_length=32, unique=True)
    worker = models.CharField(max_length=253)  # Its machine.
    began_at = models.DateTimeField()
    took_s = models.FloatField()
    trouble = models.CharField(max_length=100, blank=True)  # "" = it went well.
    went_well_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("job",)

    def __str__(self) -> str:
        return f"job {self.job}"
