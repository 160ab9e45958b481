"""Contracts and what belongs to them: what was offered, accepted, and what has happened since.

Nothing here goes by itself: invoices and proofs outlive the contract (15-6, Code de commerce L123-22).
"""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from django.db import models
from django.utils import timezone

from ecluse.control.accounts.models import User
from ecluse.control.contracts.amendment_states import AmendmentState
from ecluse.control.contracts.price_grid import Bundle, Price, Wanted
from ecluse.control.contracts.states import IN_FORCE, ContractState
from ecluse.control.contracts.terms import MONTHS, Period
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.owned import Owned, OwnedManager

SHA256_HEX = 64


class PriceList(models.Model):
    """One version of the price grid; never changed, the newest is used (3-8, 6-1)."""

    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=300)
    plain = models.JSONField()  # As `price_grid.plain_grid` writes it.

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"price list {self.pk}"


class TermsOfSale(models.Model):
    """One version of the general terms; never changed, the newest is offered (17-1)."""

    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=300)
    name = models.CharField(max_length=50, unique=True)  # "2026-11".
    text = models.TextField()  # In French, which holds.
    text_en = models.TextField(blank=True)  # The same in English, for who reads it better.
    sha256 = models.CharField(
        max_length=SHA256_HEX
    )  # Of the text; of both, a form feed between them, where there are two.

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.name


class Contract(Owned):
    """A contract with a client, from its quote on."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=10, choices=[(each.value, each.value) for each in ContractState], default=ContractState.DRAFTED.value
    )
    bundle = models.CharField(max_length=8, choices=[(each.value, each.value) for each in Bundle])
    addresses = models.PositiveIntegerField()  # Ordered; at each renewal counted anew (3-5).
    first_addresses = models.PositiveIntegerField()  # At subscription: quotas are counted from it (3-4, 5-2).
    months = models.PositiveSmallIntegerField(choices=[(each, str(each)) for each in MONTHS])  # Of the first term.
    options = models.JSONField(default=list)
    # Of the period as it began, net, without options: what amendments add stands with them (`prices.price_now`).
    services_price = models.DecimalField(max_digits=12, decimal_places=2)
    options_price = models.DecimalField(max_digits=12, decimal_places=2)
    has_own_price = models.BooleanField(default=False)  # Agreed, and not by the list.
    price_list = models.ForeignKey(PriceList, null=True, on_delete=models.PROTECT, related_name="+")
    terms = models.ForeignKey(TermsOfSale, null=True, on_delete=models.PROTECT, related_name="+")
    time_zone = models.CharField(max_length=64, default="Europe/Paris")
    made_at = models.DateTimeField()
    valid_until = models.DateField(null=True)  # Of the offer, that day included.
    first_day = models.DateField(null=True)  # When it began (3-14).
    period_after = models.PositiveSmallIntegerField(default=0)  # Months before the period that runs.
    period_months = models.PositiveSmallIntegerField(default=0)
    notice_at = models.DateTimeField(null=True)  # When the letter came (3-16).
    over_at = models.DateTimeField(null=True)
    period_waived = models.BooleanField(default=False)  # Of the one in which it was terminated no more is asked.
    may_be_cited = models.BooleanField(default=False)  # The provider may name the client as a reference (7-2).
    may_share = models.BooleanField(default=False)  # Others use its domains with the provider's consent (13-2).
    breach_sent_on = models.DateField(null=True)  # When the letter went that names a serious breach (16-1).

    objects = OwnedManager()

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("client",), condition=models.Q(state__in=IN_FORCE), name="one_contract_of_a_client_in_force"
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """What people call it by."""
        return f"C{self.pk:06d}"

    @property
    def zone(self) -> ZoneInfo:
        """Whose midnights count."""
        return ZoneInfo(self.time_zone)

    @property
    def today(self) -> date:
        """The day that it is there."""
        return timezone.now().astimezone(self.zone).date()

    @property
    def period(self) -> Period | None:
        """The one that runs, or ran last; None before it came into force."""
        return None if self.first_day is None else Period(self.first_day, self.period_after, self.period_months)

    @property
    def price(self) -> Price:
        """Of the period."""
        return Price(self.services_price, self.options_price)

    def wanted(self, domains: int) -> Wanted:
        """What its price is asked for."""
        return Wanted(Bundle(self.bundle), self.addresses, domains, self.months, tuple(self.options))


class Approval(models.TextChoices):
    """Of a domain (3-7)."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"


class NamedDomain(Owned):
    """A domain on the order form, or told since (3-3)."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="domains")
    name = models.CharField(max_length=253)  # Lower case, A-labels.
    approval = models.CharField(max_length=7, choices=Approval.choices, default=Approval.ASKED)
    reason = models.CharField(max_length=300, blank=True)  # Of a refusal.

    objects = OwnedManager()

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("contract", "name"), name="a_contract_names_a_domain_once"),)

    def __str__(self) -> str:
        return self.name


class Amendment(Owned):
    """What a contract is changed to during a period, signed by both (17-1). Its totals replace those of the contract."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="amendments")
    number = models.PositiveSmallIntegerField()  # Within its contract, from 1.
    state = models.CharField(
        max_length=10,
        choices=[(each.value, each.value) for each in AmendmentState],
        default=AmendmentState.DRAFTED.value,
    )
    before = models.JSONField()  # What it was written for, as `amendments.standing_of` has it.
    bundle = models.CharField(max_length=8, choices=[(each.value, each.value) for each in Bundle])
    addresses = models.PositiveIntegerField()  # In all.
    options = models.JSONField(default=list)  # All of them.
    domains = models.JSONField(default=list)  # Those that come in addition.
    services_month = models.DecimalField(max_digits=12, decimal_places=2)  # More for each whole month left, net.
    options_month = models.DecimalField(max_digits=12, decimal_places=2)
    has_own_price = models.BooleanField(default=False)  # Agreed, and not by a list.
    made_at = models.DateTimeField()
    valid_until = models.DateField(null=True)
    begun_at = models.DateTimeField(null=True)  # When the provider signed, too: from then on it holds.
    starts_on = models.DateField(null=True)  # The same as a day of the contract's time zone.
    months = models.PositiveSmallIntegerField(default=0)  # Of the period, that it is paid for.
    invoice = models.CharField(max_length=30, blank=True)  # The reference of its own, once that is issued.

    objects = OwnedManager()

    class Meta:
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(fields=("contract", "number"), name="a_contract_has_an_amendment_number_once"),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """What people call it by."""
        return f"{self.contract.reference}-A{self.number}"

    @property
    def month(self) -> Price:
        """What is added for each month."""
        return Price(self.services_month, self.options_month)

    @property
    def price(self) -> Price:
        """What it costs in all, once it has begun."""
        return Price(self.services_month * self.months, self.options_month * self.months)


class Acceptance(Owned):
    """What a client has accepted, and the proof of it (4-5, 4-6)."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="acceptances")
    amendment = models.ForeignKey(Amendment, null=True, on_delete=models.CASCADE, related_name="acceptances")
    at = models.DateTimeField()
    by = models.CharField(max_length=300)
    ip = models.GenericIPAddressField(null=True)
    document = models.TextField()  # Letter by letter what was shown: `offer_document`.
    sha256 = models.CharField(max_length=SHA256_HEX)  # Of the document.
    staff_is_informed = models.BooleanField(default=False)  # What the client has declared (15-9); of an offer alone.

    objects = OwnedManager()

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"acceptance of {self.contract_id}"


class PaperKind(models.TextChoices):
    """What a paper is."""

    QUOTE = "quote"
    ORDER = "order-form"
    AMENDMENT = "amendment"
    SIGNED = "signed"  # By hand, and uploaded by either side.


class ContractPaper(Owned):
    """A PDF of a contract: drawn by us when it was sent, or uploaded signed. Never changed, never drawn anew, never shown inline."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="papers")
    amendment = models.ForeignKey(Amendment, null=True, on_delete=models.CASCADE, related_name="papers")
    kind = models.CharField(max_length=10, choices=PaperKind.choices)
    document_sha256 = models.CharField(max_length=SHA256_HEX)  # What it is about: the sum that is accepted.
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=300)
    body = models.BinaryField()
    sha256 = models.CharField(max_length=SHA256_HEX)  # Of the body.

    objects = OwnedManager()

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("contract", "kind", "document_sha256"),
                condition=~models.Q(kind=PaperKind.SIGNED),
                name="a_paper_is_drawn_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} of {self.contract_id}"


class ChangeNotice(models.Model):
    """What the provider changes for its clients: terms, prices or the service; never changed once it is published (3-8)."""

    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=300)
    title = models.CharField(max_length=100)
    text_fr = models.TextField()
    text_en = models.TextField()
    is_unfavourable = models.BooleanField()
    effective_on = models.DateField()
    old_terms = models.ForeignKey(TermsOfSale, null=True, on_delete=models.PROTECT, related_name="+")
    new_terms = models.ForeignKey(TermsOfSale, null=True, on_delete=models.PROTECT, related_name="+")
    old_prices = models.ForeignKey(PriceList, null=True, on_delete=models.PROTECT, related_name="+")
    new_prices = models.ForeignKey(PriceList, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.title


class ToldChange(Owned):
    """One contract that a change concerns."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="changes")
    notice = models.ForeignKey(ChangeNotice, on_delete=models.PROTECT, related_name="told")
    told_on = models.DateField()  # When its page showed it, or the last of its letters went, if that is later.
    applied_at = models.DateTimeField(null=True)  # The contract is under the new terms since.

    objects = OwnedManager()

    class Meta:
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=("contract", "notice"), name="a_contract_is_told_a_change_once"),)

    def __str__(self) -> str:
        return f"{self.notice_id} told to {self.contract_id}"


class ChangeLetter(Owned):
    """One letter about a change, to one owner of the client; it goes once."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    told = models.ForeignKey(ToldChange, on_delete=models.CASCADE, related_name="letters")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    sent_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)  # The mail server took none for this address.

    objects = OwnedManager()

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("told", "user"), name="an_owner_is_written_to_once"),)

    def __str__(self) -> str:
        return f"letter of {self.told_id} to {self.user_id}"


class ServiceEvent(models.TextChoices):
    """What happens to the service of a client."""

    ENDS = "ends"  # Within weeks.
    ENDS_SOON = "ends-soon"  # Within days.
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    ENDED = "ended"  # At once, or by hand: no letter has announced it.


class NoticeAddress(Owned):
    """Where a client wants letters about its service and late payment besides: elsewhere than behind us (3-18, 16-2)."""

    client = models.OneToOneField(Client, on_delete=models.CASCADE, related_name="+")
    address = models.EmailField(max_length=254)
    set_at = models.DateTimeField()

    objects = OwnedManager()

    def __str__(self) -> str:
        return f"letters of client {self.client_id} elsewhere"


class ServiceLetter(Owned):
    """One letter about a client's service, to one of those who run it; it goes once (3-9, 3-18, 16-2)."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    contract = models.ForeignKey(Contract, null=True, on_delete=models.CASCADE, related_name="service_letters")
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    elsewhere = models.CharField(
        max_length=254, blank=True, default="", db_default=""
    )  # To nobody who signs in, but to this address.
    event = models.CharField(max_length=9, choices=ServiceEvent.choices)
    at = models.DateTimeField()  # When it happened, or the letter of an end was due.
    ends_on = models.DateField(null=True)  # Of an end that is to come: the first day without service.
    reason = models.CharField(max_length=500, blank=True)  # Of a suspension, or an end at once.
    sent_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)  # The mail server took none for this address.

    objects = OwnedManager()

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("contract", "event", "ends_on", "user"), name="an_end_is_told_to_a_person_once"
            ),
            models.UniqueConstraint(
                fields=("contract", "event", "ends_on"),
                condition=models.Q(user=None),
                name="an_end_is_told_elsewhere_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.event} told to {self.user_id or 'elsewhere'}"


class RefundState(models.TextChoices):
    """How a request for a refund fares."""

    ASKED = "asked"  # In time; the contract goes on until the day on which the client leaves.
    DUE = "due"  # It has left: a credit note is written.
    CREDITED = "credited"
    BY_HAND = "by-hand"  # No credit note could be written: a person looks at it.
    VOID = "void"  # The contract was over before, for another reason.


class RefundRequest(Owned):
    """A client leaves by a right of its contract, and asks for what it has not used (3-8, 6-11, 10-1)."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="refund_requests")
    cause = models.CharField(max_length=5)  # The article that gives the right: a `Cause`.
    source = models.CharField(max_length=100)  # What has happened: "change-notice:5".
    event_on = models.DateField()  # From when the month runs.
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=300)
    leaves_on = models.DateField()
    state = models.CharField(max_length=8, choices=RefundState.choices, default=RefundState.ASKED)
    net = models.DecimalField(max_digits=12, decimal_places=2, null=True)  # Since it has left.
    credit_notes = models.JSONField(default=list)  # Their references.

    objects = OwnedManager()

    class Meta:
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=("contract",), name="a_contract_is_left_once"),)

    def __str__(self) -> str:
        return f"refund of {self.contract_id}"


class Move(Owned):
    """One line of a contract's history. The audit trail forgets after a year, this does not."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="moves")
    at = models.DateTimeField()
    by = models.CharField(max_length=300)
    what = models.CharField(max_length=24)  # A `Step`, or what changed no state: "notice-refused".
    note = models.CharField(max_length=500, blank=True)

    objects = OwnedManager()

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.what} of {self.contract_id}"
