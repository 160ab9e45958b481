"""Orders to the nodes. What nodes read by plain SQL has times in seconds since the epoch (UTC)."""

from __future__ import annotations

from django.db import models

from ecluse.control.tenants.models import Client
from ecluse.control.tenants.owned import Owned, OwnedManager
from ecluse.domain.order import OrderKind, Outcome


class NodeOrder(Owned):
    """What one node is to do with one message of a client, and what came of it."""

    id = models.CharField(primary_key=True, max_length=32)  # As `new_id` gives it.
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    node = models.CharField(max_length=253)  # Its host name.
    kind = models.CharField(max_length=16, choices=[(each.value, each.value) for each in OrderKind])
    target = models.CharField(max_length=64)  # The message's id.
    body = models.BinaryField(null=True)  # msgpack; erased by the answer, since it may hold a key.
    actor = models.CharField(max_length=300)
    ordered_at = models.FloatField()
    expires = models.FloatField()  # Not begun after this.
    answered_at = models.FloatField(null=True)
    outcome = models.CharField(max_length=8, blank=True, choices=[(each.value, each.value) for each in Outcome])
    text = models.CharField(max_length=300, blank=True)
    answer = models.BinaryField(null=True)

    objects = OwnedManager()

    class Meta:
        db_table = "node_order"  # Read and answered by nodes: adapters/controldb/queries.sql.
        ordering = ("ordered_at", "id")
        indexes = (
            models.Index(fields=("node", "ordered_at"), condition=models.Q(answered_at=None), name="orders_waiting"),
            models.Index(fields=("target",), name="orders_of_a_message"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.target} at {self.node}"
