"""What an approved platform says of an invoice, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ecluse.domain.invoice_status import PlatformStatus

STATUSES: Mapping[PlatformStatus, str | Promise] = MappingProxyType(
    {
        PlatformStatus.DEPOSITED: _("deposited"),
        PlatformStatus.ISSUED: _("issued"),
        PlatformStatus.RECEIVED: _("received by the platform"),
        PlatformStatus.MADE_AVAILABLE: _("made available"),
        PlatformStatus.TAKEN_IN_CHARGE: _("taken in charge"),
        PlatformStatus.APPROVED: _("approved by the client"),
        PlatformStatus.PARTLY_APPROVED: _("approved in part"),
        PlatformStatus.DISPUTED: _("disputed"),
        PlatformStatus.SUSPENDED: _("put on hold"),
        PlatformStatus.COMPLETED: _("completed"),
        PlatformStatus.REFUSED: _("refused by the client"),
        PlatformStatus.PAYMENT_SENT: _("payment sent"),
        PlatformStatus.PAID: _("paid"),
        PlatformStatus.REJECTED: _("rejected: it breaks a rule of the platform"),
    }
)
