"""Invoices on their way through an approved platform: each is deposited once, and what is told of it is kept."""

from __future__ import annotations

from datetime import datetime

from django_scopes import scope, scopes_disabled

from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.billing.files import file_of
from ecluse.control.billing.models import Invoice, PlatformEvent, Purpose
from ecluse.control.billing.numbering import numbered
from ecluse.domain.invoice_status import ToldStatus
from ecluse.ports.invoice_platform import InvoicePlatform

AT_ONCE = 1_000
_BY = Actor(ActorKind.JOB, "invoices")


def deposit_due(platform: InvoicePlatform, now: datetime) -> int:
    """Deposit each that was drawn; how many. Raises `Unavailable`: what was not is tried again."""
    with scopes_disabled():  # A job of the provider's.
        # What is outside the tax is outside its platforms, too (CGI, article 289 bis).
        due = Invoice.objects.filter(purpose=Purpose.SERVICES, file__isnull=False, deposited_at=None).order_by("pk")
        return sum(_is_deposited(platform, each, now) for each in due[:AT_ONCE])


def keep_told(platform: InvoicePlatform) -> int:
    """Keep what it says became of them; how many words were new. Raises `Unavailable`."""
    count = 0
    for notice, statuses in platform.told():
        count += sum(_is_new(each) for each in statuses)
        platform.done(notice)
    return count


def _is_deposited(platform: InvoicePlatform, invoice: Invoice, now: datetime) -> bool:
    file = file_of(invoice)
    if file is None:
        return False
    # Twice at worst, in a crash between the two: to the platform that is one.
    platform.deposit(invoice.reference, file)
    Invoice.objects.filter(pk=invoice.pk).update(deposited_at=now)
    return True


def _is_new(told: ToldStatus) -> bool:
    """False for what is known, and for an invoice that is none of ours."""
    with scopes_disabled():  # A job of the provider's: whose it is says the invoice.
        row = numbered(told.reference).select_related("client").first()
    if row is None:
        return False
    with scope(client=row.client), change(by=_BY) as act:
        _, is_new = PlatformEvent.objects.get_or_create(
            client_id=row.client_id, invoice=row, status=told.status, at=told.at, defaults={"reason": told.reason}
        )
        if is_new:
            act.record("invoice.told", row, client_id=row.client_id, after={"status": told.status.value})
    return is_new
