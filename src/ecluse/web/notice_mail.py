"""The letters of the ladder: what is owed, and what happens, or has happened, because of it (6-7 to 6-10)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ecluse.control.billing.dunning import NoticeKind, Told
from ecluse.control.billing.late_payment import RECOVERY
from ecluse.web.letters import letter
from ecluse.wire.letters import Letter

_SUBJECTS: Mapping[NoticeKind, str | Promise] = MappingProxyType(
    {
        NoticeKind.REMINDER: _("Invoice %(reference)s is not paid yet"),
        NoticeKind.FORMAL_NOTICE: _("Formal notice: pay invoice %(reference)s"),
        NoticeKind.SUSPENSION: _("Your services are suspended: invoice %(reference)s is not paid"),
        NoticeKind.TERMINATION: _("Your contract is terminated: invoice %(reference)s is not paid"),
    }
)


def notice_mail(told: Told) -> Letter:
    """To the address where the client wants its invoices."""
    page = f"{settings.ECLUSE_URL}{reverse('own_invoices', args=[told.client_id])}"
    values = {"told": told, "kind": told.kind.value, "recovery": RECOVERY, "page": page}
    return letter(told.recipient, told.language, lambda: notice_subject(told), "invoices/notice.txt", values)


def notice_subject(told: Told) -> str:
    """What it is about, in the language that is on."""
    return str(_SUBJECTS[told.kind]) % {"reference": told.reference}
