"""What a closed month should have come to, counted a second time and in another way: minute by minute, window by window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from ecluse.control.sla.models import MonthClosing, ServerPair
from ecluse.domain.incoming import Direction
from tests.simulate.claims import HOUR_S, WINDOW_H, Said
from tests.simulate.outages import MINUTE_S, month_minutes

if TYPE_CHECKING:
    from tests.simulate.books import Known
    from tests.simulate.world import World

CLAIMS_AFTER = timedelta(days=15)


@dataclass(frozen=True, slots=True)
class Month:
    """As the simulation has it."""

    down_s: dict[str, int]  # By service.
    any_down_s: int  # Of any of them, each minute once (10-4).
    worst: Fraction  # Percent of wrong verdicts of the most critical week (10-3).
    broken: frozenset[str]


@dataclass(frozen=True, slots=True)
class Week:
    """What was done and said in seven days."""

    mails: int  # That came.
    sent: int
    blocked: int
    passed: int
    viruses: int


def month_of(world: World, row: MonthClosing) -> Month:
    """Of the closing's contract, from what was done."""
    known, minutes = world.books.contracts[row.contract_id], month_minutes(row.month, row.contract.zone)
    served = _served(known, row)
    down = {each: _down(world, known, served, minutes, each) for each in _services(known)}
    weeks = _weeks(world, known, row, served, minutes) if known.bundle.has_inbound else []
    broken = set()
    if any(len(each) * 10_000 > len(minutes) for each in down.values()):
        broken.add("availability")  # 9-7.
    if any(_is_broken(each) for each in weeks):
        broken.add("verdicts")  # 9-3, 9-4.
    if any(each.viruses > -(-(each.mails + each.sent) // 1_000) for each in weeks):
        broken.add("viruses")  # 9-1, 9-5: of both services.
    wrong = (100 * Fraction(each.blocked + each.passed, each.mails) for each in weeks if each.mails)
    worst = max(wrong, default=0)
    return Month(
        {name.value: MINUTE_S * len(each) for name, each in down.items()},
        MINUTE_S * len(set().union(*down.values())),
        Fraction(worst),
        frozenset(broken),
    )


def _is_broken(week: Week) -> bool:
    mails, blocked, passed = week.mails, week.blocked, week.passed
    return (blocked > 0 and 10_000 * blocked >= mails) or (passed > 0 and 200 * passed >= mails)


def _services(known: Known) -> list[Direction]:
    has = {Direction.INBOUND: known.bundle.has_inbound, Direction.OUTBOUND: known.bundle.has_outbound}
    return [each for each, is_had in has.items() if is_had]


def _served(known: Known, row: MonthClosing) -> range:
    """Seconds."""
    begun = datetime(known.first_day.year, known.first_day.month, known.first_day.day, tzinfo=known.zone)
    over = row.contract.over_at
    return range(int(begun.timestamp()), 2**40 if over is None else int(over.timestamp()))


def _down(world: World, known: Known, served: range, minutes: range, service: Direction) -> set[int]:
    pair = ServerPair.objects.get(client_id=known.client)
    found = world.network.counted(known, pair.names, service, minutes)
    return {each for each in found if each * MINUTE_S in served and each * MINUTE_S >= pair.since}


def _weeks(world: World, known: Known, row: MonthClosing, served: range, minutes: range) -> list[Week]:
    """Each window that ends in the month, if anything was said in it."""
    until = minutes.stop * MINUTE_S + CLAIMS_AFTER.total_seconds()
    said = [each for each in world.claims.counting(known.client, until) if _is_within(each.hour, served)]
    if not said:
        return []
    name = row.client.name
    sent = world.claims.sent[name] if known.bundle.has_outbound else {}
    came, went = (
        [(hour, number) for hour, number in each.items() if _is_within(hour, served)]
        for each in (world.claims.verdicts[name], sent)
    )
    ends = range(minutes.start // 60 + 1, minutes.stop // 60 + 1)
    return [_week(end, came, went, said, until) for end in ends]


def _is_within(hour: int, served: range) -> bool:
    return hour * HOUR_S >= served.start and hour * HOUR_S < served.stop


def _week(end: int, came: list[tuple[int, int]], went: list[tuple[int, int]], said: list[Said], until: float) -> Week:
    mine = [each for each in said if end - WINDOW_H <= each.hour < end]
    counted = [each for each in mine if not each.is_excluded]
    return Week(
        *(sum(number for hour, number in hours if end - WINDOW_H <= hour < end) for hours in (came, went)),
        blocked=sum(each.is_blocked for each in counted),
        passed=sum(not each.is_blocked for each in counted),
        viruses=sum(each.virus_at is not None and each.virus_at < until for each in mine),
    )
