"""Orders to nodes and how they stand, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ecluse.control.mail.orders import OrderState
from ecluse.domain.order import OrderKind

ORDERS: Mapping[OrderKind, str | Promise] = MappingProxyType(
    {
        OrderKind.RETRY: _("Try now"),
        OrderKind.HOLD: _("Hold back"),
        OrderKind.RESUME: _("Let go"),
        OrderKind.GIVE_BACK: _("Give back"),
        OrderKind.DETOUR: _("Another way"),
        OrderKind.RELEASE: _("Release a held message"),
        OrderKind.DELETE: _("Delete a held message"),
        OrderKind.TEACH: _("Learn from a held message"),
        OrderKind.LEARN: _("Learn from a message that passed"),
        OrderKind.TAKE_BACK: _("Forget lessons"),
        OrderKind.RESCAN: _("Judge a held message anew"),
        OrderKind.FETCH: _("Send up a held message"),
        OrderKind.TRY_ROUTES: _("Try a domain's routes"),
        OrderKind.LOCK: _("Lock a sender"),
        OrderKind.UNLOCK: _("Unlock a sender"),
    }
)
STATES: Mapping[OrderState, str | Promise] = MappingProxyType(
    {
        OrderState.PENDING: _("not answered yet"),
        OrderState.DONE: _("done"),
        OrderState.FAILED: _("failed"),
        OrderState.EXPIRED: _("expired"),
    }
)
