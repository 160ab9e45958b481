"""The rungs that an unpaid invoice climbs, and what stands on an account, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ecluse.control.billing.dunning import NoticeKind

NOTICES: Mapping[NoticeKind, str | Promise] = MappingProxyType(
    {
        NoticeKind.REMINDER: _("Reminder"),
        NoticeKind.FORMAL_NOTICE: _("Formal notice"),
        NoticeKind.SUSPENSION: _("Suspension"),
        NoticeKind.TERMINATION: _("Termination"),
    }
)
