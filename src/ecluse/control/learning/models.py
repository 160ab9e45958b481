"""The lessons of clients, as their nodes tell them: no content, no tokens; and folders that teach. Times in seconds since the epoch (UTC)."""

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


class SharedLesson(Owned):
    """A lesson on its way from the node that was told to all others, or the word that one is taken back. Rows are written by nodes."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    node = models.CharField(max_length=253)  # That was told.
    log = models.CharField(max_length=24)  # `act.log_name` of its log.
    number = models.PositiveBigIntegerField()  # Of the act there.
    at = models.FloatField()
    told_at = models.FloatField(db_index=True)
    channel = models.CharField(max_length=16, choices=[(each.value, each.value) for each in Channel])
    voter = models.CharField(max_length=330)  # "person:" and a name of ours, or a hash under the key of all nodes.
    message = models.CharField(max_length=100)
    is_spam = models.BooleanField()
    tokens = models.BinaryField(max_length=65_536)  # A Zstandard frame of `Act.tokens`.
    tokens_version = models.PositiveSmallIntegerField()
    target_node = models.CharField(max_length=253, blank=True)  # "": it is a lesson; else what is taken back.
    target_log = models.CharField(max_length=24, blank=True)
    target_number = models.PositiveBigIntegerField(default=0)

    objects = OwnedManager()

    class Meta:
        db_table = "shared_lesson"  # adapters/controldb/queries.sql.
        constraints = (
            models.UniqueConstraint(fields=("client", "node", "log", "number"), name="a_lesson_is_shared_once"),
        )

    def __str__(self) -> str:
        return f"lesson {self.number} of {self.node}"


class VoterKey(models.Model):
    """What all nodes make the names of voters with: one row, made by the node that asks first."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    octets = models.BinaryField(max_length=16)

    class Meta:
        db_table = "voter_key"  # adapters/controldb/queries.sql.

    def __str__(self) -> str:
        return "the key of voters"


class LessonMailbox(Owned):
    """A mailbox of the client's with two folders: what its people put there is a lesson."""

    client = models.OneToOneField(Client, on_delete=models.CASCADE, related_name="+")
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField()
    starts_tls = models.BooleanField(default=False)
    authority = models.TextField(blank=True)  # PEM.
    user = models.CharField(max_length=200)
    secret = models.BinaryField(max_length=1_000)  # The password, under the master key.
    spam_folder = models.CharField(max_length=200)
    ham_folder = models.CharField(max_length=200)
    every_minutes = models.PositiveSmallIntegerField()
    spam_validity = models.PositiveBigIntegerField(default=0)  # How far it was read: `FolderPlace`.
    spam_uid = models.PositiveBigIntegerField(default=0)
    ham_validity = models.PositiveBigIntegerField(default=0)
    ham_uid = models.PositiveBigIntegerField(default=0)
    day = models.PositiveIntegerField(default=0)  # Since the epoch, UTC, on which it taught last.
    taught_that_day = models.PositiveIntegerField(default=0)
    due_at = models.FloatField(db_index=True)
    read_at = models.FloatField(null=True)
    taught = models.PositiveIntegerField(default=0)  # At the last reading.
    passed_over = models.PositiveIntegerField(default=0)  # The same: too large, or no mail that came through us.
    trouble = models.CharField(max_length=16, blank=True)  # "": it was read.
    said = models.CharField(max_length=200, blank=True)

    objects = OwnedManager()

    def __str__(self) -> str:
        return f"{'imap' if self.starts_tls else 'imaps'}://{self.host}:{self.port}"

    @property
    def read_when(self) -> datetime | None:
        """When it was read last."""
        return None if self.read_at is None else datetime.fromtimestamp(self.read_at, UTC)
