"""The purge clocks leave their proofs, and are missed when they stand still (11-2, 15-4, 15-7, 15-8)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import time_machine
from axes.models import AccessLog
from django_scopes import scope
from structlog.testing import capture_logs

from ecluse.control.accounts.models import Invitation, SignInLink, User
from ecluse.control.mail.models import Objection
from ecluse.control.operation.models import ToldReport
from ecluse.control.policies.forgetting import KEPT, forget_changes
from ecluse.control.policies.models import PolicyChange, PublishedObject
from ecluse.control.privacy import clocks
from ecluse.control.privacy.models import PurgeRun
from ecluse.control.tenants import services as tenants
from ecluse.domain.node_report import NodeReport
from ecluse.domain.purge import Purged
from ecluse.domain.purge import PurgeRun as ToldRun
from ecluse.entrypoints import worker_jobs
from ecluse.entrypoints.settings_tables import Settings
from tests.control.cast import ADMIN, ROUTE, client

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def reports(node="mx1.gateway.test", began=NOW - 3 * DAY, **runs):
    """A node tells its newest runs: so long ago, and the age of the oldest then."""
    told = tuple(
        ToldRun(Purged[name], (NOW - ago).timestamp(), (NOW - ago - age).timestamp() if age else 0.0, 1)
        for name, (ago, age) in runs.items()
    )
    body = msgspec.msgpack.encode(NodeReport("1", NOW.timestamp(), began.timestamp(), purges=told))
    ToldReport.objects.update_or_create(node=node, defaults={"body": body, "heard_at": NOW})


def of_nodes(now=NOW):
    return {each.purged: each for each in clocks.standings(now) if each.node}


def test_a_run_that_a_node_tells_is_noted_once():
    reports(HELD_MAIL=(HOUR, 29 * DAY), JOURNAL=(HOUR, None))
    assert clocks.take_in() == 2
    assert clocks.take_in() == 0
    run = PurgeRun.objects.get(purged=Purged.HELD_MAIL)
    assert (run.node, run.at, run.oldest_at, run.removed) == ("mx1.gateway.test", NOW - HOUR, NOW - HOUR - 29 * DAY, 1)
    assert PurgeRun.objects.get(purged=Purged.JOURNAL).oldest_at is None
    reports(HELD_MAIL=(timedelta(), 29 * DAY))
    assert clocks.take_in() == 1


@pytest.mark.parametrize(("ago", "is_late"), [(24 * HOUR, False), (24 * HOUR + timedelta(seconds=1), True)])
def test_a_clock_that_has_not_run_for_a_day_stands_still(ago, is_late):
    reports(HELD_MAIL=(ago, None))
    clocks.take_in()
    assert of_nodes()[Purged.HELD_MAIL].is_late is is_late


def test_one_that_a_node_has_never_told_stands_still_a_day_after_its_start():
    reports(began=NOW - 2 * DAY)
    assert all(each.is_late for each in of_nodes().values())
    reports(began=NOW - 23 * HOUR)
    assert not any(each.is_late for each in of_nodes().values())


@pytest.mark.parametrize(
    ("store", "age", "is_over"),
    [
        ("HELD_MAIL", 31 * DAY, False),
        ("HELD_MAIL", 31 * DAY + timedelta(seconds=1), True),
        ("OUTAGE_MAIL", 192 * HOUR, False),
        ("OUTAGE_MAIL", 193 * HOUR, True),
        ("MESSAGE_LOG", 366 * DAY, False),
        ("MESSAGE_LOG", 367 * DAY, True),
    ],
)
def test_one_that_leaves_what_is_too_old_is_wrong_though_it_runs(store, age, is_over):
    reports(**{store: (HOUR, age)})
    clocks.take_in()
    assert of_nodes()[Purged[store]].is_over is is_over


def test_the_worker_says_so_once_and_again_when_it_is_over(tmp_path):
    settings = Settings(hostname="gateway.test", data_dir=tmp_path)

    def said(at):
        with time_machine.travel(at, tick=False), capture_logs() as logs:
            worker_jobs.JOBS["purge clocks"].work(settings)
        return [(each["event"], each["store"]) for each in logs if each.get("node")]

    everything = dict.fromkeys(("OUTAGE_MAIL", "WAITING_MAIL", "JOURNAL", "MESSAGE_LOG"), (timedelta(), None))
    reports(HELD_MAIL=(2 * DAY, None), **everything)
    assert said(NOW) == [("purge clock is wrong", "held-mail")]
    assert said(NOW + HOUR) == []
    reports(HELD_MAIL=(timedelta(), None), **everything)
    assert said(NOW + HOUR) == [("purge clock is right again", "held-mail")]


def test_the_worker_purges_what_is_a_year_old_and_leaves_its_own_proofs(tmp_path):
    one = client("One")
    settings = Settings(hostname="gateway.test", data_dir=tmp_path)
    ages = (366 * DAY, 364 * DAY)
    user = User.objects.create_user("eve@one.example")
    for number, age in enumerate(ages):
        row = AccessLog.objects.create(username="eve", path_info="/")
        AccessLog.objects.filter(pk=row.pk).update(attempt_time=NOW - age)
        made = Invitation.objects.create(email="e@x.example", role="user", digest=bytes([number]), expires_at=NOW)
        Invitation.objects.filter(pk=made.pk).update(created_at=NOW - age)
        SignInLink.objects.create(user=user, digest=bytes([number]), expires_at=NOW - age + 364 * DAY)
        with scope(client=one):
            at = (NOW - age).timestamp()
            Objection.objects.create(
                client=one,
                message=f"m{number}",
                recipient="eve@one.example",
                received_at=at,
                kind="blocked",
                state="open",
                raised_by="eve",
                raised_at=at,
                evidence={},
            )
    with time_machine.travel(NOW, tick=False):
        for job in ("old rows", "audit trail", "held mail"):
            worker_jobs.JOBS[job].work(settings)
    with scope(client=one):
        assert [each.message for each in Objection.objects.all()] == ["m1"]
    assert AccessLog.objects.count() == Invitation.objects.count() == SignInLink.objects.count() == 1
    runs = {run.purged: run for run in PurgeRun.objects.all()}
    assert set(runs) == set(clocks.BY_US)
    assert (runs[Purged.SIGN_INS].removed, runs[Purged.SIGN_INS].oldest_at) == (2, NOW - 364 * DAY)
    assert (runs[Purged.OBJECTIONS].removed, runs[Purged.OBJECTIONS].oldest_at) == (1, NOW - 364 * DAY)


def test_proofs_are_kept_for_a_year():
    for age in ages_of(365 * DAY):
        clocks.note_run(Purged.TRAIL, NOW - age, None, 0)
    assert clocks.forget_old(NOW) == 1
    assert PurgeRun.objects.count() == 1


def ages_of(limit):
    return limit - timedelta(seconds=1), limit + timedelta(seconds=1)


def test_what_nodes_need_not_be_told_any_more_is_forgotten_and_names_nobody():
    one = client("One")
    with time_machine.travel(NOW - 40 * DAY, tick=False), scope(client=one):
        domain = tenants.add_domain(one, "one.example", [ROUTE], by=ADMIN)
        gone, stays = (tenants.add_address(domain, local, by=ADMIN) for local in ("eve", "paul"))
        tenants.remove_address(gone, by=ADMIN)
        tenants.add_address(domain, "later", by=ADMIN)  # The newest change stays, whatever its age.
    assert forget_changes(NOW - 40 * DAY + KEPT) == 0
    assert forget_changes(NOW) > 0
    assert PolicyChange.objects.count() == 1
    assert not PublishedObject.objects.filter(key__contains="eve@").exists()
    assert PublishedObject.objects.filter(key=stays.key, kind="address").exists()
    assert forget_changes(NOW) == 0


def test_what_is_forgotten_leaves_no_gap_that_a_node_would_fall_into():
    """Two changes at once: the later one in the order of positions may bear the earlier time."""
    ages = (timedelta(days=40), timedelta(days=29), timedelta(days=31), timedelta(days=1))
    for position, age in enumerate(ages, 1):
        key = f"a{position}@one.example"
        PolicyChange.objects.create(position=position, kind="address", key=key, at=NOW - age)
        PublishedObject.objects.create(kind="address", key=key, version=position, body=None)
    forget_changes(NOW)
    assert list(PolicyChange.objects.values_list("position", flat=True)) == [2, 3, 4]
    assert list(PublishedObject.objects.order_by("version").values_list("version", flat=True)) == [2, 3, 4]
