"""How long a client's messages are kept by its own wish, and what hangs on that (15-8, decision 0039)."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ecluse.control.attempts.rows import LONGEST_PAUSE
from ecluse.control.mail.objections import ANSWER_WITHIN_S
from ecluse.control.mail.rates import WINDOW_H
from ecluse.control.sla.availability import Month
from ecluse.control.sla.figures import month_hours
from ecluse.control.sla.gathering import claims_until
from ecluse.domain.log_figures import HOUR_S
from ecluse.domain.purge import LEAST_LOG_DAYS
from ecluse.wire.wishes import read_wishes

DAY_S = 86_400.0
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
