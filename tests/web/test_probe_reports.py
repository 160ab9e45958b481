"""What a vantage point says reaches the console by its key: once, whole, and kept while the console is away (9-7, 9-8)."""

from __future__ import annotations

import time

import pytest
from django.utils import timezone
from django_scopes import scope

from ecluse.control.accounts.roles import PERMISSIONS, Permission, Role
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.sla import downtimes, probes, servers
from ecluse.control.sla.astray import Astray, astray_lately, mail_astray
from ecluse.control.sla.models import ProbedHour, VantagePoint
from ecluse.control.sla.spans import Span
from ecluse.domain.errors import Impossible
from ecluse.domain.incoming import Direction
from ecluse.domain.probe_result import MAX_AGE_MIN, MAX_RESULTS
from tests.control.cast import OPERATOR
from tests.control.measured import FIRST, SECOND
from tests.web.programs import Program, program_in_role

LENT = PERMISSIONS[Role.PROVIDER_OWNER]


@pytest.fixture
def world(cast):
    with scope(client=cast.one):
        servers.assign(cast.one, FIRST, SECOND, by=OPERATOR)
    return cast


@pytest.fixture
def minute():
    return int(time.time()) // 60 - 200


def point(cast, name="Paris"):
    olga = cast.people[Role.PROVIDER_OWNER]
    return probes.add_point(name, may_lend=LENT, by=_by(olga))


def _by(user):
    return Actor(ActorKind.PERSON, user.email, id=user.pk)


def said(minute, *, server=FIRST, is_missed=True, service="inbound", **more):
    return {"server": server, "service": service, "minute": minute, "is_missed": is_missed, **more}


def tell(program, *results):
    return program.post("probes/results", {"results": list(results)})


def test_what_two_points_miss_is_down(world, minute):
    for name in ("Paris", "Lyon"):
        answer = tell(
            Program(point(world, name)), said(minute, reason="451 4.3.0 no"), said(minute + 1, is_missed=False)
        )
        assert answer.json() == {"new": 2, "known": 0, "left": 0}
    span = Span(minute * 60, minute * 60 + 600)
    found = downtimes.watched(FIRST, Direction.INBOUND, span)
    assert found.down == (Span(minute * 60, minute * 60 + 60),)
    assert found.unwatched_s == 480
    assert {each.reason for each in ProbedHour.objects.all()} == {"451 4.3.0 no"}


def test_told_twice_the_first_word_stands(world, minute):
    program = Program(point(world))
    tell(program, said(minute))
    assert tell(program, said(minute, is_missed=False), said(minute + 1)).json() == {"new": 1, "known": 1, "left": 0}
    [row] = ProbedHour.objects.filter(hour=minute // 60)
    assert row.missed >> minute % 60 & 1


def test_what_is_too_old_to_come_or_of_no_server_is_left(world, minute):
    program, now = Program(point(world)), int(time.time()) // 60
    results = [said(now + 10), said(now - MAX_AGE_MIN - 1), said(minute, server="mx9.other.example")]
    assert tell(program, *results).json() == {"new": 0, "known": 0, "left": 3}
    assert not ProbedHour.objects.exists()


def test_mail_astray_is_shown_and_alarmed_and_no_outage(world):
    """A minute that two points did not see arrive: decision 0038."""
    now = int(time.time()) // 60
    late, once = now - 20, now - 19
    for name, minutes in (("Paris", (late, once)), ("Lyon", (late,))):
        results = [said(one, service="outbound", is_missed=False) for one in (late, once)]
        results += [said(one, service="outbound", step="arrival", reason="did not arrive") for one in minutes]
        results += [said(now - 18, service="outbound", step="arrival", is_missed=False)]
        assert tell(Program(point(world, name)), *results).json()["left"] == 0
    span = Span((now - 30) * 60, now * 60)
    assert downtimes.watched(FIRST, Direction.OUTBOUND, span).down == ()
    assert downtimes.watched(FIRST, Direction.OUTBOUND, span).unwatched_s == 28 * 60  # Two were spoken of.
    assert mail_astray(span) == [Astray(FIRST, (Span(late * 60, late * 60 + 60),), "did not arrive")]
    assert astray_lately(timezone.now()) == {FIRST: 1, SECOND: 0}
    told = world.browser(Role.PROVIDER_OWNER).get("/provider/availability/").text
    assert "did not arrive" in told.partition("Outbound mail that did not arrive in time")[2]


@pytest.mark.parametrize(
    "bad",
    [
        {"results": [{"server": FIRST}]},
        {"results": [said(-1)]},
        {"results": [said(1, reason="x" * 301)]},
        {"results": [said(1)] * (MAX_RESULTS + 1)},
        {"results": [said(1, service="sideways")]},
        {"results": [said(1, step="nowhere")]},
    ],
)
def test_what_is_no_result_is_refused(world, bad):
    assert Program(point(world)).post("probes/results", bad).status_code == 422


def test_only_a_points_own_key_speaks_for_it(world, minute):
    assert tell(program_in_role(world, Role.PROVIDER_OWNER), said(minute)).status_code == 404
    assert tell(program_in_role(world, Role.OWNER), said(minute)).status_code in {403, 404}
    assert tell(Program("ecl_guess"), said(minute)).status_code == 401
    secret = point(world)
    probes.give_up(VantagePoint.objects.get(), by=OPERATOR)
    assert tell(Program(secret), said(minute)).status_code == 401
    assert not ProbedHour.objects.exists()


def test_a_points_key_opens_nothing_else(world):
    program = Program(point(world))
    assert program.get("clients").json()["items"] == []
    for path in ("nodes", "queues", f"clients/{world.one.pk}/log"):
        assert program.get(path).status_code in {403, 404}, path


def test_there_are_three_points_at_most_each_with_a_name(world):
    for name in ("Paris", "Lyon", "Lille"):
        point(world, name)
    with pytest.raises(Impossible):
        point(world, "Brest")
    probes.give_up(VantagePoint.objects.get(name="Lille"), by=OPERATOR)
    with pytest.raises(Impossible):
        point(world, "Paris")
    point(world, "Brest")
    assert [each.name for each in probes.points()] == ["Brest", "Lyon", "Paris"]
    assert Permission.REPORT_PROBES in LENT
