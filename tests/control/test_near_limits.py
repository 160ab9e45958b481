"""Limits of outbound mail that are near or reached: from a node to the client's page, to programs and to the provider."""

from __future__ import annotations

import time
from dataclasses import replace

import msgspec
import pytest
from django.core.cache import cache
from django_scopes import scope, scopes_disabled

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.told_limits import ControlToldLimits
from ecluse.control.abuse.near_limits import KEPT_S, ToldLimit, forget_limits, near_limits, near_limits_everywhere
from ecluse.control.accounts.roles import Role
from ecluse.control.policies.services import change_wishes
from ecluse.control.sending.services import add_connector
from ecluse.domain.limit_mark import Limited, LimitMark, LimitScope
from ecluse.wire.connector_terms import ConnectorTerms
from ecluse.wire.rates import OwnLimitTable, RateTable
from tests.control import test_stolen_account
from tests.control.cast import ADMIN, client
from tests.control.following import WITHIN_S, in_thread
from tests.control.test_publications import url
from tests.control.test_stolen_account import OFFICE, LoggedIn
from tests.journeys.next_hop import NextHop
from tests.journeys.node import NEXT_HOP_PORT
from tests.web.conftest import signed_in
from tests.web.house import person
from tests.web.programs import program_of

pytestmark = pytest.mark.django_db(transaction=True)
published, node = test_stolen_account.published, test_stolen_account.node
NOON, HOUR_S = 1_764_072_000.0, 3_600.0
MARK = LimitMark("One", LimitScope.ACCOUNT, "ann@one.example", Limited.MESSAGES, 3_600, 10, 8, NOON + 60, NOON + HOUR_S)


@pytest.fixture
def teller():
    database = Database(url())
    yield ControlToldLimits(database)
    database.close()


def rows(whose, now=NOON):
    with scope(client=whose):
        return [(each.name, each.count, each.at - NOON, each.reached_at, each.answer) for each in near_limits(now=now)]


def test_one_row_tells_how_a_limit_stood_in_its_newest_window_whoever_tells_it_in_whatever_order(teller):
    one, two = client("One"), client("Two")
    reached = replace(MARK, count=10, at=NOON + 90, answer="452 4.7.1 later")
    told = [replace(MARK, count=9, at=NOON + 70), MARK, reached, MARK, replace(MARK, client="Nobody")]
    teller.tell([*told, replace(reached, at=NOON + 95, answer="452 4.7.1 still"), replace(MARK, ends_at=NOON)])
    assert rows(one) == [("ann@one.example", 10, 60.0, NOON + 90, "452 4.7.1 later")]
    assert rows(two) == []
    teller.tell([replace(MARK, at=NOON + HOUR_S + 60, ends_at=NOON + 2 * HOUR_S)])
    assert rows(one) == [("ann@one.example", 8, HOUR_S + 60.0, 0.0, "")]


def test_a_name_that_does_not_fit_keeps_no_other_from_being_told(teller):
    one = client("One")
    teller.tell([replace(MARK, name="a" * 400, answer="452 " + "x" * 600), MARK])
    assert sorted(len(name) for name, *_ in rows(one)) == [len(MARK.name), 320]


def test_what_counts_still_stands_first_and_after_a_week_it_is_gone(teller):
    one, two = client("One"), client("Two")
    day = replace(MARK, name="", scope=LimitScope.CLIENT, window_s=86_400, ends_at=NOON + 12 * HOUR_S)
    teller.tell([MARK, replace(day, client="Two"), replace(MARK, name="bob@one.example", at=NOON + 80), day])
    assert [name for name, *_ in rows(one)] == ["", "bob@one.example", "ann@one.example"]
    assert len(near_limits_everywhere()) == 0  # By now it is long ago.
    for after, left in ((KEPT_S + HOUR_S - 1, 4), (KEPT_S + HOUR_S, 2), (KEPT_S + 13 * HOUR_S, 0)):
        shown = len(rows(one, NOON + after)) + len(rows(two, NOON + after))
        forget_limits(NOON + after)
        with scopes_disabled():
            assert (shown, ToldLimit.objects.count()) == (left, left)


@pytest.fixture
def secret(published, domain):
    """Ann's; her client lets each account send five messages a day."""
    own = OwnLimitTable(account=RateTable(messages_per_day=5))
    change_wishes(published.client, lambda before: msgspec.structs.replace(before, sending_limits=own), by=ADMIN)
    return add_connector(published.client, ConnectorTerms(name="office", login=domain.ann, account="login"), by=ADMIN)


@pytest.fixture
def sees(published):
    """What her administrator's page and program show, once that is so."""
    cache.clear()
    adam, here = person("adam@one.example", published.client, Role.ADMINISTRATOR), f"clients/{published.client.pk}"
    browser, program = signed_in(adam), program_of(adam, published.client)

    def look(is_so):
        deadline = time.monotonic() + WITHIN_S
        while not is_so(found := program.get(f"{here}/sending/near-limits").json()["items"]):
            assert time.monotonic() < deadline, found
            time.sleep(0.1)
        return found, [browser.get(f"/{here}/sending/{page}").text for page in ("limits", "locks")]

    return lambda is_so: in_thread(look, is_so)


async def order(ann, number):
    return await ann.send(f"p{number}@partner.example", f"Order {number}", f"It is {number}.\n")


@pytest.mark.asyncio
async def test_a_client_sees_that_its_account_is_near_its_limit_and_then_that_it_is_reached(node, domain, secret, sees):
    """Issue 7, item 2: a warning at 80 %; reason and reset time in the answer and in the console."""
    async with NextHop(node.outbound_hop, NEXT_HOP_PORT), LoggedIn(node, domain, secret, OFFICE) as ann:
        assert [(await order(ann, number)).code for number in range(4)] == [250] * 4
        [near], pages = await sees(bool)
        assert (near["name"], near["count"], near["most"], near["window_s"]) == (domain.ann, 4, 5, 86_400)
        assert (near["reached_at"], near["answer"]) == (None, "")
        assert all("4 of 5" in page and "Nothing: it has turned no mail away." in page for page in pages)
        answers = [await order(ann, number) for number in range(4, 6)]
    assert [each.code for each in answers] == [250, 452]
    [reached], pages = await sees(lambda found: found[0]["reached_at"])
    assert (reached["count"], reached["near_at"]) == (5, near["near_at"])
    assert "at most 5 messages in a day; counted anew from" in reached["answer"]
    assert all("5 of 5" in page and reached["answer"] in page for page in pages)
    assert node.faults() == []
