"""The mail by which a client gets a copy of its invoice."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from ecluse.control.billing.copies import Copy
from ecluse.web.letters import letter
from ecluse.wire.letters import Letter


def invoice_mail(copy: Copy) -> Letter:
    """To the address that the client has named, the file with it."""
    page = f"{settings.ECLUSE_URL}{reverse('own_invoices', args=[copy.client_id])}"
    text = letter(
        copy.recipient, copy.language, lambda: _subject(copy), "invoices/mail.txt", {"copy": copy, "page": page}
    )
    return replace(text, file=copy.file, file_name=f"{copy.reference}.pdf")


def _subject(copy: Copy) -> str:
    words = _("Credit note %(reference)s") if copy.is_credit else _("Invoice %(reference)s")
    return words % {"reference": copy.reference}
