"""What stands on the account of a client, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ecluse.control.billing.account import What

ENTRIES: Mapping[What, str | Promise] = MappingProxyType(
    {
        What.INVOICE: _("Invoice"),
        What.CREDIT_NOTE: _("Credit note"),
        What.PAYMENT: _("Payment"),
        What.TAKEN_BACK: _("Payment taken back"),
        What.ADVANCE: _("Advance"),
        What.GIVEN_BACK: _("Advance given back"),
    }
)
