"""The page of the purge clocks (15-4, 15-7, 15-8)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from ecluse.control.accounts.roles import Role
from ecluse.control.privacy import clocks
from ecluse.control.privacy.models import PurgeRun
from ecluse.domain.purge import CLOCKS, Clock, Purged
from ecluse.web.backoffice.clocks import CLOCK_WORDS, PURGED_WORDS


def test_a_clock_that_stands_still_is_seen(cast):
    browser = cast.browser(Role.READER)
    assert "No run yet" in browser.get("/provider/clocks/").text
    now = timezone.now()
    for purged in clocks.BY_US:
        clocks.note_run(purged, now - timedelta(hours=1), now - timedelta(days=300), 7)
    page = browser.get("/provider/clocks/").text
    assert ">runs<" in page
    assert "stands still" not in page
    PurgeRun.objects.filter(purged=Purged.TRAIL).update(at=now - timedelta(hours=25))
    page = browser.get("/provider/clocks/").text
    assert "stands still" in page
    assert "A clock has not run for a day" in page


def test_the_runs_of_one_store_and_all_as_a_table(cast):
    browser = cast.browser(Role.OPERATOR)
    now = timezone.now()
    clocks.note_run(Purged.TRAIL, now, None, 123)
    clocks.note_run(Purged.SIGN_INS, now, None, 456)
    runs = browser.get("/provider/clocks/?store=trail&node=").text.partition("<h2")[2]
    assert "123" in runs
    assert "456" not in runs
    table = browser.get("/provider/clocks/export").getvalue().decode()
    assert "trail" in table
    assert "456" in table
    assert browser.get("/provider/clocks/?store=nonsense").status_code == 200


@pytest.mark.parametrize("who", [Role.BILLING])
def test_nobody_else_sees_them(cast, who):
    assert cast.browser(who).get("/provider/clocks/").status_code == 403


def test_every_clock_and_store_has_words():
    assert set(CLOCK_WORDS) == set(Clock)
    assert set(PURGED_WORDS) == set(CLOCKS)
