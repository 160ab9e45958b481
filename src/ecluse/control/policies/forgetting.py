"""What nodes need not be told any more: changes of long ago, and that something was gone then.

They name addresses. A node that was away for longer takes everything anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Min

from ecluse.control.policies.models import PolicyChange, PublishedObject

KEPT = timedelta(days=30)


@transaction.atomic
def forget_changes(now: datetime) -> int:
    """Delete them, but never the newest: by it nodes know how far they are. How many rows went."""
    newest = PolicyChange.objects.aggregate(last=Max("position"))["last"]
    if newest is None:
        return 0
    # Times of changes that were made at once need not be in the order of positions, and nodes count on it that what is left
    # has no gap: whoever has come so far would miss a change in it.
    kept = PolicyChange.objects.filter(at__gte=now - KEPT).aggregate(first=Min("position"))["first"]
    first = newest if kept is None else kept
    gone, _ = PolicyChange.objects.filter(position__lt=first).delete()
    dead, _ = PublishedObject.objects.filter(body=None, version__lt=first).delete()
    return gone + dead
