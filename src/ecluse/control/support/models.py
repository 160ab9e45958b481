"""Tickets, and what was written in them.

Whatever names a person, or was written by one, goes when its time is over (`retention.py`); when a ticket came, how it
went and what was billed for it stays, as long as the client does.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import models

from ecluse.control.accounts.models import User
from ecluse.control.support.states import TicketState
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.owned import Owned, OwnedManager
from ecluse.domain.log_row import MAX_ADDRESS
from ecluse.domain.support_mail import (
    MAX_FILE_NAME,
    MAX_KIND,
    MAX_MESSAGE_ID,
    MAX_NAME,
    MAX_SUBJECT,
    MAX_TEXT,
)

__all__ = ["MAX_ADDRESS", "MAX_NAME", "MAX_SUBJECT", "MAX_TEXT"]


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
    turned_at = models.DateTimeField(null=True)  # Since when it waits for whose turn it is; None: nobody is reminded.
    reminded_at = models.DateTimeField(null=True)  # He whose turn it is, since then.
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
    # Of what came by mail:
    mail = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001 - its id in the log: each comes once.
    message_id = models.CharField(max_length=MAX_MESSAGE_ID, blank=True)  # By which its sender's program knows it.
    is_proven = models.BooleanField(default=True)  # That it comes from whom it says.
    is_automatic = models.BooleanField(default=False)  # No person has written it.
    left_out = models.PositiveIntegerField(default=0)  # Files that came with it and were too large, or too many.
    # Of what goes by mail:
    mailed_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)  # No server takes it for this address.
    receipt_at = models.DateTimeField(null=True)  # When its sender was told that it came.

    objects = OwnedManager()

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"entry of {self.ticket_id}"


class TicketFile(Owned):
    """A file that came by mail, and the filter has looked at it as at all mail, or in the console, whose pages have it scanned."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=MAX_FILE_NAME)
    kind = models.CharField(max_length=MAX_KIND)  # As its sender says. Nothing is shown by it.
    size = models.PositiveIntegerField()  # Octets.
    octets = models.BinaryField()

    objects = OwnedManager()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"file of {self.entry_id}"


class LetterKind(models.TextChoices):
    """What a mail of ours says."""

    ANSWER = "answer"  # What an agent has written.
    RECEIPT = "receipt"  # That a request came, and what its number is.
    REMINDER = "remind"  # That an answer waits for the client's word.


class TicketLetter(Owned):
    """What is still to be sent; it goes when it is sent."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=7, choices=LetterKind.choices)
    made_at = models.DateTimeField()
    times = models.PositiveSmallIntegerField(default=0)  # How often somebody began to send it.
    tried_at = models.FloatField(default=0.0)  # When he did, epoch seconds; 0 = nobody has yet.

    objects = OwnedManager()

    class Meta:
        ordering = ("tried_at", "pk")  # One that no server takes keeps no other waiting.

    def __str__(self) -> str:
        return f"{self.kind} of {self.entry_id}"


class SupportMail(models.Model):
    """A mail to support that stands in no ticket: the provider's own, until it is known whose request it is."""

    id = models.CharField(primary_key=True, max_length=64)  # In the message log.
    received_at = models.FloatField()  # UTC, seconds since the epoch.
    sender = models.CharField(max_length=MAX_ADDRESS, blank=True)
    sender_name = models.CharField(max_length=MAX_NAME, blank=True)
    proven = models.CharField(max_length=253, blank=True)  # See `domain.support_mail.SupportMail`, as all fields here.
    subject = models.CharField(max_length=MAX_SUBJECT, blank=True)
    text = models.TextField(blank=True)
    message_id = models.CharField(max_length=MAX_MESSAGE_ID, blank=True)
    thread = models.TextField(blank=True)  # One id a line.
    is_automatic = models.BooleanField()
    left_out = models.PositiveIntegerField()
    returned = models.CharField(max_length=MAX_MESSAGE_ID, blank=True, default="", db_default="")
    is_looked_at = models.BooleanField(default=False)  # By the job, which knew no ticket for it: an agent sorts it.

    class Meta:
        db_table = "support_mail"  # Written by nodes: adapters/controldb/queries.sql.
        ordering = ("-received_at", "id")

    def __str__(self) -> str:
        return f"support mail {self.id}"

    @property
    def when(self) -> datetime:
        """When it came."""
        return datetime.fromtimestamp(self.received_at, UTC)


class SupportMailFile(models.Model):
    """A file of it."""

    mail = models.ForeignKey(SupportMail, on_delete=models.CASCADE, related_name="files")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=MAX_FILE_NAME)
    kind = models.CharField(max_length=MAX_KIND)
    octets = models.BinaryField()

    class Meta:
        db_table = "support_mail_file"  # As above.
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("mail", "number"), name="a_file_of_a_mail_stands_once"),)

    def __str__(self) -> str:
        return f"file {self.number} of {self.mail_id}"


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


class ReadyAnswer(models.Model):
    """What the provider answers again and again, in both languages: an agent begins with it, and sends what he makes of it."""

    title = models.CharField(max_length=MAX_SUBJECT, unique=True)  # By which agents choose it; no client reads it.
    text_fr = models.TextField()
    text_en = models.TextField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title
