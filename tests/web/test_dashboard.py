"""The dashboard tells what the log tells: figures, charts and the same as tables."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import date, timedelta

import pytest

from ecluse.control.accounts.roles import Role
from ecluse.control.mail.traffic import Share, traffic_of
from ecluse.domain.errors import Unavailable
from ecluse.domain.event import Ending
from ecluse.entrypoints.demo.history import past_month
from ecluse.web import backends
from ecluse.web.charts import Series, StackedBars
from tests.contract.message_log.contract import delivery, outcome, recipient
from tests.web.programs import program_in_role

DAY_S = 86_400


def at_noon(ago=0):
    """Of a day: an hour from midnight would be another day's."""
    return (time.time() // DAY_S - ago) * DAY_S + DAY_S / 2


def dashboard(cast, query="", who=Role.ADMINISTRATOR):
    return cast.browser(who).get(f"/clients/{cast.one.pk}/{query}")


@pytest.fixture
def mail(cast, message_log):
    def came(ago, fate, **changes):
        return outcome(at_noon(ago), recipient("paul@one.example", fate, **changes), size=10)

    spooled = came(3, Ending.SPOOLED)
    message_log.append([
        came(1, Ending.RELAYED),
        came(1, Ending.RELAYED, category="M"),
        came(2, Ending.REFUSED, category="Q"),
        came(2, Ending.REFUSED, category="P"),
        came(2, Ending.HELD, category="Q"),
        came(3, Ending.DEFERRED),
        came(3, Ending.REJECTED_BY_NEXT_HOP),
        spooled,
        delivery(spooled, 60, Ending.DELIVERED),
        came(4, Ending.SPOOLED),
        came(40, Ending.RELAYED),
        outcome(at_noon(2), recipient("far@away.example"), direction="outbound"),
    ])  # fmt: skip


def test_each_fate_has_its_share(mail, message_log):
    found = traffic_of(message_log, "One", 30, time.time())
    # One more is the cast's own, an hour old.
    assert {share: sum(found.received[share]) for share in Share} == {
        Share.DELIVERED: 4,
        Share.NEWSLETTERS: 1,
        Share.HELD: 1,
        Share.DEFERRED: 1,
        Share.UNDELIVERED: 1,
        Share.REFUSED: 2,
    }
    assert (found.total, sum(found.sent), sum(found.waited), found.waiting) == (10, 1, 2, 1)
    assert found.received[Share.REFUSED][-3] == 2
    assert len(found.days) == 30
    assert traffic_of(message_log, "One", 90, time.time()).total == 11


def test_no_ending_is_without_a_share(message_log):
    message_log.append([outcome(at_noon(1), recipient(fate=each)) for each in Ending])
    found = traffic_of(message_log, "One", 7, time.time())
    assert found.total == len(Ending)


def test_figures_charts_and_their_tables_are_there(cast, mail):
    page = dashboard(cast).text
    assert '<span class="figure-large d-block text-body">10</span>' in page
    assert "40.0 %" in page  # Refused, kept aside or put off.
    assert page.count('<svg class="chart-drawing"') == 3
    assert page.count("The same as a table") == 3
    assert "Still waiting for your server: 1" in page
    assert "On 2 days your mail server" in page
    assert "style=" not in page


def test_a_browser_of_another_language_gets_numbers_that_svg_understands(cast, mail):
    browser = cast.browser(Role.ADMINISTRATOR)
    browser.cookies["language"] = "fr"
    page = browser.get(f"/clients/{cast.one.pk}/").text
    assert "Refusés, mis de côté ou différés" in page
    assert "40,0 %" in page
    numbers = re.findall(r'<rect class="chart-[a-z]+" x="([^"]*)" y="([^"]*)" width="([^"]*)" height="([^"]*)"', page)
    assert numbers
    assert all(float(number) >= 0 for each in numbers for number in each)


def test_who_may_not_see_the_log_is_not_led_there(cast, mail):
    assert f'href="/clients/{cast.one.pk}/log/' in dashboard(cast).text
    page = dashboard(cast, who=Role.BILLING).text
    assert "Messages received" in page
    assert f'href="/clients/{cast.one.pk}/log/' not in page


@pytest.mark.parametrize(("query", "days"), [("?days=7", 7), ("?days=90", 90), ("?days=x", 30), ("?days=100000", 30)])
def test_a_week_or_a_quarter_can_be_asked_for(cast, mail, query, days):
    assert dashboard(cast, query).context["days"] == days


def test_without_mail_it_says_what_to_do(cast, message_log):
    message_log.purge(time.time() + 2 * DAY_S)
    page = dashboard(cast)
    assert "No mail has come" in page.text
    assert "chart-drawing" not in page.text


def test_without_the_log_the_rest_is_there(cast):
    class Away:
        def figures(self, *_):
            raise Unavailable("away")

    backends.hand_over(replace(backends.backends(), open_log=Away))
    page = dashboard(cast)
    assert page.status_code == 200
    assert "Mail flows all the same" in page.text
    assert "one.example" in page.text


def test_a_whole_month_of_the_demonstration_is_drawn(cast, message_log):
    message_log.append(list(past_month("One", ("paul@one.example",), time.time())))
    assert dashboard(cast).text.count('<rect class="chart-') > 90


SPAN = tuple(date(2026, 9, 1) + timedelta(number) for number in range(30))


def bars(*values):
    return StackedBars(SPAN, tuple(Series(f"chart-{number}", str(number), each) for number, each in enumerate(values)))


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 1), (1, 1), (3, 4), (7, 8), (9, 10), (11, 20), (41, 50), (99, 100), (1_001, 2_000)]
)
def test_a_scale_ends_at_a_round_number_that_no_bar_passes(highest, top):
    assert bars((highest, *[0] * 29)).top == top


def test_bars_stand_on_each_other_and_within_the_drawing():
    chart = bars((1, *[0] * 28, 4), (2, *[3] * 28, 4))
    found = list(chart.bars)
    assert [(each.day, each.value) for each in found[:2]] == [(SPAN[0], 1), (SPAN[0], 2)]
    assert found[1].y + found[1].height == pytest.approx(found[0].y)
    assert all(each.y >= 0 and each.y + each.height <= 200.001 for each in found)
    assert all(each.x >= 0 and each.x + each.width <= 1_000 for each in found)
    assert chart.labels[0] == SPAN[0]
    assert chart.labels[-1] == SPAN[-1]


def test_the_table_has_the_same_numbers_the_newest_day_first():
    (newest, *_) = bars((1, *[0] * 28, 4), (2, *[3] * 28, 4)).rows
    assert newest == (SPAN[-1], [4, 4], 8)


def test_a_program_gets_the_same_figures(cast, mail, message_log):
    program, where = program_in_role(cast, Role.HELP_DESK), f"clients/{cast.one.pk}/traffic"
    found, own = program.get(f"{where}?days=30").json(), traffic_of(message_log, "One", 30, time.time())
    assert [each["day"] for each in found["days"]] == [str(day) for day in own.days]
    assert {share: sum(each["received"][share] for each in found["days"]) for share in Share} == {
        share: sum(own.received[share]) for share in Share
    }
    sums = [sum(each[name] for each in found["days"]) for name in ("sent", "waited")]
    assert [*sums, found["waiting"], found["octets"]] == [sum(own.sent), sum(own.waited), own.waiting, own.octets]
    assert (found["released"], program.get(f"{where}?days=365").json()["released"]) == (0, None)
    assert program.get(f"{where}?days=0").status_code == 422
