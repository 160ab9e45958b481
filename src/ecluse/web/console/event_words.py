"""What webhooks tell, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ecluse.control.webhooks.queries import EventKind

EVENT_WORDS: Mapping[EventKind, str | Promise] = MappingProxyType(
    {
        EventKind.REFUSED: _("A message was refused"),
        EventKind.HELD: _("A message was put into quarantine"),
        EventKind.RELEASED: _("A held message was released"),
        EventKind.FLAGGED_LATE: _("A message was known for what it is only after it had been received"),
        EventKind.SENDER_LOCKED: _("A sender was locked"),
        EventKind.LIMIT_NEAR: _("A sending limit is near"),
        EventKind.LIMIT_REACHED: _("A sending limit is reached"),
        EventKind.RECORD_CHANGED: _("A record that a sending domain needs is another one than before"),
        EventKind.KEY_LOST: _("A key that signs a domain's mail is not in the DNS any more"),
        EventKind.CHOICE_OPENED: _("A promised level of service was not kept, and the choice of what follows is open"),
        EventKind.TICKET_ANSWERED: _("The provider has answered a request to support"),
        EventKind.MX_BROKEN: _("A domain's MX records no longer lead to us alone"),
        EventKind.MX_MENDED: _("A domain's MX records lead to us again"),
    }
)
