"""How the nodes are, by their own reports, and what of it is trouble."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from django.db.models import Count, QuerySet
from django_scopes import scopes_disabled

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.mail.models import NodeOrder
from ecluse.control.operation.models import ToldBacklog, ToldReport
from ecluse.control.policies.models import PolicyChange
from ecluse.control.tenants.models import ToldRoute
from ecluse.domain.errors import Impossible
from ecluse.domain.node_report import NodeReport

AWAY_AFTER_S = 60.0  # Six reports are missing.
CLOCK_OFF_S = 5.0  # The database on SQLite tells whole seconds.
FOLLOWS_WITHIN_S = 10.0  # It promises two.
LOG_WITHIN_S = 60.0
QUEUE_OLD_S = 4 * 3_600.0
LISTINGS = "ecluse_own_address_listed"
ROOM_FOR = 2  # Times the reserve.
BACKLOGS_KEPT_S = 30 * 86_400.0  # Of a node that came back no more (15-4).


class Trouble(StrEnum):
    """What may be wrong with a node, the worst first."""

    AWAY = "away"
    UNREADABLE = "unreadable"  # A later release's report.
    NO_POLICY = "no-policy"
    NO_ROOM = "no-room"
    LOW_ROOM = "low-room"
    BEHIND = "behind"  # It does not follow the control plane.
    LOG_LATE = "log-late"  # What happens there is not in the message log.
    CLOCK = "clock"
    QUEUE_OLD = "queue-old"
    LISTED = "listed"  # An address from which it sends stands on a DNS list.
    COUNTS_ALONE = "counts-alone"  # It has lost the server where nodes count together.


GRAVE = frozenset({Trouble.AWAY, Trouble.UNREADABLE, Trouble.NO_POLICY, Trouble.NO_ROOM})


@dataclass(frozen=True, slots=True)
class SeenNode:
    """One node as the control plane sees it now."""

    name: str
    heard_at: datetime
    age_s: float  # Of its last report.
    report: NodeReport | None  # None: it cannot be read.
    position: int  # Of the control plane itself; the node's own is a figure of its report.
    clock_off_s: float  # How far its clock is ahead of the database's.
    orders: int  # That it has still to carry out.
    troubles: tuple[Trouble, ...]

    @property
    def is_away(self) -> bool:
        """Whether its reports have ceased."""
        return Trouble.AWAY in self.troubles

    @property
    def is_grave(self) -> bool:
        """Whether mail suffers, or nobody knows whether it does."""
        return not GRAVE.isdisjoint(self.troubles)


def nodes(now: datetime) -> list[SeenNode]:
    """All that have ever reported, in the order of their names."""
    position, orders = _position(now), _orders_of_each(now)
    return [_seen(row, now, position, orders.get(row.node, 0)) for row in ToldReport.objects.all()]


def sending_addresses() -> frozenset[str]:
    """From which nodes send, by their newest reports; empty where no settings name any."""
    found: set[str] = set()
    for row in ToldReport.objects.all():
        with suppress(msgspec.MsgspecError):
            found.update(row.report.addresses)
    return frozenset(found)


def find_node(name: str, now: datetime) -> SeenNode | None:
    """By its whole name."""
    row = ToldReport.objects.filter(node=name).first()
    if row is None:
        return None
    return _seen(row, now, _position(now), _orders_of_each(now).get(name, 0))


def forget_node(node: SeenNode, *, by: Actor) -> None:
    """One that was taken out of service: all that it told goes. Raises `Impossible` for one that still reports."""
    with scopes_disabled(), change(by=by) as act:  # Messages of all clients wait on a node.
        row = ToldReport.objects.select_for_update().filter(node=node.name).first()
        if row is None or not node.is_away or row.heard_at != node.heard_at:
            raise Impossible("a node that reports is not forgotten")
        act.record("node.forgotten", row, before={"node": row.node, "last_heard": row.heard_at.isoformat()})
        for told in (ToldBacklog, ToldRoute):
            told.objects.filter(node=row.node).delete()
        row.delete()


def forget_old_backlogs(now: datetime) -> int:
    """What nodes told that came back no more; how many. Over all clients."""
    heard = ToldReport.objects.filter(heard_at__gt=now - timedelta(seconds=BACKLOGS_KEPT_S))
    with scopes_disabled():  # A job of the provider's.
        gone = [told.objects.exclude(node__in=heard.values("node")).delete()[0] for told in (ToldBacklog, ToldRoute)]
    return sum(gone)


def open_orders(now: datetime) -> QuerySet[NodeOrder]:
    """What nodes have still to carry out. In a scope, or where scopes are off."""
    return NodeOrder.objects.filter(answered_at=None, expires__gt=now.timestamp())


def _orders_of_each(now: datetime) -> dict[str, int]:
    """By node, of all clients."""
    with scopes_disabled():
        return dict(open_orders(now).order_by().values_list("node").annotate(Count("pk")))


def _seen(row: ToldReport, now: datetime, position: int, orders: int) -> SeenNode:
    try:
        report = row.report
    except msgspec.MsgspecError:
        report = None
    age_s = max(0.0, (now - row.heard_at).total_seconds())
    return SeenNode(
        name=row.node,
        heard_at=row.heard_at,
        age_s=age_s,
        report=report,
        position=position,
        clock_off_s=0.0 if report is None else report.at - row.heard_at.timestamp(),
        orders=orders,
        troubles=tuple(_troubles(row, report, age_s)),
    )


def _troubles(row: ToldReport, report: NodeReport | None, age_s: float) -> Iterator[Trouble]:
    if age_s > AWAY_AFTER_S:
        yield Trouble.AWAY
    if report is None:
        yield Trouble.UNREADABLE
        return
    heard_s = row.heard_at.timestamp()
    found = {
        Trouble.NO_POLICY: not report.has_policy,
        Trouble.NO_ROOM: not report.has_room,
        Trouble.LOW_ROOM: report.has_room and report.free_bytes < ROOM_FOR * report.reserve_bytes,
        Trouble.BEHIND: _is_behind(row, report),
        Trouble.LOG_LATE: _is_log_late(report),
        Trouble.CLOCK: abs(report.at - heard_s) > CLOCK_OFF_S,
        Trouble.LISTED: report.figure(LISTINGS) > 0,
        Trouble.COUNTS_ALONE: report.figure("ecluse_counters_away") > 0,
        Trouble.QUEUE_OLD: report.figure("ecluse_queue_oldest_seconds") > QUEUE_OLD_S,
    }
    yield from (trouble for trouble, is_so in found.items() if is_so)


def _is_behind(row: ToldReport, report: NodeReport) -> bool:
    """Whether it had not yet what was changed some time before it reported. 0: it has only begun, and says nothing yet."""
    position = report.figure("ecluse_policy_position")
    return 0 < position < _position(row.heard_at - timedelta(seconds=FOLLOWS_WITHIN_S))


def _is_log_late(report: NodeReport) -> bool:
    complete_until = max(report.figure("ecluse_log_complete_timestamp_seconds"), report.began)
    return report.at - complete_until > LOG_WITHIN_S


def _position(at: datetime) -> int:
    last = PolicyChange.objects.filter(at__lte=at).order_by("-position").values_list("position", flat=True).first()
    return last or 0
