"""The file of each invoice: made once, kept as it is with its sum, and never given out when it is another."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import structlog
from django_scopes import scope, scopes_disabled

from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.billing.document import Document, document_of
from ecluse.control.billing.models import Invoice, InvoiceFile
from ecluse.domain.errors import Impossible

log = structlog.get_logger()

_BY = Actor(ActorKind.JOB, "invoices")


def make_files(draw: Callable[[Document], bytes]) -> int:
    """Draw each invoice that has no file; how many. One that cannot be drawn keeps no other from it, and is tried again.

    What `draw` says by `Impossible` is logged, and so names rules alone; of whatever else is raised only the kind is.
    """
    with scopes_disabled():  # Invoices of all clients.
        due = list(Invoice.objects.filter(file=None).select_related("client").order_by("pk"))
    return sum(_is_made(each, draw) for each in due)


def file_of(invoice: Invoice) -> bytes | None:
    """As it was made; None before, and where it is not what was made, which is logged."""
    row = InvoiceFile.objects.filter(invoice=invoice).first()
    if row is None:
        return None
    body = bytes(row.body)
    if hashlib.sha256(body).hexdigest() != row.sha256:
        log.error("invoice file changed", invoice=invoice.reference)
        return None
    return body


def _is_made(invoice: Invoice, draw: Callable[[Document], bytes]) -> bool:
    with scope(client=invoice.client):
        try:
            body = draw(document_of(invoice))
        except Exception as problem:  # noqa: BLE001 - four libraries, and texts of people choose what they raise.
            what = str(problem) if isinstance(problem, Impossible) else type(problem).__name__
            log.error("invoice not drawn", invoice=invoice.reference, problem=what)
            return False
        return _is_kept(invoice, body)


def _is_kept(invoice: Invoice, body: bytes) -> bool:
    """False where another worker was first: its file stays."""
    sha256 = hashlib.sha256(body).hexdigest()
    values = {"client_id": invoice.client_id, "body": body, "sha256": sha256}
    with change(by=_BY) as act:
        _, is_new = InvoiceFile.objects.get_or_create(invoice=invoice, defaults=values | {"made_at": act.at})
        if is_new:
            act.record("invoice.drawn", invoice, client_id=invoice.client_id, after={"sha256": sha256})
    return is_new
