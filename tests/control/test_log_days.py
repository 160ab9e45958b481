"""How long a client's messages are kept by its own wish, and what hangs on that (15-8, decision 0039)."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
from django_scopes import scope

from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.control.abuse.busy_days import BusyDay, note_busy_days
from ecluse.control.abuse.late_flags import forget_old
from ecluse.control.attempts.rows import LONGEST_PAUSE
from ecluse.control.mail.late_flags import LateFlag
from ecluse.control.mail.log import exported, rows, story
from ecluse.control.mail.objections import ANSWER_WITHIN_S, Objection
from ecluse.control.mail.rates import WINDOW_H, rates_of, span_of
from ecluse.control.policies.services import set_wishes
from ecluse.control.privacy.old_rows import purge_old_rows
from ecluse.control.sla.availability import Month
from ecluse.control.sla.figures import month_hours
from ecluse.control.sla.gathering import claims_until
from ecluse.control.sla.virus_weeks import virus_figures
from ecluse.domain.language import Language
from ecluse.domain.log_figures import HOUR_S
from ecluse.domain.log_search import LogSearch
from ecluse.domain.purge import LEAST_LOG_DAYS
from ecluse.wire.wishes import Wishes, read_wishes
from tests.contract.message_log.contract import outcome, recipient
from tests.control.cast import ADMIN, client
from tests.control.measured import claim

DAY_S = 86_400.0
NOW = time.time()
LATE_S = LONGEST_PAUSE.total_seconds() + HOUR_S  # Of the job, which runs each hour.


def test_seventy_days_are_the_fewest_at_which_a_month_is_closed_with_all_that_counts_in_it():
    """The message that came first, and the claim that is answered last; then a job that is a day late."""
    waits = []
    for month in (
        Month.of(date(year, number, 1), ZoneInfo("Europe/Paris"))
        for year in range(2024, 2032)
        for number in range(1, 13)
    ):
        first = (month_hours(month)[0] - WINDOW_H) * HOUR_S
        waits.append(claims_until(month).timestamp() + ANSWER_WITHIN_S + LATE_S - first)
    assert LEAST_LOG_DAYS - 1 < max(waits) / DAY_S <= LEAST_LOG_DAYS


@pytest.mark.parametrize("days", [69, 366, 0, -70, 70.5, "70", True])
def test_fewer_days_or_more_cannot_be_wished(days):
    with pytest.raises(msgspec.ValidationError):
        read_wishes({"log_days": days})


@pytest.fixture
def log(tmp_path):
    log = SqliteMessageLog(tmp_path / "log")
    yield log
    log.close()


@pytest.fixture
def two():
    """Two clients; the first has its messages kept for seventy days."""
    one, other = client("One"), client("Two")
    with scope(client=one):
        set_wishes(one, Wishes(log_days=70), by=ADMIN)
    return one, other


def came(log, whose, days_ago):
    event = outcome(NOW - days_ago * DAY_S, recipient(f"ann@{whose.name.lower()}.example"), client=whose.name)
    log.append([event])
    return event


@pytest.mark.django_db
def test_a_message_is_shown_for_exactly_its_clients_days_whenever_the_purge_has_run(log, two):
    shown = {}
    for whose in two:
        old, young = came(log, whose, 70 + 1 / 86_400), came(log, whose, 70 - 1 / 86_400)
        with scope(client=whose):
            page = rows(log, whose.name, LogSearch(), NOW)
            told = [story(log, whose.name, each.id, Language.ENGLISH, NOW) is not None for each in (old, young)]
            shown[whose.name] = [len(page.rows), len(list(exported(log, whose.name, LogSearch(), NOW))), *told]
    assert shown == {"One": [1, 1, False, True], "Two": [2, 2, True, True]}


@pytest.mark.django_db
def test_what_was_frozen_of_its_messages_goes_with_them_and_another_clients_stays(log, two):
    """Claims with their evidence, late flags, busy days: each of 71 and of 69 days ago, at both clients."""
    for whose in two:
        for days in (71, 69):
            event = came(log, whose, days)
            with scope(client=whose):
                claim(whose, event, to=f"ann@{whose.name.lower()}.example")
                LateFlag.objects.create(
                    client=whose, campaign="f0", cause="scanner", message=event.id, recipient="ann", sender="bob",
                    received_at=event.at, flagged_at=event.at,
                )  # fmt: skip
                day = datetime.fromtimestamp(event.at, UTC).date()
                BusyDay.objects.create(client=whose, day=day, direction="inbound", address="ann", messages=450)
    purge_old_rows(datetime.fromtimestamp(NOW, UTC))
    forget_old(NOW)
    note_busy_days(log, NOW)
    left = {}
    for whose in two:
        with scope(client=whose):
            left[whose.name] = [model.objects.count() for model in (Objection, LateFlag, BusyDay)]
    assert left == {"One": [1, 1, 1], "Two": [2, 2, 2]}


@pytest.mark.django_db
def test_rates_are_told_of_weeks_that_are_there_as_a_whole(log, two):
    for whose, days in zip(two, (63, 90), strict=True):
        with scope(client=whose):
            found = rates_of(log, whose, 90, NOW)
            assert {len(each.windows) for each in found.values()} == {days * 24}
            assert {len(each.weeks) for each in virus_figures(log, whose, 90, NOW).values()} == {days * 24}
            assert span_of(whose, 30) == 30
