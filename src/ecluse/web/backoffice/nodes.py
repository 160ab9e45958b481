"""The nodes, as they report themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ecluse import __version__
from ecluse.control.accounts.roles import Permission
from ecluse.control.operation import nodes as operation
from ecluse.control.operation.nodes import SeenNode
from ecluse.control.operation.queues import backlogs
from ecluse.domain.errors import Impossible
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.backoffice.node_words import TROUBLES
from ecluse.web.pages import or_404, typed

_BACKLOGS_SHOWN = 10
_MAX_NAME = 253


@never_cache
@require_safe
@provider_page(Permission.SEE_NODES)
def list_nodes(request: HttpRequest, duty: Duty) -> HttpResponse:
    """All of them; those in trouble stand out."""
    rows = [shown_node(each) for each in operation.nodes(timezone.now())]
    return show(request, duty, "backoffice/nodes.html", {"rows": rows, "release": __version__})


@never_cache
@require_safe
@provider_page(Permission.SEE_NODES)
def node(request: HttpRequest, duty: Duty, node: str) -> HttpResponse:
    """All that one has told."""
    seen = _find(node)
    values = shown_node(seen) | {"backlogs": backlogs(node=seen.name)[:_BACKLOGS_SHOWN], "release": __version__}
    return show(request, duty, "backoffice/node.html", values)


@require_POST
@provider_page(Permission.RUN_NODES)
def forget(request: HttpRequest, duty: Duty, node: str) -> HttpResponse:
    """One that will not come back."""
    seen = _find(node)
    try:
        operation.forget_node(seen, by=duty.by)
    except Impossible:
        messages.error(request, _("This node reports: it cannot be forgotten."))
    else:
        messages.success(request, _("The node is forgotten. It comes back here as soon as it reports again."))
    return redirect("nodes")


def shown_node(seen: SeenNode) -> dict[str, Any]:
    """For templates."""
    report = seen.report
    return {
        "node": seen,
        "report": report,
        "troubles": [TROUBLES[each] for each in seen.troubles],
        "position": 0 if report is None else int(report.figure("ecluse_policy_position")),
        "queue": 0 if report is None else int(report.figure("ecluse_queue_messages")),
        "outages": 0 if report is None else int(report.figure("ecluse_outages")),
        "log_until": None if report is None else _when(report.figure("ecluse_log_complete_timestamp_seconds")),
        "began": None if report is None else _when(report.began),
        "queue_read": None if report is None else _when(report.queue_read_at),
        "figures": () if report is None else sorted((name, f"{value:g}") for name, value in report.figures.items()),
    }


def _find(node: str) -> SeenNode:
    return or_404(operation.find_node(typed(node, _MAX_NAME), timezone.now()))


def _when(at: float) -> datetime | None:
    return datetime.fromtimestamp(at, UTC) if at else None
