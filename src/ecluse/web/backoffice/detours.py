"""Which outbound mail takes another way than MX, on which node, and orders about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.operation import detours
from ecluse.control.operation.detours import NodeOrder, OwnDomain, Way
from ecluse.control.operation.nodes import nodes
from ecluse.control.tenants.queries import client_named
from ecluse.domain.errors import Impossible
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.backoffice.queue_words import STATES
from ecluse.web.backoffice.queues import DetourForm
from ecluse.web.client_field import ClientField
from ecluse.web.notation_fields import NotationField
from ecluse.web.pages import or_404, typed
from ecluse.wire.notations import DomainName, NextHop

_MAX_NAME = 253


class WayForm(DetourForm):
    """Whose mail, where to, and how long."""

    client = ClientField(required=False, help_text=gettext_lazy("Empty: mail of all clients."))
    domain = NotationField(
        DomainName,
        label=gettext_lazy("For recipients of the domain"),
        required=False,
        help_text=gettext_lazy("far.example; empty: of all domains, of one client alone."),
    )
    next_hop = NotationField(
        NextHop, label=gettext_lazy("Next hop"), help_text=gettext_lazy("Such as smtp://host:port.")
    )
    node = forms.ChoiceField(label=gettext_lazy("Node"), required=False)
    field_order = ("client", "domain", "next_hop", "hours", "node")

    def __init__(self, data: Any, names: list[str]) -> None:
        super().__init__(data, label_suffix="")
        node = self.fields["node"]
        assert isinstance(node, forms.ChoiceField)  # noqa: S101 - it stands above.
        node.choices = [("", _("All nodes")), *((name, name) for name in names)]

    def clean(self) -> dict[str, Any]:
        """See Django."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not (found["client"] or found["domain"]):
            raise forms.ValidationError(_("Name a client, a domain, or both."))
        return found


@never_cache
@require_safe
@provider_page(Permission.SEE_NODES)
def list_ways(request: HttpRequest, duty: Duty) -> HttpResponse:
    """Those in force, and what was ordered last."""
    orders = [_shown_order(each) for each in detours.orders_about_ways()]
    values = {"standing": detours.standing_detours(timezone.now()), "orders": orders}
    return show(request, duty, "backoffice/detours.html", values)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.RUN_NODES)
def add_way(request: HttpRequest, duty: Duty) -> HttpResponse:
    """Outbound mail goes to another server than MX names, for a while, at one node or all."""
    now = timezone.now()
    form = WayForm(request.POST if request.method == "POST" else None, [each.name for each in nodes(now)])
    if form.is_valid():
        given = form.cleaned_data
        way = Way(given["client"], given["domain"], NextHop(given["next_hop"]), given["hours"])
        try:
            detours.order_way(way, now, given["node"], by=duty.by)
        except OwnDomain:
            form.add_error("domain", _("Mail for the client's own domains goes by their routes: change those."))
        except Impossible:
            form.add_error(None, _("No node has reported yet."))
        else:
            messages.success(request, _("Ordered. What came of it stands below once the node has answered."))
            return redirect("detours")
    return show(request, duty, "backoffice/detour_add.html", {"form": form})


@require_POST
@provider_page(Permission.RUN_NODES)
def end_way(request: HttpRequest, duty: Duty) -> HttpResponse:
    """One of them, at the node where it stands: its mail goes by MX again."""
    name, domain, node = (typed(request.POST.get(each, ""), _MAX_NAME) for each in ("client", "domain", "node"))
    client = or_404(client_named(name)) if name else None
    try:
        detours.order_way(Way(client, domain), timezone.now(), node, by=duty.by)
    except Impossible:
        messages.error(request, _("There is no such way any more."))
    else:
        messages.success(request, _("Ordered. What came of it stands below once the node has answered."))
    return redirect("detours")


def _shown_order(row: NodeOrder) -> dict[str, Any]:
    return {"row": row, "when": datetime.fromtimestamp(row.ordered_at, UTC), "state": STATES[detours.state_of(row)]}
