"""Whom a lock stops, and why, and which way mail went, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ecluse.domain.incoming import Direction
from ecluse.domain.lock import LockCause, LockScope

CAUSES: Mapping[LockCause, str | Promise] = MappingProxyType(
    {
        LockCause.RECIPIENTS: _("One message, or near-identical ones within a day, for more than 500 recipients"),
        LockCause.BURST: _("What it sends looks like the work of somebody else"),
        LockCause.PERSON: _("Somebody at the provider has decided so"),
    }
)
SCOPES: Mapping[LockScope, str | Promise] = MappingProxyType(  # An account is known by its name alone.
    {LockScope.IP: _("address"), LockScope.CLIENT: _("everybody")}
)
DIRECTIONS: Mapping[Direction, str | Promise] = MappingProxyType(
    {Direction.INBOUND: _("received"), Direction.OUTBOUND: _("sent")}
)
