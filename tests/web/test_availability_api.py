"""What availability is measured by, and what months came of, as the provider's programs have it (9-6, 9-7, 10-6, 12-1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django_scopes import scope

from ecluse.control.accounts.roles import Permission, Role
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.queries import entries
from ecluse.control.contracts.models import Contract
from ecluse.control.contracts.states import IN_FORCE
from ecluse.control.sla import mx_checks, probes, servers
from ecluse.control.sla.downtimes import enter_outage
from ecluse.control.sla.models import ForceMajeure, ProbedHour, ServerOutage, ServerPair
from ecluse.control.sla.spans import Span
from ecluse.domain.dns import Answer, DnsStatus
from ecluse.domain.incoming import Direction
from tests.control.cast import OPERATOR
from tests.control.measured import FIRST, SECOND, both_down, points
from tests.web.programs import Program, program_in_role
from tests.web.things import breached, invoiced

MAY = datetime(2026, 5, 20, 12, tzinfo=UTC)
WHEN = {"start": "2026-05-19T10:00:00Z", "end": "2026-05-19T11:00:00+00:00", "reason": "a flood"}


@pytest.fixture
def clock():
    with time_machine.travel(MAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def breach(cast, clock):
    """Of March: an hour of outage."""
    with scope(client=cast.one):
        yield breached(invoiced(cast.one).contract)


def test_outages_and_force_majeure_are_entered_and_taken_back(cast, breach):
    boss, billing = (program_in_role(cast, role) for role in (Role.PROVIDER_OWNER, Role.BILLING))
    cases = (
        ("outages", {"server": FIRST.upper(), "service": "inbound"}, ServerOutage),
        ("force-majeure", {"document": "Arrêté du 19 mai"}, ForceMajeure),
    )
    for path, more, model in cases:
        made = billing.post(path, {**WHEN, **more})
        assert made.status_code == 201, made.content
        row = model.objects.get(pk=made.json()["id"])
        assert (row.start, row.end - row.start) == (int(datetime(2026, 5, 19, 10, tzinfo=UTC).timestamp()), 3_600)
        assert billing.get(path).status_code == 403  # As the page: who enters them need not see nodes.
        newest = boss.get(f"{path}?limit=1").json()["items"][0]
        assert newest == made.json()
        wrong = (
            ({"end": "2026-05-21T11:00:00Z"}, 409),
            ({"end": WHEN["start"]}, 409),
            ({"reason": "  "}, 422),
            ({"start": "0001-01-01T00:00:00+14:00"}, 422),
            ({"server": "mx9.provider.example"}, 422),
        )
        for each, status in wrong:
            assert billing.post(path, {**WHEN, **more, **each}).status_code == status, (path, each)
        back = [boss.post(f"{path}/{row.pk}/withdraw") for _ in "ab"]
        assert [each.status_code for each in back] == [200, 409]
        assert back[0].json()["withdrawn_at"] is not None
        reader = program_in_role(cast, Role.READER)
        assert reader.post(f"{path}/{row.pk}/withdraw").status_code == 403
        assert program_in_role(cast, Role.OWNER).get(path).status_code == 404


def test_a_month_stands_beside_its_sources_and_the_choice_waits(cast, breach, clock):
    support, owner = program_in_role(cast, Role.SUPPORT), program_in_role(cast, Role.OWNER)
    url = f"clients/{cast.one.pk}/sla/months/{breach.closing_id}/sources"
    assert owner.get(url).status_code == 404
    clock.move_to(MAY + timedelta(hours=1))
    told = support.get(url).json()
    assert (told["is_same"], told["broken"], told["broken_today"]) == (True, ["availability"], ["availability"])
    at = {"start": "2026-03-25T12:00:00Z", "end": "2026-03-25T12:07:00Z", "reason": "seen in a log"}
    boss = program_in_role(cast, Role.PROVIDER_OWNER)
    boss.post("outages", {**at, "server": FIRST, "service": "inbound"})
    told = support.get(url).json()
    differ = [
        (each["fact"], each["of"], each["today"] - each["sealed"]) for each in told["facts"] if not each["is_same"]
    ]
    assert (told["is_same"], differ) == (False, [("first-down", "inbound", 7)])
    [waiting] = boss.get("breaches").json()["items"]
    assert (waiting["id"], waiting["client"], waiting["choose_until"]) == (breach.pk, "One", "2026-06-20")
    assert [program.get("breaches").status_code for program in (support, owner)] == [403, 404]
    owner.post(f"clients/{cast.one.pk}/sla/breaches/{breach.pk}/choice", {"remedy": "credit"})
    assert boss.get("breaches").json()["items"] == []


def test_the_month_that_runs_is_read(cast, breach):
    owner, url = program_in_role(cast, Role.OWNER), f"clients/{cast.one.pk}/sla/running-month"
    assert owner.get(url).json() == {"month": None, "services": [], "mx": None}  # It is not in force.
    Contract.objects.filter(pk=breach.contract_id).update(state=IN_FORCE[0])
    both_down(points(2), MAY - timedelta(minutes=20), 5)
    with scope(client=cast.one):
        mx_checks.check(cast.one, (FIRST, SECOND), lambda *_: Answer(DnsStatus.NXDOMAIN), int(MAY.timestamp()))
    told = owner.get(url).json()
    inbound, outbound = told["services"]
    assert (told["month"], inbound["down_s"], inbound["is_kept"], inbound["percent"]) == (
        "2026-05-01",
        300,
        False,
        "99.9887",  # 300 of 2,678,400 seconds.
    )
    assert (outbound["service"], outbound["down_s"], outbound["is_kept"]) == ("outbound", 0, True)
    assert told["mx"] == {
        "at": "2026-05-20T12:00:00Z",
        "names_both": False,
        "missing": {"one.example": [FIRST, SECOND]},
    }


def test_points_are_given_up_and_none_is_made_by_a_key(cast, clock):
    operator, reader = (program_in_role(cast, role) for role in (Role.OPERATOR, Role.READER))
    boss = cast.people[Role.PROVIDER_OWNER]
    by = Actor(ActorKind.PERSON, boss.email, id=boss.pk)
    secret = probes.add_point("Paris", may_lend=[Permission.REPORT_PROBES], by=by)
    [point] = reader.get("vantage-points").json()["items"]
    assert (point["name"], point["heard_at"]) == ("Paris", None)
    assert Program(secret).post("probes/results", {"results": []}).status_code == 200
    assert reader.get("vantage-points").json()["items"][0]["heard_at"] is not None
    assert operator.post("vantage-points", {"name": "Lyon"}).status_code == 405
    where = f"vantage-points/{point['id']}"
    assert [one.call("DELETE", where).status_code for one in (reader, operator, operator)] == [403, 204, 404]
    assert Program(secret).post("probes/results", {"results": []}).status_code == 401
    late = {"said": 1, "followed": 1, "astray": 1, "reason": "nothing came"}
    for each in points(2):
        hour = int(MAY.timestamp()) // 3_600 - 1
        ProbedHour.objects.create(point=each, server=FIRST, service="outbound", hour=hour, **late)
    [astray] = reader.get("mail-astray").json()["items"]
    assert (astray["server"], astray["reason"], astray["when"]) == (
        FIRST,
        "nothing came",
        [{"start": "2026-05-20T11:00:00Z", "end": "2026-05-20T11:01:00Z"}],
    )


def test_a_client_has_other_servers_from_now_on(cast, clock):
    operator, owner = program_in_role(cast, Role.OPERATOR), program_in_role(cast, Role.OWNER)
    url = f"clients/{cast.one.pk}/sla/servers"
    assert owner.get(url).json() == {"items": []}
    assert operator.call("PUT", url, {"first": FIRST, "second": SECOND.upper()}).json()["second"] == SECOND
    clock.shift(60)
    assert operator.call("PUT", url, {"first": SECOND, "second": "mx3.provider.example"}).status_code == 200
    first, second = owner.get(url).json()["items"]
    assert (first["until"], second["first"], second["until"]) == (second["since"], SECOND, None)
    assert operator.call("PUT", url, {"first": FIRST, "second": FIRST.upper()}).status_code == 422
    assert owner.call("PUT", url, {"first": FIRST, "second": SECOND}).status_code == 403
    assert entries(cast.one.pk)[0].action == "sla.servers-assigned"


def test_9_7_the_chart_of_the_last_days_is_read_as_figures(cast, clock):
    program = program_in_role(cast, Role.HELP_DESK)
    where = f"clients/{cast.one.pk}/sla/days"
    assert program.get(where).json() == {"days": [], "services": []}  # It has no servers.
    with scope(client=cast.one):
        servers.assign(cast.one, FIRST, SECOND, by=OPERATOR)
        ServerPair.objects.update(since=int((MAY - timedelta(days=100)).timestamp()))
    midnight = int(MAY.replace(hour=0).timestamp())
    for name in (FIRST, SECOND):  # 30 minutes of the 18th and 90 seconds of the 19th.
        span = Span(midnight - 86_400 - 1_800, midnight - 86_400 + 90)
        enter_outage(name, Direction.INBOUND, span, "a flood", by=OPERATOR)
    enter_outage(FIRST, Direction.OUTBOUND, Span(midnight, midnight + 3_600), "one of both", by=OPERATOR)
    told = program.get(where).json()
    assert (len(told["days"]), told["days"][0], told["days"][-1]) == (30, "2026-04-21", "2026-05-20")
    assert {each["service"]: (len(each["down_minutes"]), each["down_minutes"][-3:]) for each in told["services"]} == {
        "inbound": (30, [30, 2, 0]),
        "outbound": (30, [0, 0, 0]),
    }
    assert program.get(f"{where}?days=2").json()["days"] == ["2026-05-19", "2026-05-20"]
    assert [program.get(f"{where}?{each}").status_code for each in ("days=0", "days=91")] == [422] * 2
    assert program_in_role(cast, Role.USER).get(where).status_code == 403
