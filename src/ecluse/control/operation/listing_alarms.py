"""The provider's owners are told by mail when addresses from which a node sends come onto DNS lists: once, until none is left.

An alarm is claimed before its letters are sent. Of a worker that was killed in between nobody hears by mail; the page of
the nodes and the alert of the metric say so all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ecluse.control.accounts.queries import User, people_in
from ecluse.control.accounts.roles import Role
from ecluse.control.attempts.letters import send_to_each
from ecluse.control.attempts.rows import for_each
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.operation.models import ListingAlarm
from ecluse.control.operation.nodes import LISTINGS, SeenNode, nodes
from ecluse.domain.errors import Unavailable

_ENGLISH = "en"  # Of those who have chosen nothing.
_BY = Actor(ActorKind.JOB, "listings")


@dataclass(frozen=True, slots=True)
class ListingNews:
    """One letter."""

    recipient: str
    language: str
    node: str
    count: int  # Of listings: each address counts on each list.


Send = Callable[[ListingNews], None]


def tell_of_listings(now: datetime, send: Send) -> int:
    """Write of each node that has come onto a list; how many letters were sent.

    `send` raises `Unavailable`: then it is tried again; `Refused`: then never.
    """
    seen = [node for node in nodes(now) if node.report is not None]
    ListingAlarm.objects.filter(node__in=[node.name for node in seen if not _listings(node)]).delete()
    listed = [node for node in seen if _listings(node)]
    return for_each("tell of listings", listed, lambda node: _tell(node, now, send), now, name=lambda node: node.name)


def _tell(node: SeenNode, now: datetime, send: Send) -> int:
    alarm, is_new = ListingAlarm.objects.get_or_create(node=node.name, defaults={"at": now})
    if not is_new:
        return 0
    owners = people_in((Role.PROVIDER_OWNER,), None)
    try:
        count = send_to_each(
            "tell an owner of listings", owners, lambda each: send(_news(each, node)), now, of=node.name
        )
    except Unavailable:
        alarm.delete()
        return 0
    with change(by=_BY) as act:
        act.record("listing.told", alarm, after={"node": node.name, "listings": _listings(node), "letters": count})
    return count


def _news(user: User, node: SeenNode) -> ListingNews:
    return ListingNews(user.email, user.language or _ENGLISH, node.name, _listings(node))


def _listings(node: SeenNode) -> int:
    return int(node.report.figure(LISTINGS)) if node.report else 0
