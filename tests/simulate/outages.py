"""Servers that are down, as three vantage points see it and the provider enters it, and the DNS of clients: the truth, by minutes.

What the product makes of it is held against sets of minutes here: no spans, no masks.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING

from ecluse.control.accounts.models import User
from ecluse.control.accounts.roles import Permission
from ecluse.control.sla import downtimes, mx_checks, probes, servers
from ecluse.control.sla.spans import Span
from ecluse.domain.dns import Answer, DnsStatus, Mx
from ecluse.domain.incoming import Direction
from ecluse.domain.probe_result import ProbeResult
from tests.simulate.spans import later

if TYPE_CHECKING:
    from tests.simulate.books import Known
    from tests.simulate.world import World

EXCHANGES = ("mx1.provider.example", "mx2.provider.example", "mx3.provider.example")
MINUTE_S = 60
OUTAGES_A_DAY = 0.03
# What each point says of a minute: it missed the reply, it had it, or it is silent. Two that missed it: down (9-8).
_MISSED, _HAD, _SILENT = "missed", "had", "silent"
_SEEN = {
    (_MISSED, _MISSED, _MISSED): 5,
    (_MISSED, _MISSED, _HAD): 3,
    (_MISSED, _MISSED, _SILENT): 3,
    (_MISSED, _HAD, _HAD): 1,
    (_MISSED, _SILENT, _SILENT): 1,
}
_MINUTES = (3, 4, 5, 30, 59, 60, 61, 119, 120, 299, 300, 340)
_TOGETHER = ((0,), (0, 1), (1, 2), (0, 2), (0, 1, 2), (0, 1, 2))
_BOTH = tuple(Direction)
_SERVICES = ((Direction.INBOUND,), (Direction.OUTBOUND,), _BOTH, _BOTH)
_FIRST_ONES = 40  # Days: then comes an outage of everything, which a short simulation sees, too.


class Network:
    """Servers, points and the DNS; `live` is one evening."""

    def __init__(self, world: World, seed: str) -> None:
        self.world = world
        self.down: defaultdict[tuple[str, Direction], set[int]] = defaultdict(set)  # Minutes since the epoch.
        self.excused: set[int] = set()  # Force majeure (12-1).
        self.wrong_mx: set[int] = set()  # Clients.
        self.looks: defaultdict[int, list[tuple[int, bool]]] = defaultdict(
            list
        )  # Client -> minute, whether it was right.
        self._dice = random.Random(f"{seed}/network")
        self._points = self._set_up()

    def _set_up(self) -> list[probes.VantagePoint]:
        maker = User.objects.create_user("points@provider.example", "correct horse battery staple")
        by = self.world.person(maker)
        for name in ("north", "south", "west"):
            probes.add_point(name, may_lend=tuple(Permission), by=by)
        return probes.points()

    def live(self) -> None:
        """What was down today is told, servers are given to who has none, and the DNS is looked at once a week."""
        self._given()
        is_the_first = (self.world.today - self.world.first_day).days == _FIRST_ONES
        if is_the_first:
            self._break(EXCHANGES, _BOTH, 150, (_MISSED, _MISSED, _MISSED))
        elif self._dice.random() < OUTAGES_A_DAY:
            names = tuple(EXCHANGES[each] for each in self._dice.choice(_TOGETHER))
            said = self._dice.choices(list(_SEEN), list(_SEEN.values()))[0]
            self._break(names, self._dice.choice(_SERVICES), self._dice.choice(_MINUTES), said)
        if self.world.today.weekday() == 0:
            self._look_at_mx()

    def _given(self) -> None:
        """At once: the job does it within a minute."""
        servers.assign_due(EXCHANGES)
        for company in self.world.companies:
            known = company.known
            company.is_measured |= known is not None and not known.is_over(self.world.local(known))

    def _break(
        self, names: tuple[str, ...], services: tuple[Direction, ...], minutes: int, said: tuple[str, ...]
    ) -> None:
        """Somewhen between six and noon, UTC."""
        start = self.world.minute() // 1_440 * 1_440 + 360 + self._dice.randint(0, 60)
        span = range(start, start + minutes)
        if self._dice.random() < 0.1:
            self._enter(names, services, span)
        else:
            self._probe(names, services, span, said)
        if self._dice.random() < 0.15:
            excused = span[len(span) // 2 :] if self._dice.random() < 0.5 else span
            when = Span(excused.start * MINUTE_S, excused.stop * MINUTE_S)
            downtimes.enter_force_majeure(when, "a flood", "The prefect's order.", by=self.world.operator)
            self.excused.update(excused)

    def _probe(
        self, names: tuple[str, ...], services: tuple[Direction, ...], span: range, said: tuple[str, ...]
    ) -> None:
        places = self._dice.sample(said, len(said))
        for point, word in zip(self._points, places, strict=True):
            results = [
                ProbeResult(name, service, minute, word == _MISSED, "timed out")
                for name in names
                for service in services
                for minute in span
                if word != _SILENT
            ]
            probes.take(point, results, self.world.now)
            probes.take(point, results, self.world.now)  # It had not heard that it was taken.
        if said.count(_MISSED) > 1:
            self._note(names, services, span)

    def _enter(self, names: tuple[str, ...], services: tuple[Direction, ...], span: range) -> None:
        """What no probe saw; some of it was a mistake."""
        when = Span(span.start * MINUTE_S, span.stop * MINUTE_S)
        is_a_mistake = self._dice.random() < 0.3
        for name in names:
            for service in services:
                row = downtimes.enter_outage(name, service, when, "a switch burnt", by=self.world.operator)
                if is_a_mistake:
                    downtimes.withdraw(row, by=self.world.operator)
        if not is_a_mistake:
            self._note(names, services, span)

    def _note(self, names: tuple[str, ...], services: tuple[Direction, ...], span: range) -> None:
        for name in names:
            for service in services:
                self.down[name, service].update(span)

    def _look_at_mx(self) -> None:
        """Some clients name none of the servers, for some weeks (9-9)."""
        for company in self.world.companies:
            if company.client_id is not None and self._dice.random() < 0.02:
                self.wrong_mx ^= {company.client_id}
        mx_checks.check_due(self._mx_of, int(self.world.now.timestamp()))
        for company in self.world.companies:
            if company.is_measured:
                self.looks[company.client_id].append((self.world.minute(), company.client_id not in self.wrong_mx))

    def _mx_of(self, name: str, _kind: str) -> Answer:
        client = next(each.client_id for each in self.world.companies if name in each.character.domains)
        named = () if client in self.wrong_mx else EXCHANGES
        return Answer(DnsStatus.OK, tuple(Mx(10, each) for each in named))

    # -- What a month came to

    def counted(self, known: Known, pair: tuple[str, str], service: Direction, within: range) -> set[int]:
        """Minutes of a month in which both of a client's servers were down, and that count (9-8, 9-9, 12-1)."""
        both = self.down[pair[0], service] & self.down[pair[1], service]
        found = {each for each in both if each in within} - self.excused
        if service is Direction.INBOUND:
            found = {each for each in found if self._was_right(known.client, each)}
        return found

    def _was_right(self, client: int, minute: int) -> bool:
        said = [is_right for at, is_right in self.looks[client] if at <= minute]
        return not said or said[-1]


def month_minutes(first_day: date, zone: tzinfo) -> range:
    """From its first midnight there to the next month's."""
    edges = (datetime(day.year, day.month, 1, tzinfo=zone) for day in (first_day, later(first_day.replace(day=1), 1)))
    begin, end = (int(each.timestamp()) // MINUTE_S for each in edges)
    return range(begin, end)


def months(first_day: date) -> Iterator[date]:
    """The first days of this day's month and of all that follow."""
    day = first_day.replace(day=1)
    while True:
        yield day
        day = later(day, 1)
