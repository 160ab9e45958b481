"""Invoices, credit notes and payments. Nothing here is ever changed or deleted but what says so (Code de commerce L123-22)."""

from __future__ import annotations

from django.db import models

from ecluse.control.contracts.models import SHA256_HEX, Contract
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.owned import Owned, OwnedManager
from ecluse.domain.invoice_status import PlatformStatus


class SellerVersion(models.Model):
    """One version of who invoices; never changed, the newest is used."""

    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=300)
    plain = models.JSONField()  # `parties.Seller`.

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"seller {self.pk}"


class BuyerVersion(Owned):
    """One version of a client as it is invoiced; never changed, the newest is used. An invoice keeps the one it names."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=300)
    plain = models.JSONField()  # `parties.Buyer`.

    objects = OwnedManager()

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"buyer {self.pk}"


class Series(models.Model):
    """One series of numbers, each given once, in order, without a gap (CGI annex II, 242 nonies A)."""

    name = models.CharField(primary_key=True, max_length=20)  # "F2026".
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} up to {self.last}"


class InvoiceKind(models.TextChoices):
    """What it is (UNTDID 1001)."""

    INVOICE = "380"
    CREDIT_NOTE = "381"


class Purpose(models.TextChoices):
    """What an invoice asks for."""

    SERVICES = "services"
    LATE_PAYMENT = "late"  # Penalties and the indemnity: no price, and so without tax (docs/decisions/0031).


class Invoice(Owned):
    """An invoice, or a credit note: its amounts are above 0, too."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    contract = models.ForeignKey(Contract, null=True, on_delete=models.PROTECT, related_name="invoices")
    seller = models.ForeignKey(SellerVersion, on_delete=models.PROTECT, related_name="+")
    buyer = models.ForeignKey(BuyerVersion, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=3, choices=InvoiceKind.choices, default=InvoiceKind.INVOICE)
    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    dated = models.DateField()
    purpose = models.CharField(max_length=8, choices=Purpose.choices, default=Purpose.SERVICES)
    period_after = models.PositiveSmallIntegerField(null=True)  # Of the contract: which of its periods.
    period_start = models.DateField(null=True)
    period_end = models.DateField(null=True)  # Its last day.
    lines = models.JSONField()  # As `plain_lines.plain_lines` writes them.
    net = models.DecimalField(max_digits=12, decimal_places=2)
    tax = models.DecimalField(max_digits=12, decimal_places=2)
    gross = models.DecimalField(max_digits=12, decimal_places=2)
    made_at = models.DateTimeField()
    corrects = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="credit_notes")
    reason = models.CharField(max_length=300, blank=True)  # Of a credit note.
    sent_at = models.DateTimeField(null=True)  # The copy, by mail (6-4).
    deposited_at = models.DateTimeField(null=True)  # With the approved platform, where there is one.
    refused_at = models.DateTimeField(null=True)  # The mail server took none for this address.
    received_on = models.DateField(null=True)  # By the client, as far as somebody has told; changed once (6-6).

    objects = OwnedManager()

    class Meta:
        ordering = ("-dated", "-number")
        constraints = (
            models.UniqueConstraint(fields=("series", "number"), name="a_number_is_given_once"),
            models.UniqueConstraint(
                fields=("contract", "period_after"),
                condition=models.Q(kind=InvoiceKind.INVOICE),
                name="a_period_is_invoiced_once",
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """What stands on it: BT-1."""
        return f"{self.series_id}-{self.number:05d}"

    @property
    def is_credit(self) -> bool:
        """Whether it gives back."""
        return self.kind == InvoiceKind.CREDIT_NOTE


class InvoiceFile(Owned):
    """What the client was given: Factur-X, never drawn anew."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="file")
    made_at = models.DateTimeField()
    body = models.BinaryField()
    sha256 = models.CharField(max_length=SHA256_HEX)

    objects = OwnedManager()

    def __str__(self) -> str:
        return f"file of {self.invoice_id}"


class PlatformEvent(Owned):
    """What an approved platform has said of an invoice."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="told")
    status = models.CharField(max_length=3, choices=[(each.value, each.name) for each in PlatformStatus])
    at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)

    objects = OwnedManager()

    class Meta:
        ordering = ("at", "pk")
        constraints = (models.UniqueConstraint(fields=("invoice", "status", "at"), name="a_status_is_kept_once"),)

    def __str__(self) -> str:
        return f"{self.status} of {self.invoice_id}"


class BankLine(models.Model):
    """Money that came to the provider's account, as a statement of its bank says; whose it is a person says."""

    key = models.CharField(max_length=SHA256_HEX, unique=True)  # Of all that it says: the same line is kept once.
    booked_on = models.DateField()
    label = models.CharField(max_length=500)
    amount = models.DecimalField(max_digits=12, decimal_places=2)  # Above 0.
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=300)
    applied_at = models.DateTimeField(null=True)
    ignored_at = models.DateTimeField(null=True)  # It came from no client.
    client = models.ForeignKey(Client, null=True, on_delete=models.PROTECT, related_name="+")  # Whose it was.

    class Meta:
        ordering = ("-booked_on", "-pk")

    def __str__(self) -> str:
        return f"{self.amount} on {self.booked_on}"


ADVANCE = "advance"  # What pays an invoice, where it came before.
_MEANS = [("cheque", "cheque"), ("transfer", "transfer"), ("other", "other"), (ADVANCE, ADVANCE)]


class Payment(Owned):
    """What came for an invoice; taken back by another one below 0."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments")
    paid_on = models.DateField()
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    means = models.CharField(max_length=8, choices=_MEANS)
    reference = models.CharField(max_length=100, blank=True)
    bank_line = models.ForeignKey(BankLine, null=True, on_delete=models.PROTECT, related_name="payments")
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=300)

    objects = OwnedManager()

    class Meta:
        ordering = ("paid_on", "pk")

    def __str__(self) -> str:
        return f"{self.amount} for {self.invoice_id}"


class LineKind(models.TextChoices):
    """What a line beside those of the period is for."""

    SLA_CREDIT = "sla-credit"  # 10-2, 10-4.
    SUPPORT = "support"  # 5-3.
    OTHER = "other"
    LATE_PENALTY = "late-penalty"  # 6-7.
    RECOVERY = "recovery-indemnity"  # 6-8.


MAX_NOTE = 300
# No price of anything, and so without tax: on an invoice that taxes them they may not stand (docs/decisions/0031).
UNTAXED = (LineKind.LATE_PENALTY, LineKind.RECOVERY)


class ComingLine(Owned):
    """What goes on the next invoice of a client, beside its period. Never changed but when an invoice takes it, or it is waived."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="coming_lines")
    kind = models.CharField(max_length=20, choices=LineKind.choices)
    text = models.CharField(max_length=200)  # As it stands on the invoice, in French.
    note = models.CharField(max_length=MAX_NOTE, blank=True)  # How it was computed, in short: the same.
    net = models.DecimalField(max_digits=12, decimal_places=2, null=True)  # Below 0 gives back; null until it is known.
    # A fraction, "41/5", of the period's price that is given back; "" where `net` is known.
    percent = models.CharField(max_length=100, blank=True)
    calculation = models.JSONField(default=dict)  # What it was computed from, so that it can be computed again.
    source = models.CharField(max_length=200, unique=True)  # What claims it: it is claimed once.
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=300)
    invoice = models.ForeignKey(Invoice, null=True, on_delete=models.PROTECT, related_name="taken_lines")
    waived_at = models.DateTimeField(null=True)  # The provider does not ask for it.
    waived_by = models.CharField(max_length=300, blank=True)
    waived_why = models.CharField(max_length=300, blank=True)

    objects = OwnedManager()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.source

    @property
    def is_taxed(self) -> bool:
        """Whether it stands beside a period; what is not has a document of its own."""
        return self.kind not in UNTAXED


class KeyRate(models.Model):
    """The central bank's rate of a half-year as the provider entered it; never changed, the newest of each is used (6-7)."""

    half_year = models.DateField()  # Its first day.
    percent = models.DecimalField(max_digits=5, decimal_places=2)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=300)

    class Meta:
        ordering = ("-half_year", "-pk")

    def __str__(self) -> str:
        return f"{self.percent} % from {self.half_year}"


class NoticeKind(models.TextChoices):
    """A rung of the ladder that an unpaid invoice climbs."""

    REMINDER = "reminder"
    FORMAL_NOTICE = "formal-notice"
    SUSPENSION = "suspension"  # 6-9.
    TERMINATION = "termination"  # 6-10.


class Notice(Owned):
    """One rung of one invoice: proposed by the job; approved by a person, but for a reminder; told to the client once."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=13, choices=NoticeKind.choices)
    proposed_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=300, blank=True)
    letter = models.CharField(max_length=100, blank=True)  # The reference of a registered one.
    declined_at = models.DateTimeField(null=True)
    declined_why = models.CharField(max_length=300, blank=True)
    dropped_at = models.DateTimeField(null=True)  # Nothing is left to pay.
    sent_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)  # The mail server took none for this address.
    lifted_at = models.DateTimeField(null=True)  # Of a suspension.
    copy_to = models.CharField(
        max_length=254, blank=True, default="", db_default=""
    )  # Where the client wants it besides, once it was told.
    copied_at = models.DateTimeField(null=True)
    copy_refused_at = models.DateTimeField(null=True)

    objects = OwnedManager()

    class Meta:
        ordering = ("proposed_at", "pk")
        constraints = (models.UniqueConstraint(fields=("invoice", "kind"), name="an_invoice_climbs_a_rung_once"),)

    def __str__(self) -> str:
        return f"{self.kind} of {self.invoice_id}"


class Advance(Owned):
    """Money of a client's that no invoice asked for; used for one, or given back, by another one below 0."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    means = models.CharField(max_length=8, choices=_MEANS)
    reference = models.CharField(max_length=100, blank=True)
    invoice = models.ForeignKey(Invoice, null=True, on_delete=models.PROTECT, related_name="advances")  # That it paid.
    bank_line = models.ForeignKey(BankLine, null=True, on_delete=models.PROTECT, related_name="advances")
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=300)

    objects = OwnedManager()

    class Meta:
        ordering = ("on", "pk")

    def __str__(self) -> str:
        return f"{self.amount} in advance"


class AccountsVersion(models.Model):
    """One version of the accounts that the export names; never changed, the newest is used."""

    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=300)
    plain = models.JSONField()  # `accounts.Accounts`.

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"accounts {self.pk}"


class FinancialYear(models.Model):
    """One year of the provider's books; each begins on the day after the one before it."""

    first = models.DateField(unique=True)
    last = models.DateField()
    entries = models.PositiveIntegerField(default=0)  # The number given last: each once, in order, without a gap.
    closed_at = models.DateTimeField(null=True)  # Nothing is booked on its days any more.
    closed_by = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("first",)

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


class BookEntry(Owned):
    """One entry of the books as it was validated: numbered then, and never changed (PCG, article 921-3)."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    year = models.ForeignKey(FinancialYear, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField(null=True)  # None of what comes to nothing: it is no entry.
    journal = models.CharField(max_length=2)
    on = models.DateField()  # The day on which it is booked.
    piece = models.CharField(max_length=30)
    piece_on = models.DateField()
    text = models.CharField(max_length=300)
    client_name = models.CharField(max_length=300)
    postings = models.JSONField()  # `booking.Posting`s, whose amounts come to nothing.
    validated_on = models.DateField()
    # The invoice that it asks for, or settles.
    debt = models.ForeignKey(Invoice, null=True, on_delete=models.PROTECT, related_name="+")
    # What it was made of: one of these, which is booked once.
    invoice = models.OneToOneField(Invoice, null=True, on_delete=models.PROTECT, related_name="book_entry")
    payment = models.OneToOneField(Payment, null=True, on_delete=models.PROTECT, related_name="book_entry")
    advance = models.OneToOneField(Advance, null=True, on_delete=models.PROTECT, related_name="book_entry")

    objects = OwnedManager()

    class Meta:
        ordering = ("year", "number")
        constraints = (models.UniqueConstraint(fields=("year", "number"), name="an_entry_is_numbered_once"),)

    def __str__(self) -> str:
        return f"entry {self.number} of {self.year_id}"


class NoticePaper(Owned):
    """A rung of the ladder as a letter for the registered post; kept as it was drawn, whatever was drawn after it."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="papers")
    # What it says is left to pay: another sum is another letter.
    left = models.DecimalField(max_digits=12, decimal_places=2)
    made_at = models.DateTimeField()
    body = models.BinaryField()
    sha256 = models.CharField(max_length=SHA256_HEX)

    objects = OwnedManager()

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("notice", "left"), name="a_letter_is_drawn_once"),)

    def __str__(self) -> str:
        return f"letter of {self.notice_id}"
