"""Acts on the held copies that somebody has ticked."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from ecluse.control.accounts.queries import Client
from ecluse.control.audit.actor import Actor
from ecluse.control.mail import objections
from ecluse.control.mail.held import HeldCopy
from ecluse.control.mail.quarantine import NotAllowed
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.web.backends import backends

MOST_AT_ONCE = 500
RELEASE_AND_REPORT = "release-report"
_MAX_DIGITS = 18


def ticked(request: HttpRequest, name: str = "copy") -> list[int]:
    """Their ids."""
    asked = request.POST.getlist(name)[:MOST_AT_ONCE]
    return [int(each) for each in asked if each.isdecimal() and len(each) <= _MAX_DIGITS]


def perform(request: HttpRequest, act: Callable[[list[HeldCopy]], str] | None, copies: list[HeldCopy]) -> bool:
    """Do it to all of them, or to none, and say what came of it; the act says so where it is done. Whether it was."""
    if act is None or not copies:
        messages.warning(request, _("Nothing was chosen."))
        return False
    try:
        done = act(copies)
    except NotAllowed:
        messages.error(request, _("At least one of these messages may not be treated so; nothing was done."))
    except Impossible:
        messages.error(request, _("At least one of these messages cannot be opened any more; nothing was done."))
    else:
        messages.success(request, done)
        return True
    return False


def report(request: HttpRequest, copies: list[HeldCopy], client: Client, *, by: Actor, is_user: bool) -> None:
    """Whoever had them released also says that blocking them was wrong (9-2)."""
    try:
        is_noted = objections.raise_reported(backends().message_log(), copies, client, by=by, is_user=is_user)
    except Unavailable:
        is_noted = False
    if not is_noted:
        messages.warning(
            request, _("The report could not be noted yet. Please say so later on the page of the message.")
        )
