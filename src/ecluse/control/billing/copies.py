"""Copies of invoices by mail: each once, within three jours ouvrables of its date (6-4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db.models import QuerySet
from django_scopes import scope, scopes_disabled

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.billing.files import file_of
from ecluse.control.billing.models import Invoice
from ecluse.control.billing.registers import newest_buyer, read_buyer
from ecluse.domain.errors import Impossible, Refused, Unavailable

log = structlog.get_logger()

AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Copy:
    """What one client is sent."""

    recipient: str
    language: str
    client_id: int
    reference: str
    is_credit: bool
    file: bytes


def send_copies(now: datetime, send: Callable[[Copy], None]) -> int:
    """Send each that was drawn and not sent; how many. Over all clients.

    `send` raises `Unavailable`: then it is sent later; `Refused`: then somebody must look at the address first.
    """
    with scopes_disabled():  # A job of the provider's.
        found = list(_unsent().select_related("client", "buyer")[:AT_ONCE])
    count = 0
    for each in found:
        with scope(client=each.client):
            count += _is_sent(each, now, send)
    return count


def send_again(invoice: Invoice, *, by: Actor) -> None:
    """One that the mail server did not take, or that was lost. Raises `Impossible` where it waits already."""
    with change(by=by) as act:
        if (
            not Invoice.objects.filter(pk=invoice.pk)
            .exclude(sent_at=None, refused_at=None)
            .update(sent_at=None, refused_at=None)
        ):
            raise Impossible("it is about to be sent")
        act.record("invoice.sent-again", invoice, client_id=invoice.client_id)


def _unsent() -> QuerySet[Invoice]:
    return Invoice.objects.filter(file__isnull=False, sent_at=None, refused_at=None).order_by("pk")


def _is_sent(invoice: Invoice, now: datetime, send: Callable[[Copy], None]) -> bool:
    file, rows = file_of(invoice), Invoice.objects.filter(pk=invoice.pk)
    # Claimed first: two workers send nothing twice.
    if file is None or not rows.filter(sent_at=None, refused_at=None).update(sent_at=now):
        return False
    try:
        send(_copy(invoice, file))
    except Refused:
        rows.update(sent_at=None, refused_at=now)
        log.error("invoice not taken", invoice=invoice.reference)
        return False
    except Unavailable:
        rows.update(sent_at=None)
        return False
    return True


def _copy(invoice: Invoice, file: bytes) -> Copy:
    return Copy(
        recipient=read_buyer(newest_buyer() or invoice.buyer).invoices_to,  # Where it wants them now.
        language=invoice.client.language,
        client_id=invoice.client_id,
        reference=invoice.reference,
        is_credit=invoice.is_credit,
        file=file,
    )
