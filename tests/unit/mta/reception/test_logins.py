"""AUTH, from the mechanism's name to the connector: what is proven, what a failure costs, and what it tells."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
import structlog

from ecluse.adapters.memory.tallies import SharedTallies
from ecluse.domain.connector import Connector
from ecluse.domain.reply import Reply
from ecluse.mta.reception import answers
from ecluse.mta.reception.logins import MAX_FAILURES_PER_IP, Logins
from ecluse.wire.sasl import scram
from ecluse.wire.smtp import replies

SECRET = "kq3vzn5wmx7t2ryhp4cds6jfbe2ag7uo"
PRINTER = Connector("one", "printer", login="printer@one.example", key=scram.make_key(SECRET))
RIGHT = f"\0Printer@one.example\0{SECRET}".encode()
WRONG = b"\0printer@one.example\0guess"
STRANGER = b"\0nobody@far.example\0guess"
IP = "192.0.2.1"


class Connectors:
    """The one look-up that logins need."""

    def __init__(self, *connectors):
        self.by_login = {one.login: one for one in connectors}

    def with_login(self, login):
        return self.by_login.get(login)


@pytest.fixture
def connectors():
    return Connectors(PRINTER)


@pytest.fixture
def logins(connectors):
    made = Logins(connectors, SharedTallies(1).bind(0), b"salt")
    yield made
    made.close()


async def plain(logins, response, ip=IP):
    return await logins.respond(logins.begin("PLAIN"), response, ip)


async def test_the_right_secret_gives_its_connector(logins):
    assert await plain(logins, RIGHT) == PRINTER


async def test_it_is_derived_once(logins, monkeypatch):
    derived = []
    monkeypatch.setattr(
        scram, "fits", lambda key, secret: derived.append(1) or scram.make_key(secret, salt=key.salt) == key
    )
    assert [await plain(logins, RIGHT) for _ in range(3)] == [PRINTER] * 3
    assert len(derived) == 1
    for response in (WRONG, WRONG, STRANGER, STRANGER):
        assert await plain(logins, response) == replies.LOGIN_FAILED
    assert len(derived) == 5  # As often for a login that nobody has.


async def test_another_secret_counts_at_once(logins, connectors):
    await plain(logins, RIGHT)
    connectors.by_login[PRINTER.login] = Connector("one", "printer", login=PRINTER.login, key=scram.make_key("other"))
    assert await plain(logins, RIGHT) == replies.LOGIN_FAILED


async def test_a_login_that_is_gone_opens_nothing(logins, connectors):
    await plain(logins, RIGHT)
    connectors.by_login.clear()
    assert await plain(logins, RIGHT) == replies.LOGIN_FAILED


async def test_from_outside_its_networks_the_right_secret_is_none(logins, connectors):
    connectors.by_login[PRINTER.login] = replace(PRINTER, networks=("198.51.100.0/24",))
    assert await plain(logins, RIGHT) == replies.LOGIN_FAILED
    assert isinstance(await plain(logins, RIGHT, "198.51.100.1"), Connector)


async def test_an_unknown_login_is_asked_as_a_known_one_and_always_alike(logins, connectors):
    async def asked(login, by):
        first = f"n,,n={login},r=abc".encode()
        reply = await by.respond(by.begin("SCRAM-SHA-256"), first, IP)
        assert reply.code == 334
        return base64.b64decode(reply.text).decode().split(",")[1:]

    other = Logins(connectors, SharedTallies(1).bind(0), b"salt")
    unknown = await asked("nobody@far.example", logins)
    assert unknown == await asked("nobody@far.example", other)
    assert unknown != await asked("somebody@far.example", logins)
    salt, iterations = await asked("printer@one.example", logins)
    assert (len(salt), iterations) == (len(unknown[0]), unknown[1])
    other.close()


async def test_who_fails_too_often_is_heard_no_more_and_nobody_else(logins):
    replies_ = [await plain(logins, STRANGER) for _ in range(MAX_FAILURES_PER_IP + 1)]
    assert replies_ == [replies.LOGIN_FAILED] * MAX_FAILURES_PER_IP + [answers.TOO_MANY_FAILED_LOGINS]
    assert await plain(logins, RIGHT) == answers.TOO_MANY_FAILED_LOGINS
    assert await plain(logins, RIGHT, "192.0.2.2") == PRINTER


async def test_the_addresses_of_one_ipv6_subscriber_count_together(logins):
    for n in range(MAX_FAILURES_PER_IP):
        assert await plain(logins, STRANGER, f"2001:db8:0:1::{n:x}") == replies.LOGIN_FAILED
    assert await plain(logins, RIGHT, "2001:db8:0:1:ffff::1") == answers.TOO_MANY_FAILED_LOGINS
    assert [await plain(logins, RIGHT, ip) for ip in ("2001:db8:0:2::1", "::1")] == [PRINTER, PRINTER]


async def test_a_crowd_that_fails_makes_room_for_who_fails_next(connectors, monkeypatch):
    monkeypatch.setattr("ecluse.mta.reception.logins.MAX_FAILURES_KEPT", 2 * MAX_FAILURES_PER_IP)
    logins = Logins(connectors, SharedTallies(1).bind(0), b"salt")
    for n in range(2 * MAX_FAILURES_PER_IP):
        await logins.respond(logins.begin("PLAIN"), b"\xff", f"198.51.100.{n}")
    for _ in range(MAX_FAILURES_PER_IP):
        assert await logins.respond(logins.begin("PLAIN"), b"\xff", IP) == replies.LOGIN_FAILED
    assert await plain(logins, RIGHT) == answers.TOO_MANY_FAILED_LOGINS
    logins.close()


async def test_what_a_stranger_types_stands_in_no_log(logins):
    """People type a secret where the login belongs."""
    with structlog.testing.capture_logs() as lines:
        await plain(logins, STRANGER)
        await plain(logins, WRONG)
    assert "nobody" not in str(lines)
    assert "guess" not in str(lines)
    assert [(line["client"], line["connector"]) for line in lines] == [("", ""), ("one", "printer")]


async def test_what_is_no_response_fails_as_all_else(logins):
    assert await plain(logins, b"\xff") == replies.LOGIN_FAILED
    assert await plain(logins, None) == Reply(334, "", "")


async def test_a_login_that_many_fail_at_is_told_once(logins, monkeypatch):
    monkeypatch.setattr("ecluse.mta.reception.logins.NOTABLE_FAILURES", 3)
    with structlog.testing.capture_logs() as lines:
        for n in range(6):
            await plain(logins, WRONG, f"192.0.2.{n}")
    told = [line for line in lines if line["event"] == "many failed logins"]
    assert [(line["client"], line["connector"], line["ip"]) for line in told] == [("one", "printer", "192.0.2.3")]
