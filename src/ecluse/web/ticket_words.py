"""Tickets in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from ecluse.control.support.states import TicketState
from ecluse.control.support.tickets import Channel, Charge, Priority

STATES: Mapping[str, str | Promise] = MappingProxyType(
    {
        TicketState.NEW: _("new"),
        TicketState.OPEN: _("in work"),
        TicketState.WAITING: _("waits for the client"),
        TicketState.SOLVED: _("solved"),
        TicketState.CLOSED: pgettext_lazy("request", "closed"),
    }
)
ALL, MINE = pgettext_lazy("request", "all"), pgettext_lazy("request", "mine")
PRIORITIES: Mapping[int, str | Promise] = MappingProxyType(
    {
        Priority.LOW: _("low"),
        Priority.NORMAL: _("normal"),
        Priority.HIGH: _("high"),
        Priority.URGENT: _("urgent"),
    }
)
CHANNELS: Mapping[str, str | Promise] = MappingProxyType(
    {
        Channel.CONSOLE: _("in the console"),
        Channel.PHONE: _("by phone"),
        Channel.MAIL: _("by mail"),
        Channel.API: _("by the API"),
    }
)
CHARGES: Mapping[str, str | Promise] = MappingProxyType(
    {
        Charge.NONE: _("nothing beside the contract"),
        Charge.ASKED: _("beyond the month's requests: not decided yet whether it is billed"),
        Charge.BILLED: _("beyond the month's requests: billed"),
        Charge.WAIVED: _("beyond the month's requests: not billed"),
    }
)


def span_words(seconds: float) -> str:
    """Such as "1 h 05 min": hours are not made days, whose length would not be that of a working day."""
    minutes = round(seconds / 60)
    return gettext("%(hours)d h %(minutes)02d min") % {"hours": minutes // 60, "minutes": minutes % 60}
