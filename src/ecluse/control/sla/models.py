"""What availability is measured by, what each month came to, and what followed from it (articles 9 and 10).

Moments that spans are computed of are seconds since the epoch, UTC; hours are counted since the epoch, too.
"""

from __future__ import annotations

from datetime import date

from django.db import models

from ecluse.control.accounts.models import User
from ecluse.control.contracts.models import SHA256_HEX, Contract
from ecluse.control.mail.models import Objection
from ecluse.control.programs.models import ApiKey
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.owned import Owned, OwnedManager
from ecluse.domain.incoming import Direction

_SERVICES = [(each.value, each.value) for each in Direction]
MAX_REASON = 300


class ServerPair(Owned):
    """The two servers that a client was given, from a moment on (9-6); never changed but for its end."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    first = models.CharField(max_length=253)  # Host names, lower case.
    second = models.CharField(max_length=253)
    since = models.BigIntegerField()
    until = models.BigIntegerField(null=True)

    objects = OwnedManager()

    class Meta:
        ordering = ("since", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("client",), condition=models.Q(until=None), name="a_client_has_one_pair_of_servers"
            ),
        )

    def __str__(self) -> str:
        return f"{self.first} and {self.second}"

    @property
    def names(self) -> tuple[str, str]:
        """Both."""
        return self.first, self.second


class VantagePoint(models.Model):
    """From where servers are asked: one key of the API for each; there are three at most (9-8)."""

    name = models.CharField(max_length=100)
    key = models.OneToOneField(ApiKey, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("name",), condition=models.Q(until=None), name="a_vantage_point_has_a_name"
            ),
        )

    def __str__(self) -> str:
        return self.name


class ProbedHour(models.Model):
    """What one point found of one service of a server in an hour: bit n of both masks is its minute n."""

    point = models.ForeignKey(VantagePoint, on_delete=models.PROTECT, related_name="+")
    server = models.CharField(max_length=253)
    service = models.CharField(max_length=8, choices=_SERVICES)
    hour = models.IntegerField()
    said = models.BigIntegerField(default=0)  # The first word on a minute stands.
    missed = models.BigIntegerField(default=0)  # Within `said`: the expected final reply did not come.
    followed = models.BigIntegerField(default=0)  # Outbound mail of these minutes was looked for at the sink.
    astray = models.BigIntegerField(default=0)  # Within `followed`: it came late or never, which alone is no outage.
    reason = models.CharField(max_length=MAX_REASON, blank=True)  # Of the last miss.

    class Meta:
        ordering = ("hour", "pk")
        constraints = (
            models.UniqueConstraint(fields=("server", "service", "hour", "point"), name="one_row_of_a_point_and_hour"),
        )

    def __str__(self) -> str:
        return f"{self.service} of {self.server} in {self.hour}"


class ServerOutage(models.Model):
    """A server was down, as the provider tells it: for what no probe saw (4-6). Never changed but for being taken back."""

    server = models.CharField(max_length=253)
    service = models.CharField(max_length=8, choices=_SERVICES)
    start = models.BigIntegerField()
    end = models.BigIntegerField()
    reason = models.CharField(max_length=MAX_REASON)
    entered_by = models.CharField(max_length=300)
    entered_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-start", "-pk")

    def __str__(self) -> str:
        return f"{self.service} of {self.server}"


class ForceMajeure(models.Model):
    """Time in which obligations were suspended (12-1). Never changed but for being taken back."""

    start = models.BigIntegerField()
    end = models.BigIntegerField()
    reason = models.CharField(max_length=MAX_REASON)
    document = models.TextField()  # What proves it, in words that its readers can follow.
    entered_by = models.CharField(max_length=300)
    entered_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-start", "-pk")

    def __str__(self) -> str:
        return self.reason


class MxCheck(Owned):
    """What a client's MX records said, once a day (9-9)."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    at = models.BigIntegerField()
    names_both = models.BooleanField(null=True)  # Of one domain at least; None: the DNS did not say.
    domains = models.JSONField()  # Name -> the servers that are missing there; null: the DNS did not say.

    objects = OwnedManager()

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"MX of {self.client_id}"


class ReceivedVirus(Owned):
    """What was wrongly delivered carried a virus, says the client (9-5); whether it counts, the objection says (9-2)."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    objection = models.OneToOneField(Objection, on_delete=models.CASCADE, related_name="virus")
    said_at = models.DateTimeField()
    said_by = models.CharField(max_length=300)

    objects = OwnedManager()

    def __str__(self) -> str:
        return f"virus in {self.objection_id}"


class MonthClosing(Owned):
    """A month that is over: what it was computed of, and what it came to; without personal data, never changed.

    Each is sealed with the one before it. It is kept for the contract and five years.
    """

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="+")
    month = models.DateField()  # Its first day.
    closed_at = models.DateTimeField()
    inputs = models.JSONField()  # `figures.MonthFacts`.
    figures = models.JSONField()  # `figures.figures_of` the inputs.
    previous = models.CharField(max_length=SHA256_HEX, blank=True)  # The seal of the client's month before.
    seal = models.CharField(max_length=SHA256_HEX)

    objects = OwnedManager()

    class Meta:
        ordering = ("month", "pk")
        constraints = (models.UniqueConstraint(fields=("contract", "month"), name="a_month_is_closed_once"),)

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class StatusPage(Owned):
    """Where anybody who has the address sees how a client's service is; a client without a row has none."""

    client = models.OneToOneField(Client, on_delete=models.CASCADE, related_name="+")
    token = models.CharField(max_length=43, unique=True)  # Of the address.
    made_at = models.DateTimeField()

    objects = OwnedManager()

    def __str__(self) -> str:
        return f"status page of {self.client_id}"


class BreachKind(models.TextChoices):
    """Which promise was broken."""

    VERDICTS = "verdicts"  # 9-3, 9-4.
    VIRUSES = "viruses"  # 9-5.
    AVAILABILITY = "availability"  # 9-7.


class Remedy(models.TextChoices):
    """What the client chooses (10-6)."""

    TERMINATE = "terminate"  # 10-1.
    CREDIT = "credit"  # 10-2, 10-4.


class Breach(Owned):
    """A promise that a month broke, and the client's choice."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="+")
    closing = models.ForeignKey(MonthClosing, on_delete=models.PROTECT, related_name="breaches")
    kind = models.CharField(max_length=12, choices=BreachKind.choices)
    opened_on = models.DateField()  # In the contract's time zone: the event that the month of 6-11 runs from.
    choose_until = models.DateField()  # That day included (6-11).
    choice = models.CharField(max_length=9, choices=Remedy.choices, blank=True)
    chosen_at = models.DateTimeField(null=True)
    chosen_by = models.CharField(max_length=300, blank=True)
    outcome = models.JSONField(default=dict)  # The calculation of what was chosen, in text.

    objects = OwnedManager()

    class Meta:
        ordering = ("-opened_on", "kind")
        constraints = (models.UniqueConstraint(fields=("closing", "kind"), name="a_promise_is_broken_once_a_month"),)

    def __str__(self) -> str:
        return f"{self.kind} of {self.closing}"

    def is_open(self, today: date) -> bool:
        """Whether the client may still choose."""
        return not self.choice and today <= self.choose_until


class BreachLetter(Owned):
    """One owner of the client is to be told of a choice; the row goes once that is done."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    breach = models.ForeignKey(Breach, on_delete=models.CASCADE, related_name="letters")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    times = models.PositiveSmallIntegerField(default=0)  # How often it was tried.
    tried_at = models.DateTimeField(null=True)

    objects = OwnedManager()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"letter of {self.breach_id}"
