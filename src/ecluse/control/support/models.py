"""Tickets, and what was written in them.

Whatever names a person, or was written by one, goes when its time is over (`retention.py`); when a ticket came, how it
went and what was billed for it stays, as long as the client does.
"""

from __future__ import annotations

from django.db import models

from ecluse.control.accounts.models import User
from ecluse.control.support.states import TicketState
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.owned import Owned, OwnedManager

SHA256_HEX = 64
MAX_SUBJECT = 200
MAX_TEXT = 20_000
MAX_ADDRESS = 320


class Channel(models.TextChoices):
    """How something came to us."""

    CONSOLE = "console"
    PHONE = "phone"  # Written down by who took the call.
    MAIL = "mail"
    API = "api"


class Priority(models.IntegerChoices):
    """How much it matters."""

    LOW = 1
    NORMAL = 2
    HIGH = 3
    URGENT = 4


class Charge(models.TextChoices):
    """Whether a ticket is paid for beside the contract (5-3)."""

    NONE = "none"  # It is one of those that the contract has.
    ASKED = "asked"  # It is beyond them: an agent decides.
    BILLED = "billed"
    WAIVED = "waived"


class Ticket(Owned):
    """One request of a client's."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(
        max_length=7, choices=[(each.value, each.value) for each in TicketState], default=TicketState.NEW.value
    )
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    channel = models.CharField(max_length=7, choices=Channel.choices)
    subject = models.CharField(max_length=MAX_SUBJECT, blank=True)  # "" once it is forgotten.
    # Who it is with: whoever writes as somebody else writes no word of it.
    requester = models.CharField(max_length=MAX_ADDRESS, blank=True)  # An e-mail address in lower case; "" for none.
    requester_name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=2, choices=[("fr", "français"), ("en", "English")], default="fr")
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")  # Of the provider's.
    token = models.CharField(max_length=32, unique=True)  # In the ids of its mails: who knows it has read one.
    follows = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="followed_by")
    opened_by = models.CharField(max_length=MAX_ADDRESS, blank=True)
    opened_at = models.DateTimeField()
    moved_at = models.DateTimeField()  # When anything happened last.
    first_answer_at = models.DateTimeField(null=True)
    solved_at = models.DateTimeField(null=True)  # Last.
    closed_at = models.DateTimeField(null=True)
    month = models.DateField()  # The first day of that in which it counts, by the client's calendar (5-2).
    is_counted = models.BooleanField(default=True)  # False: it was no request of the client's after all.
    charge = models.CharField(max_length=6, choices=Charge.choices, default=Charge.NONE)
    decided_by = models.CharField(max_length=MAX_ADDRESS, blank=True)  # Whether it is billed.
    decided_at = models.DateTimeField(null=True)
    forgotten_at = models.DateTimeField(null=True)  # What was personal about it is gone.

    objects = OwnedManager()

    class Meta:
        ordering = ("-moved_at", "-pk")
        indexes = (
            models.Index(fields=("client", "month"), name="tickets_of_a_month"),
            models.Index(fields=("state", "-moved_at"), name="tickets_by_state"),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """What people call it by."""
        return f"T{self.pk:06d}"


class Side(models.TextChoices):
    """Who speaks."""

    CLIENT = "client"
    PROVIDER = "provider"
    NOTE = "note"  # Of the provider's, for itself alone.


class Entry(Owned):
    """What somebody wrote in a ticket."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="entries")
    side = models.CharField(max_length=8, choices=Side.choices)
    channel = models.CharField(max_length=7, choices=Channel.choices)
    by = models.CharField(max_length=MAX_ADDRESS, blank=True)
    at = models.DateTimeField()
    text = models.TextField(blank=True)

    objects = OwnedManager()

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"entry of {self.ticket_id}"


class LinkedMessage(Owned):
    """A message of the log that a ticket is about. The log forgets it by its own clock."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="linked")
    message = models.CharField(max_length=64)
    linked_by = models.CharField(max_length=MAX_ADDRESS, blank=True)
    linked_at = models.DateTimeField()

    objects = OwnedManager()

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("ticket", "message"), name="a_ticket_links_a_message_once"),)

    def __str__(self) -> str:
        return f"{self.message} in {self.ticket_id}"
