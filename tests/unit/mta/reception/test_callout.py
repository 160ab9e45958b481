"""What is concluded from the answers of a client's server; here it is a function, in the journeys a server."""

from __future__ import annotations

import asyncio

import pytest

from ecluse.domain.address import Address
from ecluse.domain.policy import Policy, Route
from ecluse.domain.reply import Reply
from ecluse.mta.reception import callout as callout_module
from ecluse.mta.reception.callout import Callout, CalloutLimits, Existence, says_unknown

YES, NO, LATER = Reply(250, "1.5", "ok"), Reply(550, "1.1", "no such user"), Reply(451, "3.0", "later")
ONE, TWO = Route("192.0.2.1"), Route("192.0.2.2")
POLICY = Policy("Client", "one.example", (ONE, TWO), verifies_addresses=True)
ANN, EVE = Address("ann", "one.example"), Address("eve", "one.example")
FOUND, TAKEN, UNKNOWN, TOO_MANY = Existence


class Server:
    """Knows some local parts; `down` routes say nothing."""

    def __init__(self, *known, down=(), otherwise=NO, says=None):
        self.known, self.down, self.otherwise, self.says = known, down, otherwise, says or {}
        self.asked = []
        self.at_once = self.most_at_once = 0
        self.delay_s = 0.0

    async def ask(self, route, address, deadline):
        self.asked.append(address.local)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.delay_s)
        finally:
            self.at_once -= 1
        if route in self.down:
            return None
        return self.says.get(address.local, YES if address.local in self.known else self.otherwise)


class Clock:
    now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def callout(server, clock, **limits):
    return Callout(server.ask, CalloutLimits(**limits), clock)


async def test_an_address_that_the_server_takes_exists_and_is_remembered_for_four_hours(clock):
    server = Server("ann", "postmaster")
    asking = callout(server, clock)
    assert asking.known(POLICY, ANN) is None
    assert await asking.find(POLICY, ANN) is FOUND
    assert asking.known(POLICY, Address("Ann", "one.example")) is FOUND
    asked = len(server.asked)
    clock.now += 4 * 3_600 - 1
    assert await asking.find(POLICY, ANN) is FOUND
    assert len(server.asked) == asked
    clock.now += 1
    assert asking.known(POLICY, ANN) is None


async def test_an_address_that_it_does_not_know_is_remembered_for_15_minutes(clock):
    server = Server("postmaster")
    asking = callout(server, clock)
    assert await asking.find(POLICY, EVE) is UNKNOWN
    assert server.asked == ["eve", "postmaster"]
    clock.now += 899
    assert asking.known(POLICY, EVE) is UNKNOWN
    clock.now += 1
    server.known = ("postmaster", "eve")
    assert await asking.find(POLICY, EVE) is FOUND


async def test_a_server_that_takes_a_name_that_nobody_has_takes_all(clock):
    server = Server(otherwise=YES)
    asking = callout(server, clock)
    assert await asking.find(POLICY, ANN) is TAKEN
    assert server.asked[1].startswith("no-such-user-")
    assert asking.known(POLICY, EVE) is TAKEN
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("server", "is_found"),
    [
        (Server("ann"), True),
        (Server(otherwise=YES), False),
        (Server("ann", otherwise=LATER), False),  # Who nobody is may be taken in an hour.
        (Server("ann", otherwise=Reply(550, "7.1", "not you")), False),  # Its no was about us.
        (Server("ann", otherwise=Reply(554, "", "")), False),
        (Server("ann", says={"ann": LATER}), False),
        (Server("ann", says={"ann": Reply(552, "2.2", "full")}), False),
    ],
)
async def test_only_the_yes_of_a_server_that_refuses_a_name_that_nobody_has_finds_an_address(clock, server, is_found):
    assert await callout(server, clock).find(POLICY, ANN) is (FOUND if is_found else TAKEN)


async def test_a_second_server_that_takes_all_finds_nobody_on_the_word_of_the_first(clock):
    first, second = Server("ann"), Server(otherwise=YES)

    async def ask(route, address, deadline):
        return await (first if route == ONE else second).ask(route, address, deadline)

    asking = Callout(ask, clock=clock)
    assert await asking.find(POLICY, ANN) is FOUND
    first.down = (ONE,)
    assert await asking.find(POLICY, EVE) is TAKEN


async def test_what_a_server_said_that_takes_all_by_now_counts_no_more(clock):
    server = Server("ann", "bob", "carl")
    asking = callout(server, clock)
    await asking.find(POLICY, ANN)
    clock.now += 3 * 3_600
    assert await asking.find(POLICY, Address("bob", "one.example")) is FOUND
    clock.now += 3_600
    server.otherwise = YES
    assert await asking.find(POLICY, Address("carl", "one.example")) is TAKEN
    assert asking.known(POLICY, Address("bob", "one.example")) is TAKEN


async def test_that_it_refuses_strangers_is_asked_once(clock):
    server = Server("ann", "bob")
    asking = callout(server, clock)
    await asking.find(POLICY, ANN)
    await asking.find(POLICY, Address("bob", "one.example"))
    assert len(server.asked) == 3


async def test_a_server_that_refuses_even_its_postmaster_is_not_believed(clock):
    server = Server()
    asking = callout(server, clock)
    assert await asking.find(POLICY, EVE) is TAKEN
    # For a minute it is not asked again.
    assert asking.known(POLICY, ANN) is TAKEN
    clock.now += 60
    assert asking.known(POLICY, ANN) is None


async def test_one_that_has_taken_somebody_is_believed_without_its_postmaster(clock):
    server = Server("ann")
    asking = callout(server, clock)
    await asking.find(POLICY, ANN)
    assert await asking.find(POLICY, EVE) is UNKNOWN
    assert "postmaster" not in server.asked


async def test_a_server_that_is_down_loses_no_mail_and_is_left_alone_for_a_minute(clock):
    server = Server(down=(ONE, TWO))
    asking = callout(server, clock)
    assert await asking.find(POLICY, ANN) is TAKEN
    assert server.asked == ["ann", "ann"]
    assert await asking.find(POLICY, EVE) is TAKEN
    assert server.asked == ["ann", "ann"]


async def test_the_second_route_answers_where_the_first_does_not(clock):
    assert await callout(Server("postmaster", down=(ONE,)), clock).find(POLICY, EVE) is UNKNOWN


@pytest.mark.parametrize("reply", [LATER, Reply(552, "2.2", "full"), Reply(550, "7.1", "not you"), Reply(554, "", "")])
async def test_an_answer_that_is_not_about_the_address_loses_no_mail(clock, reply):
    server = Server("ann", "postmaster", says={"eve": reply})
    asking = callout(server, clock)
    assert await asking.find(POLICY, EVE) is TAKEN
    # About others it is still asked.
    assert await asking.find(POLICY, Address("mallory", "one.example")) is UNKNOWN


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(550, "1.1", ""), True),
        (Reply(550, "", ""), True),
        (Reply(553, "", ""), True),
        (Reply(550, "2.1", ""), True),
        (Reply(550, "1.10", ""), True),
        (Reply(550, "5.0", ""), False),
        (Reply(552, "", ""), False),
        (Reply(503, "", ""), False),
        (Reply(450, "1.1", ""), False),
        (Reply(250, "1.1", ""), False),
    ],
)
def test_which_refusals_are_about_the_address(reply, expected):
    assert says_unknown(reply) is expected


async def test_many_who_ask_the_same_wait_for_one_question(clock):
    server = Server("ann", "postmaster")
    server.delay_s = 0.01
    asking = callout(server, clock)
    found = await asyncio.gather(*(asking.find(POLICY, EVE) for _ in range(20)))
    assert set(found) == {UNKNOWN}
    assert server.asked.count("eve") == 1


async def test_whoever_leaves_does_not_end_the_question_for_the_others(clock):
    server = Server("ann")
    server.delay_s = 0.01
    asking = callout(server, clock)
    first = asyncio.create_task(asking.find(POLICY, ANN))
    second = asyncio.create_task(asking.find(POLICY, ANN))
    await asyncio.sleep(0)
    first.cancel()
    assert await second is FOUND


async def test_few_questions_are_under_way_at_once(clock):
    server = Server("postmaster")
    server.delay_s = 0.005
    asking = callout(server, clock, per_domain=3)
    names = [Address(f"u{number}", "one.example") for number in range(12)]
    assert set(await asyncio.gather(*(asking.find(POLICY, name) for name in names))) == {UNKNOWN}
    assert server.most_at_once == 3


async def test_a_server_that_is_asked_too_much_is_spared_and_the_sender_may_come_again(clock):
    server = Server("postmaster")
    asking = callout(server, clock, burst=5, per_domain_s=1.0)
    names = [Address(f"u{number}", "one.example") for number in range(7)]
    assert [await asking.find(POLICY, name) for name in names] == [UNKNOWN] * 5 + [TOO_MANY] * 2
    clock.now += 1.0
    assert [await asking.find(POLICY, name) for name in names[5:]] == [UNKNOWN, TOO_MANY]
    other = Policy("Client", "two.example", (ONE,), verifies_addresses=True)
    assert await asking.find(other, Address("u", "two.example")) is UNKNOWN


async def test_a_sender_waits_for_a_slow_server_only_so_long(clock):
    server = Server("ann")
    server.delay_s = 30.0
    asking = callout(server, clock, patience_s=0.02)
    async with asyncio.timeout(20):
        assert await asking.find(POLICY, ANN) is TAKEN
    assert asking.known(POLICY, EVE) is TAKEN


async def test_what_is_remembered_is_bounded(clock, monkeypatch):
    monkeypatch.setattr(callout_module, "MAX_ANSWERS", 10)
    monkeypatch.setattr(callout_module, "MAX_DOMAINS", 10)
    asking = callout(Server("postmaster", "u"), clock)
    for number in range(30):
        policy = Policy("Client", f"d{number}.example", (ONE,))
        await asking.find(policy, Address("u", policy.domain))
    assert (len(asking._answers), len(asking._servers)) == (10, 10)


async def test_a_fault_of_ours_reaches_the_border_and_is_not_remembered(clock):
    async def ask(route, address, deadline):
        raise ZeroDivisionError

    asking = Callout(ask, clock=clock)
    with pytest.raises(ZeroDivisionError):
        await asking.find(POLICY, ANN)
    assert asking.known(POLICY, ANN) is None


async def test_closing_ends_what_is_under_way(clock):
    server = Server("ann")
    server.delay_s = 30.0
    asking = callout(server, clock)
    waiting = asyncio.create_task(asking.find(POLICY, ANN))
    await asyncio.sleep(0.01)
    await asking.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
