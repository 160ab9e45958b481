"""Vantage points, and what they say: each has a key of its own, and its first word on a minute stands (9-7, 9-8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from ecluse.control.accounts.links import digest_of
from ecluse.control.accounts.roles import Permission
from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.programs.models import ApiKey
from ecluse.control.programs.services import make_key, revoke_key
from ecluse.control.sla.models import ProbedHour, VantagePoint
from ecluse.control.sla.probed import MINUTE_S, MINUTES
from ecluse.control.sla.servers import all_names_ever
from ecluse.control.tenants.owned import scope_of
from ecluse.domain.errors import Impossible
from ecluse.domain.incoming import Direction
from ecluse.domain.probe_result import MAX_AGE_MIN, MAX_REASON, ProbeResult, Step

__all__ = ["VantagePoint"]

MOST_POINTS = 3  # With more of them two would be no majority.
_AHEAD_MIN = 2  # How far a point's clock may be.
_MASKS = {Step.REPLY: ("said", "missed"), Step.ARRIVAL: ("followed", "astray")}  # Of `ProbedHour`.


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of results."""

    new: int
    known: int  # The point had spoken on that minute before.
    left: int  # Too old, or to come, or of a server that no client was given.


def points() -> list[VantagePoint]:
    """Those in use, by name."""
    with scope_of(None):  # Their keys are the provider's.
        return list(VantagePoint.objects.filter(until=None).select_related("key"))


def silences(now: datetime) -> dict[str, float]:
    """Seconds since each of those was heard last, or was added."""
    return {each.name: max(0.0, (now - (each.heard_at or each.since)).total_seconds()) for each in points()}


def find_point(pk: int) -> VantagePoint | None:
    """In use."""
    return next((each for each in points() if each.pk == pk), None)


def point_of(key: ApiKey) -> VantagePoint | None:
    """Whose key it is; None for any other key, and for a point that is given up."""
    return VantagePoint.objects.filter(key=key, until=None).first()


def add_point(name: str, *, may_lend: Collection[Permission], by: Actor) -> str:
    """One more: the secret of its key, which is told once. Raises `Impossible` for a fourth, or a name that is taken."""
    name = name.strip()[:100]
    with change(by=by) as act:
        taken = [each.name for each in points()]
        if not name or name in taken or len(taken) >= MOST_POINTS:
            raise Impossible("there are three vantage points at most, each with its name")
        secret = make_key(
            None, f"probe: {name}"[:100], [Permission.REPORT_PROBES], may_lend=may_lend, expires_at=None, by=by
        )
        with scope_of(None):
            key = ApiKey.objects.get(digest=digest_of(secret))
        row = VantagePoint.objects.create(name=name, key=key, since=act.at)
        act.record("sla.point-added", row, after={"name": name})
        return secret


def give_up(point: VantagePoint, *, by: Actor) -> None:
    """It says nothing more; what it has said stands."""
    with change(by=by) as act:
        if not VantagePoint.objects.filter(pk=point.pk, until=None).update(until=act.at):
            raise Impossible("it was given up before")
        revoke_key(point.key, by=by)
        act.record("sla.point-given-up", point, before={"name": point.name})


def take(point: VantagePoint, results: Iterable[ProbeResult], now: datetime) -> Taken:
    """Keep what it says. Told again, in part or as a whole, nothing changes."""
    servers = all_names_ever()
    minute_now = int(now.timestamp()) // MINUTE_S
    hours: dict[tuple[str, Direction, int], list[ProbeResult]] = defaultdict(list)
    left = new = known = 0
    for each in results:
        is_timely = minute_now - MAX_AGE_MIN <= each.minute <= minute_now + _AHEAD_MIN
        if is_timely and each.server.casefold() in servers:
            hours[each.server.casefold(), each.service, each.minute // MINUTES].append(each)
        else:
            left += 1
    with transaction.atomic():
        for (server, service, hour), found in sorted(hours.items(), key=lambda item: item[0]):
            fresh = _note(point, server, service, hour, found)
            new, known = new + fresh, known + len(found) - fresh
        VantagePoint.objects.filter(pk=point.pk).update(heard_at=now)
    return Taken(new, known, left)


def _note(point: VantagePoint, server: str, service: Direction, hour: int, results: Iterable[ProbeResult]) -> int:
    """How many of them are news."""
    row, _ = ProbedHour.objects.select_for_update().get_or_create(
        point=point, server=server, service=service, hour=hour
    )
    count = 0
    for each in results:
        bit = 1 << each.minute % MINUTES
        said, missed = _MASKS[each.step]
        if getattr(row, said) & bit:
            continue
        count += 1
        setattr(row, said, getattr(row, said) | bit)
        if each.is_missed:
            setattr(row, missed, getattr(row, missed) | bit)
            row.reason = each.reason[:MAX_REASON]
    if count:
        row.save()
    return count
