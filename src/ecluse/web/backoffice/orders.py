"""What nodes that are away have still to do when they are back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.operation.waiting_orders import MOST, NodeOrder, waiting_orders
from ecluse.domain.ids import is_id
from ecluse.domain.order import OrderKind
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.backoffice.queue_words import ORDERS
from ecluse.web.pages import page_of, typed

_MAX_NAME = 253


@never_cache
@require_safe
@provider_page(Permission.SEE_NODES)
def list_orders(request: HttpRequest, duty: Duty) -> HttpResponse:
    """The oldest first; of one node where it is asked for."""
    node = typed(request.GET.get("node", ""), _MAX_NAME)
    found, total = waiting_orders(timezone.now(), node)
    page = page_of(request, found)
    values = {"page": page, "rows": [_shown(each) for each in page], "total": total, "node": node}
    return show(request, duty, "backoffice/orders.html", values | {"is_cut": total > MOST})


def _shown(row: NodeOrder) -> dict[str, Any]:
    return {
        "row": row,
        "words": ORDERS[OrderKind(row.kind)],
        "message": row.target if is_id(row.target) else "",
        "ordered": datetime.fromtimestamp(row.ordered_at, UTC),
        "until": datetime.fromtimestamp(row.expires, UTC),
    }
