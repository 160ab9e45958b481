"""The lessons of clients, as their nodes tell them: no content, no tokens. Times in seconds since the epoch (UTC)."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import models

from ecluse.control.mail.models import NodeOrder
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.owned import Owned, OwnedManager
from ecluse.domain.act import Channel, Standing


class Lesson(Owned):
    """What somebody has said of one message, at the node that learned it. Rows are written by nodes."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    node = models.CharField(max_length=253)
    number = models.PositiveBigIntegerField()  # Of the act at its node: 1, 2, 3 ...
    at = models.FloatField()
    channel = models.CharField(max_length=16, choices=[(each.value, each.value) for each in Channel])
    voter = models.CharField(max_length=330)  # "person:" and a name of ours, or a keyed hash that is the node's own.
    message = models.CharField(max_length=100)  # Our id of the message where it bears one, and a digest of its tokens.
    is_spam = models.BooleanField()
    standing = models.CharField(max_length=8, choices=[(each.value, each.value) for each in Standing])
    undoes = models.PositiveBigIntegerField(default=0)  # The number of the lesson that this one takes back.
    taken_back_at = models.FloatField(null=True)
    taken_back_by = models.CharField(max_length=330, blank=True)
    order = models.ForeignKey(NodeOrder, null=True, on_delete=models.SET_NULL, related_name="+")  # To take it back.

    objects = OwnedManager()

    class Meta:
        db_table = "lesson"  # adapters/controldb/queries.sql.
        ordering = ("-at", "-pk")
        constraints = (models.UniqueConstraint(fields=("client", "node", "number"), name="a_lesson_is_told_once"),)
        indexes = (models.Index(fields=("client", "-at"), name="lessons_of_a_client"),)

    def __str__(self) -> str:
        return f"lesson {self.number} at {self.node}"

    @property
    def when(self) -> datetime:
        """When it was learned."""
        return datetime.fromtimestamp(self.at, UTC)

    @property
    def taken_back_when(self) -> datetime | None:
        """When it was forgotten."""
        return None if self.taken_back_at is None else datetime.fromtimestamp(self.taken_back_at, UTC)

    @property
    def message_id(self) -> str:
        """Our id of the message; "" where it bore none."""
        before, slash, _ = self.message.partition("/")
        return before if slash else ""
