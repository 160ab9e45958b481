"""Kinds of cases, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ecluse.control.abuse.cases import CaseKind, CaseState

KINDS: Mapping[CaseKind, str | Promise] = MappingProxyType(
    {
        CaseKind.COMPLAINT: _("Complaints of others"),
        CaseKind.VERDICTS: _("Wrong verdicts"),
        CaseKind.EMISSION: _("A client's account sends spam, or to too many"),
        CaseKind.VOLUME: _("An address receives or sends too many messages a day"),
        CaseKind.CAMPAIGN: _("A campaign that passed"),
        CaseKind.OTHER: _("Something else"),
    }
)
STATES: Mapping[CaseState, str | Promise] = MappingProxyType({CaseState.OPEN: _("open"), CaseState.CLOSED: _("closed")})
