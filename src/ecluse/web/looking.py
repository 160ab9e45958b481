"""A look into a held message: asked of its node by POST, then shown in a frame where nothing of it acts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin

from ecluse.control.mail import preview
from ecluse.control.mail.held import HeldCopy
from ecluse.control.mail.orders import NodeOrder, find_order, state_of
from ecluse.domain.errors import Impossible
from ecluse.web.pages import or_404


def order_of(copy: HeldCopy, order_id: str) -> NodeOrder | None:
    """The order to send this message up."""
    order = find_order(order_id)
    return order if order is not None and order.target == copy.message_id else None


def frame(request: HttpRequest, copy: HeldCopy, order_id: str, *, again: str, source: str, back: str) -> HttpResponse:
    """A frame for the message at `source`; until it is here the same question at `again`; `back` where it never comes.

    In its scope.
    """
    order = or_404(order_of(copy, order_id))
    shown = {"again": again, "source": source, "back": back, "state": state_of(order)}
    return render(request, "console/held_frame.html", shown)


def content(request: HttpRequest, copy: HeldCopy, order_id: str) -> HttpResponse:
    """The message, or that it cannot be shown. In its scope; the view is `framed`."""
    order = or_404(order_of(copy, order_id))
    try:
        seen = preview.preview_of(order, copy.message, copy.client)
    except Impossible:
        seen = None
    return render(request, "console/held_content.html", {"preview": seen})


def framed(view: Callable[..., HttpResponse]) -> Callable[..., Any]:
    """What this view shows runs, loads, sends and opens nothing, whatever its author wrote."""
    closed = csp({"default-src": [NONE], "sandbox": True, "frame-ancestors": [SELF]})(view)
    return never_cache(xframe_options_sameorigin(closed))
