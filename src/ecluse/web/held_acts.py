"""Acts on the held copies that somebody has ticked."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from ecluse.control.mail.held import HeldCopy
from ecluse.control.mail.quarantine import NotAllowed
from ecluse.domain.errors import Impossible

MOST_AT_ONCE = 500
_MAX_DIGITS = 18


def ticked(request: HttpRequest) -> list[int]:
    """Their ids."""
    asked = request.POST.getlist("copy")[:MOST_AT_ONCE]
    return [int(each) for each in asked if each.isdecimal() and len(each) <= _MAX_DIGITS]


def perform(request: HttpRequest, act: Callable[[list[HeldCopy]], str] | None, copies: list[HeldCopy]) -> None:
    """Do it to all of them, or to none, and say what came of it; the act says so where it is done."""
    if act is None or not copies:
        messages.warning(request, _("Nothing was chosen."))
        return
    try:
        done = act(copies)
    except NotAllowed:
        messages.error(request, _("At least one of these messages may not be treated so; nothing was done."))
    except Impossible:
        messages.error(request, _("At least one of these messages cannot be opened any more; nothing was done."))
    else:
        messages.success(request, done)
