"""Orders to the nodes, and what the nodes hold. What nodes read by plain SQL has times in seconds since the epoch (UTC)."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import models

from ecluse.control.accounts.models import LastLetter
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.owned import Owned, OwnedManager
from ecluse.domain.incoming import Direction
from ecluse.domain.order import OrderKind, Outcome, Releaser


class NodeOrder(Owned):
    """What one node is to do with one message of a client, with all of a destination, or with every client's; what came of it."""

    id = models.CharField(primary_key=True, max_length=32)  # As `new_id` gives it.
    client = models.ForeignKey(Client, null=True, on_delete=models.CASCADE, related_name="+")  # None: all clients.
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


class CopyState(models.TextChoices):
    """Where the copy for one recipient is."""

    HELD = "held"
    ASKED = "asked"  # Held, and its recipient asks an administrator to release it.
    RELEASING = "releasing"  # Ordered; its node has not answered yet.
    RELEASED = "released"
    DELETING = "deleting"
    DELETED = "deleted"
    GONE = "gone"  # Purged, or let go at the node's command line.


class HeldMessage(Owned):
    """A message that a node holds, without its content. Rows are written by nodes."""

    id = models.CharField(primary_key=True, max_length=64)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    node = models.CharField(max_length=253)
    sender = models.CharField(max_length=320, blank=True)  # Of the envelope; "" for none.
    # Nodes of an older release do not say, and hold next to nothing outbound.
    direction = models.CharField(
        max_length=8,
        choices=[(each.value, each.value) for each in Direction],
        default=Direction.INBOUND.value,
        db_default=Direction.INBOUND.value,
    )
    size = models.BigIntegerField()
    received_at = models.FloatField()
    disposition = models.CharField(max_length=8)  # "refuse": the sender was told; "hold": he was not.
    codes = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    seal = models.BinaryField(null=True)
    summary = models.BinaryField(null=True)  # From and subject, sealed.
    token = models.BinaryField(null=True)  # Digest of what the sender was told.
    # Its sender is proven, and no program: he may be told by mail. Nodes of an older release do not say.
    may_be_challenged = models.BooleanField(default=False, db_default=False)

    objects = OwnedManager()

    class Meta:
        db_table = "held_message"  # Written by nodes: adapters/controldb/queries.sql.
        ordering = ("-received_at", "id")
        indexes = (
            models.Index(fields=("client", "-received_at"), name="held_of_a_client"),
            models.Index(fields=("token",), name="held_by_token"),
            models.Index(fields=("node",), name="held_by_node"),
            models.Index(
                fields=("received_at",),
                condition=models.Q(may_be_challenged=True, token=None),
                name="held_to_be_challenged",
            ),
        )

    def __str__(self) -> str:
        return f"held {self.id}"

    @property
    def is_outbound(self) -> bool:
        """It waits for the approval of its sender's own client."""
        return self.direction == Direction.OUTBOUND

    @property
    def when(self) -> datetime:
        """When it came."""
        return datetime.fromtimestamp(self.received_at, UTC)


class HeldCopy(Owned):
    """A held message as one of its recipients has it."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    message = models.ForeignKey(HeldMessage, on_delete=models.CASCADE, related_name="copies")
    recipient = models.CharField(max_length=320)  # `Address.key`.
    category = models.CharField(max_length=1, blank=True)  # P, Q, M.
    state = models.CharField(max_length=9, choices=CopyState.choices, default=CopyState.HELD)
    order = models.ForeignKey(NodeOrder, null=True, on_delete=models.SET_NULL, related_name="copies")
    channel = models.CharField(max_length=16, blank=True, choices=[(each.value, each.value) for each in Releaser])
    ended_by = models.CharField(max_length=300, blank=True)
    ended_at = models.FloatField(null=True)
    is_reported = models.BooleanField(default=False)  # Whoever released it says that it was wrongly blocked.

    objects = OwnedManager()

    class Meta:
        db_table = "held_copy"  # Written by nodes, too.
        ordering = ("-message__received_at", "message_id", "recipient")
        constraints = (models.UniqueConstraint(fields=("message", "recipient"), name="one_copy_for_each"),)
        indexes = (models.Index(fields=("recipient", "state"), name="held_for_a_recipient"),)

    def __str__(self) -> str:
        return f"{self.message_id} for {self.recipient}"


class ApprovalLetter(LastLetter):
    """The last letter to one person about what waits for his approval."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=("client", "user"), name="one_approval_letter_for_each"),)


class DeclinedRequest(Owned):
    """An administrator has not released what its recipient asked for; he is told why."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    copy = models.ForeignKey(HeldCopy, on_delete=models.CASCADE, related_name="declined")
    reason = models.CharField(max_length=300, blank=True)
    at = models.FloatField()
    is_told = models.BooleanField(default=False)

    objects = OwnedManager()

    class Meta:
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"{self.copy} declined"


class ObjectionState(models.TextChoices):
    """Where an objection stands between the two parties (9-2)."""

    SAID = "said"  # By a user: the client's own people look at it first.
    OPEN = "open"  # The client says so: the provider is asked.
    CONFIRMED = "confirmed"
    CONTESTED = "contested"
    WITHDRAWN = "withdrawn"


class ObjectionKind(models.TextChoices):
    """What was wrong with the verdict."""

    BLOCKED = "blocked"  # Legitimate, wrongly blocked: a false positive (1-9).
    PASSED = "passed"  # Spam, wrongly delivered: a false negative (1-10).


class Objection(Owned):
    """Somebody at the client says that a verdict was wrong; the evidence is frozen as it was at receipt."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    message = models.CharField(max_length=64)  # Its id in the message log.
    recipient = models.CharField(max_length=320)
    received_at = models.FloatField()
    kind = models.CharField(max_length=7, choices=ObjectionKind.choices)
    state = models.CharField(max_length=9, choices=ObjectionState.choices)
    raised_by = models.CharField(max_length=300)
    raised_at = models.FloatField()
    opened_at = models.FloatField(null=True)  # Since then the provider is asked.
    note = models.CharField(max_length=300, blank=True)
    answered_by = models.CharField(max_length=300, blank=True)
    answered_at = models.FloatField(null=True)
    reason = models.CharField(max_length=300, blank=True)  # Why it is contested.
    evidence = models.JSONField()  # The log's events, without subject.
    exclusions = models.JSONField(default=list)  # Words of `exclusions.py`.
    lesson = models.ForeignKey(NodeOrder, null=True, on_delete=models.SET_NULL, related_name="+")  # What it taught.

    objects = OwnedManager()

    class Meta:
        ordering = ("-raised_at", "-pk")
        constraints = (models.UniqueConstraint(fields=("message", "recipient"), name="one_objection_to_a_verdict"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.message} for {self.recipient}"

    @property
    def is_a_users(self) -> bool:
        """Whether a user said so of his own copy: what the client's own people say is open at once."""
        return self.opened_at != self.raised_at

    @property
    def when(self) -> datetime:
        """When it was raised."""
        return datetime.fromtimestamp(self.raised_at, UTC)


class UsersMay(models.TextChoices):
    """What users may do with their own held mail."""

    RELEASE = "release"
    ASK = "ask"  # An administrator decides.
    LOOK = "look"


class QuarantineRules(Owned):
    """A client's wishes about its quarantine; one without a row has the defaults."""

    client = models.OneToOneField(Client, on_delete=models.CASCADE, related_name="+")
    spam_users_may = models.CharField(max_length=7, choices=UsersMay.choices, default=UsersMay.RELEASE)  # Class Q.
    mass_users_may = models.CharField(max_length=7, choices=UsersMay.choices, default=UsersMay.RELEASE)  # Class M.
    senders_may_release = models.BooleanField(default=True)
    challenges_senders = models.BooleanField(default=True)  # By mail, where no refusal told them (1-6).
    keep_days = models.PositiveSmallIntegerField(default=30)  # 30 at most (15-4).

    objects = OwnedManager()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(keep_days__gte=1, keep_days__lte=30), name="at_most_30_days"),
        )

    def __str__(self) -> str:
        return f"quarantine of {self.client}"


class ChallengedSender(models.Model):
    """Whoever was written to is not written to again for a day, whichever client holds his mail."""

    sender = models.BinaryField(max_length=32, unique=True)  # Digest of his address.
    at = models.FloatField(db_index=True)

    def __str__(self) -> str:
        return f"challenged at {self.at:.0f}"


class UsedChallenge(models.Model):
    """A test of senders that somebody has answered: it counts once. Nobody's in particular."""

    digest = models.BinaryField(primary_key=True, max_length=32)
    used_at = models.FloatField(db_index=True)

    def __str__(self) -> str:
        return bytes(self.digest).hex()


class DigestRules(Owned):
    """When the users of a client are told what is held for them; one without a row sends no digests."""

    client = models.OneToOneField(Client, on_delete=models.CASCADE, related_name="+")
    is_on = models.BooleanField(default=False)
    hours = models.JSONField(default=list)  # 0 to 23, in the client's time zone.
    days = models.JSONField(default=list)  # 0 is Monday.
    classes = models.CharField(max_length=3, default="QM")
    within_minutes = models.PositiveSmallIntegerField(default=0)  # Near real time; 0: at the hours alone.
    asks_for_login = models.BooleanField(default=False)  # Links lead to the sign-in, but for the one that ends digests.

    objects = OwnedManager()

    def __str__(self) -> str:
        return f"digests of {self.client}"


class DigestWish(Owned):
    """What one user wants instead; what is empty or None follows the client."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    recipient = models.CharField(max_length=320, unique=True)  # `Address.key`.
    is_on = models.BooleanField(null=True)
    hours = models.JSONField(default=list)
    days = models.JSONField(default=list)
    classes = models.CharField(max_length=3, blank=True)
    within_minutes = models.PositiveSmallIntegerField(null=True)
    language = models.CharField(max_length=2, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    wanted_at = models.FloatField(null=True)  # He has asked for one at once, of all that is held.

    objects = OwnedManager()

    def __str__(self) -> str:
        return f"wish of {self.recipient}"


class Digest(Owned):
    """One digest of one user: written before it is sent, so that nobody ever gets two for one hour."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    recipient = models.CharField(max_length=320)
    slot = models.CharField(max_length=24)  # "2026-11-27T08", his time; "2026-11-27T08:10Z" in near real time.
    until = models.FloatField()  # What came later is for the next one.
    is_sent = models.BooleanField(default=False)  # Else the next one tells what this one was to tell.

    objects = OwnedManager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("recipient", "slot"), name="one_digest_an_hour"),)

    def __str__(self) -> str:
        return f"digest {self.slot} for {self.recipient}"


class UsedLink(models.Model):
    """A link of a digest that has done its work."""

    digest = models.BinaryField(primary_key=True, max_length=32)
    used_at = models.FloatField(db_index=True)

    def __str__(self) -> str:
        return bytes(self.digest).hex()


class LateCause(models.TextChoices):
    """By what a campaign was known for what it is."""

    SCANNER = "scanner"  # A later message with the same file was refused for it.
    PEOPLE = "people"  # Several to whom it came say so.


class LateFlag(Owned):
    """One recipient who had received a message before it was known for what it is."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    campaign = models.CharField(max_length=32, db_index=True)  # Its name: one of its fingerprints.
    cause = models.CharField(max_length=7, choices=LateCause.choices)
    message = models.CharField(max_length=64)  # Its id in the message log.
    recipient = models.CharField(max_length=320)
    sender = models.CharField(max_length=320, blank=True)  # "" is the null sender.
    received_at = models.FloatField()
    flagged_at = models.FloatField()

    objects = OwnedManager()

    class Meta:
        ordering = ("-flagged_at", "-received_at", "-pk")
        constraints = (models.UniqueConstraint(fields=("message", "recipient"), name="one_late_flag_of_a_copy"),)

    def __str__(self) -> str:
        return f"{self.message} for {self.recipient}"

    @property
    def received(self) -> datetime:
        """When the message came."""
        return datetime.fromtimestamp(self.received_at, UTC)

    @property
    def flagged(self) -> datetime:
        """When it was known for what it is."""
        return datetime.fromtimestamp(self.flagged_at, UTC)
