"""What `ecluse worker` does about invoices that were issued: it draws them, mails their copies, and sees to those that are not paid."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import structlog

from ecluse.adapters.folder.invoice_drop import InvoiceDrop
from ecluse.control.billing.copies import send_copies
from ecluse.control.billing.document import Document
from ecluse.control.billing.dunning import climb, lift_paid, tell_due, tell_elsewhere
from ecluse.control.billing.files import make_files
from ecluse.control.billing.late_claims import claim_late
from ecluse.control.billing.notice_papers import PaperNotice, draw_notices
from ecluse.control.billing.platform import deposit_due, keep_told
from ecluse.control.contracts.papers import Sheet, draw_due
from ecluse.domain.errors import Impossible
from ecluse.entrypoints.post import Post
from ecluse.web.contract_sheet import contract_sheet
from ecluse.web.invoice_mail import invoice_mail
from ecluse.web.notice_mail import notice_mail
from ecluse.web.notice_sheet import notice_sheet

log = structlog.get_logger()


def draw_invoices() -> None:
    """Those that have no file."""
    if count := make_files(_drawn):
        log.info("invoices drawn", count=count)


def draw_papers() -> None:
    """Quotes, order forms and amendments that were sent and have none."""
    if count := draw_due(_paper):
        log.info("papers drawn", count=count)


def draw_letters() -> None:
    """Formal notices and what comes after them, for the registered post."""
    if count := draw_notices(_letter):
        log.info("notices drawn", count=count)


def deposit_invoices(folder: Path) -> None:
    """With the platform behind this folder; and keep what it says."""
    platform = InvoiceDrop(folder)
    if count := deposit_due(platform, datetime.now(UTC)):
        log.info("invoices deposited", count=count)
    if count := keep_told(platform):
        log.info("invoices told of", count=count)


def send_invoices(post: Post) -> None:
    """Those that were drawn, and not sent."""
    if count := send_copies(datetime.now(UTC), lambda each: post.send(invoice_mail(each))):
        log.info("invoices sent", count=count)


def claim_and_climb() -> None:
    """What is owed for late payment; who is reminded or warned next; who is served again."""
    now = datetime.now(UTC)
    if count := claim_late():
        log.info("late payment claimed", invoices=count)
    if count := climb(now):
        log.info("notices proposed", count=count)
    if count := lift_paid(now):
        log.info("suspensions lifted", count=count)


def tell_late(post: Post) -> None:
    """Clients, of what goes by itself, and of what somebody has approved."""
    now = datetime.now(UTC)
    if count := tell_due(now, lambda each: post.send(notice_mail(each))):
        log.info("notices sent", count=count)
    if count := tell_elsewhere(now, lambda each: post.send(notice_mail(each))):
        log.info("notices sent elsewhere", count=count)


def _drawn(document: Document) -> bytes:
    try:
        # Only once there is something to draw: it takes a hundred megabytes, and an extra that not every machine has.
        from ecluse.entrypoints.invoice_files import draw  # noqa: PLC0415 - see above.
    except ImportError as problem:
        raise Impossible(f"{problem}: install what requirements/invoices.txt names") from problem
    return draw(document)


def _paper(sheet: Sheet) -> bytes:
    return _pdf(contract_sheet(sheet))


def _letter(sheet: PaperNotice) -> bytes:
    return _pdf(notice_sheet(sheet))


def _pdf(page: str) -> bytes:
    try:
        from ecluse.adapters.invoices.pdf_a import pdf_a  # noqa: PLC0415 - as above.
    except ImportError as problem:
        raise Impossible(f"{problem}: install what requirements/invoices.txt names") from problem
    return pdf_a(page)
