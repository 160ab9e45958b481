"""Copies of invoices by mail: each once, within three jours ouvrables of its date (6-4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from django_scopes import scope, scopes_disabled

from ecluse.control.attempts.letters import Steps, release, send_once
from ecluse.control.attempts.rows import for_each, order, ordered, ready
from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.billing.files import file_of
from ecluse.control.billing.models import Invoice
from ecluse.control.billing.registers import newest_buyer, read_buyer
from ecluse.domain.errors import Impossible

log = structlog.get_logger()

AT_ONCE = 100
_SEND = "send a copy"
_SEND_AGAIN = "send a copy again"


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
    """Send each that was drawn and not sent, and those that somebody wants sent again; how many. Over all clients.

    `send` raises `Unavailable`: then it is sent later; `Refused`: then somebody must look at the address first.
    """
    with scopes_disabled():  # A job of the provider's.
        rows = Invoice.objects.select_related("client", "buyer").order_by("pk")
        first = list(ready(_SEND, rows.filter(file__isnull=False, sent_at=None, refused_at=None), now)[:AT_ONCE])
        again = list(ordered(_SEND_AGAIN, rows, now)[:AT_ONCE])

    def send_first(invoice: Invoice) -> bool:
        with scope(client=invoice.client):
            is_due = Invoice.objects.filter(pk=invoice.pk, sent_at=None, refused_at=None).exists
            return _is_sent(_SEND, invoice, now, send, is_due)

    def send_second(invoice: Invoice) -> bool:
        with scope(client=invoice.client):
            return _is_sent(_SEND_AGAIN, invoice, now, send, lambda: True, is_ordered=True)

    return for_each(_SEND, first, send_first, now) + for_each(_SEND_AGAIN, again, send_second, now, is_ordered=True)


def send_again(invoice: Invoice, *, by: Actor) -> None:
    """One that the mail server did not take, or that was lost. Raises `Impossible` where it waits already.

    A second copy is no second receipt: the thirty days go on from the first (6-6). Where that never came, whoever knows it
    enters when the client got one (`invoices.receive`). Of what no mail server took nothing was received: they run from now on.
    """
    with change(by=by) as act:
        was_sent = Invoice.objects.filter(pk=invoice.pk, sent_at__isnull=False)
        was_refused = Invoice.objects.filter(pk=invoice.pk, refused_at__isnull=False)
        if was_sent.exists():
            if not order(_SEND_AGAIN, invoice, act.at):
                raise Impossible("it is about to be sent")
            was_refused.update(refused_at=None)
        elif not was_refused.update(refused_at=None) and not release(_SEND, invoice, act.at):
            raise Impossible("it is about to be sent")
        act.record("invoice.sent-again", invoice, client_id=invoice.client_id)


def _is_sent(
    work: str,
    invoice: Invoice,
    now: datetime,
    send: Callable[[Copy], None],
    is_due: Callable[[], bool],
    *,
    is_ordered: bool = False,
) -> bool:
    file, rows = file_of(invoice), Invoice.objects.filter(pk=invoice.pk)
    if file is None:
        return False

    def note_refusal() -> None:
        rows.update(refused_at=now)
        log.error("invoice not taken", invoice=invoice.reference)

    steps = Steps(
        is_due=is_due,
        send=lambda: send(_copy(invoice, file)),
        sent=lambda: rows.filter(sent_at=None).update(sent_at=now),
        refused=note_refusal,
    )
    return send_once(work, invoice, steps, now, is_ordered=is_ordered)


def _copy(invoice: Invoice, file: bytes) -> Copy:
    return Copy(
        recipient=read_buyer(newest_buyer() or invoice.buyer).invoices_to,  # Where it wants them now.
        language=invoice.client.language,
        client_id=invoice.client_id,
        reference=invoice.reference,
        is_credit=invoice.is_credit,
        file=file,
    )
