"""What waits on the nodes, and orders about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.operation import queues
from ecluse.control.operation.nodes import find_node, nodes
from ecluse.control.operation.queues import NodeOrder, ToldBacklog
from ecluse.domain.backlog import WaitingMessage
from ecluse.domain.detour import MOST_HOURS
from ecluse.domain.errors import Impossible
from ecluse.domain.order import ALL_OF_A_DESTINATION, OrderKind
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.backoffice.queue_words import ORDERS, STATES
from ecluse.web.notation_fields import NotationField
from ecluse.web.pages import or_404, page_of, searched, typed
from ecluse.wire.notations import NextHop

_MAX_ID = 64
# Nothing is lost by them; to give back is asked for on a page of its own.
_AT_ONCE = frozenset({OrderKind.RETRY, OrderKind.HOLD, OrderKind.RESUME})


class DetourForm(forms.Form):
    """Where to, and how long."""

    next_hop = NotationField(
        NextHop,
        label=gettext_lazy("Next hop"),
        required=False,
        help_text=gettext_lazy("smtp://host:port; empty: by MX again."),
    )
    hours = forms.IntegerField(
        label=gettext_lazy("Hours"),
        min_value=1,
        max_value=MOST_HOURS,
        initial=24,
        help_text=gettext_lazy("A month at most."),
    )


@never_cache
@require_safe
@provider_page(Permission.SEE_NODES)
def list_backlogs(request: HttpRequest, duty: Duty) -> HttpResponse:
    """By client and destination, the largest first."""
    node, search = typed(request.GET.get("node", ""), 253), searched(request)
    found = queues.backlogs(node=node, search=search)
    values = {
        "page": page_of(request, found),
        "total": sum(each.total for each in found),
        "nodes": nodes(timezone.now()),
        "node": node,
        "search": search,
        "is_cut": len(found) == queues.MOST,
    }
    return show(request, duty, "backoffice/queues.html", values)


@never_cache
@require_safe
@provider_page(Permission.SEE_NODES)
def backlog(request: HttpRequest, duty: Duty, backlog_id: int) -> HttpResponse:
    """One of them: its oldest messages, and what was ordered."""
    row = or_404(queues.find_backlog(backlog_id))
    values = {
        "row": row,
        "waiting": [_shown_message(each) for each in row.waiting],
        "orders": [_shown_order(each) for each in queues.orders_to(row)],
        "node": find_node(row.node, timezone.now()),
    }
    return show(request, duty, "backoffice/backlog.html", values)


@require_POST
@provider_page(Permission.RUN_NODES)
def order(request: HttpRequest, duty: Duty, backlog_id: int) -> HttpResponse:
    """Retry, hold or let go."""
    act = request.POST.get("act", "")
    if act not in _AT_ONCE:
        raise Http404
    return _order(request, duty, or_404(queues.find_backlog(backlog_id)), OrderKind(act))


@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.RUN_NODES)
def give_back(request: HttpRequest, duty: Duty, backlog_id: int) -> HttpResponse:
    """End them, after a question."""
    row = or_404(queues.find_backlog(backlog_id))
    if request.method == "POST":
        return _order(request, duty, row, OrderKind.GIVE_BACK)
    message = typed(request.GET.get("message", ""), _MAX_ID)
    return show(request, duty, "backoffice/give_back.html", {"row": row, "message": message})


@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.RUN_NODES)
def send_around(request: HttpRequest, duty: Duty, backlog_id: int) -> HttpResponse:
    """Outbound mail for that destination goes to another server than MX names, for a while."""
    row = or_404(queues.find_backlog(backlog_id))
    form = DetourForm(request.POST if request.method == "POST" else None, label_suffix="")
    if form.is_valid():
        next_hop, hours = form.cleaned_data["next_hop"], form.cleaned_data["hours"]
        try:
            queues.send_around(row, NextHop(next_hop) if next_hop else None, hours, by=duty.by)
        except Impossible:
            form.add_error(None, _("Mail for the client's own domains goes by their routes: change those."))
        else:
            messages.success(request, _("Ordered. What came of it stands below once the node has answered."))
            return redirect("backlog", backlog_id=row.pk)
    return show(request, duty, "backoffice/detour.html", {"row": row, "form": form})


def _order(request: HttpRequest, duty: Duty, row: ToldBacklog, kind: OrderKind) -> HttpResponse:
    try:
        queues.order(row, kind, message=typed(request.POST.get("message", ""), _MAX_ID), by=duty.by)
    except Impossible:
        messages.error(request, _("This message does not wait there any more."))
    else:
        messages.success(request, _("Ordered. What came of it stands below once the node has answered."))
    return redirect("backlog", backlog_id=row.pk)


def _shown_message(each: WaitingMessage) -> dict[str, Any]:
    return {
        "message": each,
        "queued": datetime.fromtimestamp(each.queued_at, UTC),
        "next": None if each.is_held else datetime.fromtimestamp(each.next_attempt, UTC),
        "recipients": ", ".join(each.recipients),
    }


def _shown_order(row: NodeOrder) -> dict[str, Any]:
    return {
        "row": row,
        "when": datetime.fromtimestamp(row.ordered_at, UTC),
        "act": ORDERS[OrderKind(row.kind)],
        "state": STATES[queues.state_of(row)],
        "is_for_all": row.target == ALL_OF_A_DESTINATION,
    }
