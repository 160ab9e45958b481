"""Complaints, as nodes tell them, and cases, as people work on them."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import models

from ecluse.control.accounts.models import User
from ecluse.control.mail.models import LateCause
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.owned import Owned, OwnedManager
from ecluse.domain.incoming import Direction
from ecluse.domain.limit_mark import Limited, LimitScope
from ecluse.domain.lock import LockCause, LockScope


class CaseState(models.TextChoices):
    """Whether somebody has still to do something."""

    OPEN = "open"
    CLOSED = "closed"


class CaseKind(models.TextChoices):
    """What a case is about."""

    COMPLAINT = "complaint"  # Others complain of mail in a client's name.
    VERDICTS = "verdicts"  # Many wrong verdicts, or one that shows a way round the filter.
    EMISSION = "emission"  # An account of a client's sends what it should not (3-11, 3-12).
    VOLUME = "volume"  # An address of a client's receives or sends more than is agreed on (3-9).
    CAMPAIGN = "campaign"  # What came to many, and was known for what it is only afterwards.
    OTHER = "other"


class Case(models.Model):
    """One thing to look into. The provider's own: the client whom it concerns does not see it."""

    client = models.ForeignKey(Client, null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=9, choices=CaseKind.choices)
    subject = models.CharField(max_length=253)  # A domain where complaints are about one.
    state = models.CharField(max_length=6, choices=CaseState.choices, default=CaseState.OPEN)
    assignee = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    opened_by = models.CharField(max_length=300)
    opened_at = models.DateTimeField()
    moved_at = models.DateTimeField()  # When anything happened last.
    outcome = models.CharField(max_length=300, blank=True)  # What came of it; written when it is closed.

    class Meta:
        ordering = ("-moved_at", "-pk")
        indexes = (models.Index(fields=("state", "-moved_at"), name="cases_by_state"),)

    def __str__(self) -> str:
        return f"case {self.pk}: {self.subject}"


class CaseNote(models.Model):
    """What somebody has found out, or done."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="notes")
    by = models.CharField(max_length=300)
    at = models.DateTimeField()
    text = models.CharField(max_length=2_000)

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"note on {self.case_id}"


class ToldComplaint(Owned):
    """What somebody complains of to an address of a client's."""

    id = models.CharField(primary_key=True, max_length=64)  # Of the mail that brought it.
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    case = models.ForeignKey(Case, null=True, on_delete=models.SET_NULL, related_name="complaints")
    received_at = models.FloatField()
    reporter = models.CharField(max_length=253, blank=True)  # The domain that stands behind the mail; "": anybody may.
    kind = models.CharField(max_length=32)
    domain = models.CharField(max_length=253, blank=True)
    source_ip = models.CharField(max_length=45, blank=True)
    incidents = models.PositiveIntegerField()
    recipient = models.CharField(max_length=320, default="", db_default="", blank=True)  # "": it does not say.
    author = models.CharField(max_length=320, default="", db_default="", blank=True)  # As `Complaint.author`.
    is_heeded = models.BooleanField(default=False, db_default=False)  # Whether he is to be suppressed was looked at.

    objects = OwnedManager()

    class Meta:
        db_table = "complaint"  # Written by nodes: adapters/controldb/queries.sql.
        ordering = ("-received_at", "id")

    def __str__(self) -> str:
        return f"complaint {self.id}"

    @property
    def when(self) -> datetime:
        """When it came."""
        return datetime.fromtimestamp(self.received_at, UTC)


class LockAlarm(Owned):
    """Locks of which people are told together."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    at = models.FloatField()  # UTC, seconds since the epoch; so are all times below.

    objects = OwnedManager()

    class Meta:
        indexes = (models.Index(fields=("client", "at"), name="alarms_of_an_hour"),)

    def __str__(self) -> str:
        return f"alarm of {self.at:.0f}"


class LockLetter(Owned):
    """What is still to be sent to one reader of an alarm; it goes when it is sent."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    alarm = models.ForeignKey(LockAlarm, on_delete=models.CASCADE, related_name="letters")
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    address = models.CharField(
        max_length=320, blank=True, default="", db_default=""
    )  # Without a user: of the provider.
    is_for_provider = models.BooleanField(default=False)
    times = models.PositiveSmallIntegerField(default=0)  # How often somebody began to send it.
    tried_at = models.FloatField(default=0.0)  # When he did; 0 = nobody has yet.

    objects = OwnedManager()

    class Meta:
        ordering = ("tried_at", "pk")  # One that no server takes keeps no other waiting.

    def __str__(self) -> str:
        return f"to {self.user_id or self.address}"


class ToldLock(Owned):
    """Who may send no outbound mail from one node. Rows are written by nodes; times in seconds since the epoch (UTC)."""

    lock_id = models.CharField(max_length=32)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    node = models.CharField(max_length=253)
    scope = models.CharField(max_length=7, choices=[(each.value, each.value) for each in LockScope])
    name = models.CharField(max_length=320, blank=True)  # The account or the address; "" for the client.
    cause = models.CharField(max_length=10, choices=[(each.value, each.value) for each in LockCause])
    since = models.FloatField()
    until = models.FloatField()  # 0 = only by order.
    lifted_at = models.FloatField()  # 0 = by nobody yet.
    evidence = models.BinaryField(null=True)  # As `Lock.evidence`; None: not kept, or not any more.
    # At the node's command line. Nodes of an older release do not say.
    is_lifted_by_hand = models.BooleanField(default=False, db_default=False)
    reason = models.CharField(max_length=500, blank=True)
    times = models.PositiveIntegerField()
    # The node that told the others; "" = its own. People hear of it once. Nodes of an older release do not say.
    origin = models.CharField(max_length=253, blank=True, default="", db_default="")
    is_sorted = models.BooleanField(default=False)  # It stands in a case.
    alarm = models.ForeignKey(LockAlarm, null=True, on_delete=models.SET_NULL, related_name="locks")  # None: not told.

    objects = OwnedManager()

    class Meta:
        db_table = "sending_lock"  # adapters/controldb/queries.sql.
        ordering = ("-since", "-pk")
        constraints = (models.UniqueConstraint(fields=("node", "lock_id"), name="one_state_of_a_lock_at_a_node"),)

    def __str__(self) -> str:
        return f"lock {self.lock_id}"

    @property
    def since_when(self) -> datetime:
        """When it began."""
        return datetime.fromtimestamp(self.since, UTC)

    @property
    def until_when(self) -> datetime | None:
        """When it ends by itself; None = only by order."""
        return datetime.fromtimestamp(self.until, UTC) if self.until else None


class BusyDay(Owned):
    """One address of a client's through which much mail went on one day of its own calendar (3-9)."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    direction = models.CharField(max_length=8, choices=[(each.value, each.value) for each in Direction])
    address = models.CharField(max_length=320)
    messages = models.PositiveIntegerField()
    is_sorted = models.BooleanField(default=False)  # It stands in a case.

    objects = OwnedManager()

    class Meta:
        ordering = ("-day", "-messages", "pk")
        constraints = (
            models.UniqueConstraint(fields=("client", "day", "direction", "address"), name="one_day_of_an_address"),
        )

    def __str__(self) -> str:
        return f"{self.day}: {self.messages} messages, {self.direction}"


class LimitAlarm(Owned):
    """Limits of which people are told together."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    at = models.FloatField()  # UTC, seconds since the epoch.

    objects = OwnedManager()

    class Meta:
        indexes = (models.Index(fields=("client", "at"), name="limit_alarms_of_an_hour"),)

    def __str__(self) -> str:
        return f"alarm of {self.at:.0f}"


class LimitLetter(Owned):
    """What is still to be sent to one reader of an alarm; it goes when it is sent."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    alarm = models.ForeignKey(LimitAlarm, on_delete=models.CASCADE, related_name="letters")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")

    objects = OwnedManager()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"to {self.user_id}"


class ToldLimit(Owned):
    """How one limit of outbound mail stood in its newest window. Rows are written by nodes; times in seconds since the epoch (UTC)."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    # As `LimitMark` has them, from here to `of`.
    scope = models.CharField(max_length=7, choices=[(each.value, each.value) for each in LimitScope])
    name = models.CharField(max_length=320, blank=True)
    what = models.CharField(max_length=10, choices=[(each.value, each.value) for each in Limited])
    window_s = models.PositiveIntegerField()
    most = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    of = models.PositiveIntegerField()
    at = models.FloatField()  # When it came near, or was reached at once.
    ends_at = models.FloatField()  # From then on it is counted anew.
    reached_at = models.FloatField()  # 0 = it was near, and no more.
    answer = models.CharField(max_length=500, blank=True)  # What the first sender heard that was turned away.
    # Of letters, which nodes know nothing of: the last one, and `ends_at` of the window in which each word was said.
    alarm = models.ForeignKey(LimitAlarm, null=True, on_delete=models.SET_NULL, related_name="limits")
    told_at = models.FloatField(default=0.0, db_default=0.0)
    told_near = models.FloatField(default=0.0, db_default=0.0)
    told_reached = models.FloatField(default=0.0, db_default=0.0)

    objects = OwnedManager()

    class Meta:
        db_table = "sending_limit"  # adapters/controldb/queries.sql.
        ordering = ("-ends_at", "-at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("client", "scope", "name", "what", "window_s"), name="one_state_of_a_limit"
            ),
        )
        indexes = (models.Index(fields=("ends_at",), name="limits_by_end"),)

    def __str__(self) -> str:
        return f"{self.most} {self.what} in {self.window_s} s"

    @property
    def when(self) -> datetime:
        """When it was reached, or else came near."""
        return datetime.fromtimestamp(self.reached_at or self.at, UTC)

    @property
    def ends_when(self) -> datetime:
        """From then on it is counted anew."""
        return datetime.fromtimestamp(self.ends_at, UTC)


class KnownCampaign(models.Model):
    """What is looked for among mail that has passed. The provider's own, like cases; times in seconds since the epoch (UTC)."""

    name = models.CharField(max_length=32, unique=True)  # One of its fingerprints: `ecluse log --campaign` takes it.
    fingerprints = models.JSONField()  # `CampaignFacts.fingerprints`: they tell nothing of content.
    cause = models.CharField(max_length=7, choices=LateCause.choices)
    # Whose people say so, where they alone do: their word reaches nobody else's mail. None: it holds for all.
    client = models.ForeignKey(Client, null=True, on_delete=models.CASCADE, related_name="+")
    case = models.ForeignKey(Case, null=True, on_delete=models.SET_NULL, related_name="campaigns")  # None: none passed.
    known_at = models.FloatField(db_index=True)
    looked_at = models.FloatField()  # Until then the log was looked through for it.

    class Meta:
        ordering = ("known_at", "pk")

    def __str__(self) -> str:
        return f"campaign {self.name}"
