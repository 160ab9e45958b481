from __future__ import annotations

import asyncio
import contextlib
import socket
import time

import pytest

from ecluse.adapters.dns.resolver import StubResolver
from ecluse.domain.dns import Answer, DnsStatus
from tests.contract.resolver.contract import ResolverContract
from tests.loopback import free_port

DEADLINE_S = 4.0


@pytest.fixture
async def make():
    """Resolvers for these ports, closed at the end."""
    made: list[StubResolver] = []

    def _make(*ports: int, **options) -> StubResolver:
        servers = [("127.0.0.1", port) for port in ports]
        made.append(StubResolver(servers, **{"deadline_s": DEADLINE_S, **options}))
        return made[-1]

    yield _make
    for resolver in made:
        resolver.close()


class TestStubResolverBehindUnbound(ResolverContract):
    @pytest.fixture
    def resolver(self, unbound, make):
        return make(unbound, deadline_s=10.0)


class TestStubResolverAlone(ResolverContract):
    @pytest.fixture
    def resolver(self, authoritative, make):
        return make(authoritative.port)


async def test_an_answer_is_asked_for_once_while_it_holds(make, authoritative, zone):
    resolver = make(authoritative.port)
    for name in ("a.test", "A.TEST", "a.test."):
        await resolver.ask(name, "A")
    assert zone.asked["a.test", "A"] == 1


async def test_what_was_asked_for_is_known_while_it_holds(make, authoritative):
    resolver = make(authoritative.port)
    assert resolver.known("a.test", "A") is None
    answer = await resolver.ask("a.test", "A")
    assert resolver.known("A.test.", "A") is answer
    assert resolver.known("a.test", "AAAA") is None


async def test_no_such_name_is_kept_too(make, authoritative, zone):
    resolver = make(authoritative.port)
    for _ in range(3):
        assert (await resolver.ask("none.test", "A")).status is DnsStatus.NXDOMAIN
    assert zone.asked["none.test", "A"] == 1


async def test_those_who_ask_the_same_at_once_share_one_question(make, authoritative, zone):
    resolver = make(authoritative.port)
    answers = await asyncio.gather(*(resolver.ask("a.test", "A") for _ in range(20)))
    assert {answer.status for answer in answers} == {DnsStatus.OK}
    assert zone.asked["a.test", "A"] == 1


async def test_who_is_cancelled_takes_nobody_with_him(make, authoritative):
    resolver = make(authoritative.port)
    first = asyncio.create_task(resolver.ask("once.test", "A"))
    second = asyncio.create_task(resolver.ask("once.test", "A"))
    await asyncio.sleep(0.01)
    first.cancel()
    assert (await second).records == ("192.0.2.3",)


async def test_a_fresh_answer_is_asked_for_whatever_is_known(make, authoritative, zone):
    resolver = make(authoritative.port)
    await resolver.ask("a.test", "A")
    await resolver.ask_afresh("a.test", "A")
    assert zone.asked["a.test", "A"] == 2


async def test_a_lost_packet_is_sent_again(make, authoritative):
    assert (await make(authoritative.port).ask("once.test", "A")).records == ("192.0.2.3",)


async def test_silence_is_a_result_at_the_deadline(make, authoritative):
    began = time.monotonic()
    assert await make(authoritative.port).ask("silent.test", "A") == Answer(DnsStatus.TIMEOUT)
    assert time.monotonic() - began > DEADLINE_S * 0.9


async def test_a_port_where_nobody_listens_is_not_waited_for(make):
    resolver = make(free_port(), deadline_s=3_600.0)
    async with asyncio.timeout(60):
        assert await resolver.ask("a.test", "A") == Answer(DnsStatus.TIMEOUT)


async def test_the_next_server_answers_when_the_first_is_gone(make, authoritative):
    assert (await make(free_port(), authoritative.port).ask("a.test", "A")).status is DnsStatus.OK


async def test_a_silent_server_is_asked_last_until_it_may_have_come_back(make, authoritative, zone):
    with socket.socket(type=socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.setblocking(False)
        resolver = make(silent.getsockname()[1], authoritative.port)
        await resolver.ask("a.test", "A")
        while heard(silent):
            pass
        assert (await resolver.ask("a.test", "MX")).status is DnsStatus.OK
        assert not heard(silent)


def heard(server: socket.socket) -> bytes:
    with contextlib.suppress(BlockingIOError):
        return server.recv(4_096)
    return b""


async def test_a_server_in_trouble_is_not_the_last_word(make, authoritative):
    other = make(authoritative.port, authoritative.port)
    assert (await other.ask("refused.test", "A")).status is DnsStatus.REFUSED


async def test_a_long_answer_comes_by_tcp(make, authoritative, zone):
    await make(authoritative.port).ask("long.test", "TXT")
    assert zone.by_tcp["long.test"] == 1


async def test_a_server_that_forgets_the_case_of_letters_is_asked_by_tcp(make, authoritative, zone):
    zone.lowers_case = True
    answer = await make(authoritative.port).ask("averylongnamewithmanyletters.a.test", "A")
    assert answer.status is DnsStatus.NXDOMAIN
    assert zone.by_tcp["averylongnamewithmanyletters.a.test"] == 1


async def test_a_server_without_edns_is_asked_without_it(make, authoritative, zone):
    zone.understands_edns = False
    assert (await make(authoritative.port).ask("a.test", "MX")).status is DnsStatus.OK


async def test_forged_answers_are_not_believed(make, authoritative, zone):
    """The wrong id, the wrong question, rubbish: the real answer is waited for."""
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.setblocking(False)
        asking = asyncio.create_task(make(server.getsockname()[1]).ask("a.test", "A"))
        loop = asyncio.get_running_loop()
        query, peer = await loop.run_in_executor(None, receive, server)
        record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2"
        head = b"\x81\x80\0\1\0\1\0\0\0\0"
        question = query[12:-11]
        wrong_id = bytes((query[0] ^ 1, query[1]))
        for packet in (
            wrong_id + head + question + record + b"\x66",
            query[:2] + head + b"\x01b\x04test\0\0\1\0\1" + record + b"\x66",
            query[:2] + b"\xff",
            b"",
            query,
            query[:2] + head + question + record + b"\x01",
        ):
            server.sendto(packet, peer)
        assert (await asking).records == ("192.0.2.1",)


def receive(server: socket.socket):
    server.setblocking(True)
    return server.recvfrom(4_096)


async def test_ports_change(make):
    """A forger cannot learn today's port from yesterday's."""
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        resolver = make(server.getsockname()[1], deadline_s=0.2)
        await asyncio.gather(*(resolver.ask(f"n{number}.test", "A") for number in range(60)))
        server.setblocking(False)
        packets = [server.recvfrom(4_096) for _ in range(60)]
    assert len({peer[1] for _, peer in packets}) > 4
    assert len({packet[:2] for packet, _ in packets}) > 55


async def test_what_is_under_way_is_answered_when_we_close(make, authoritative):
    resolver = make(authoritative.port)
    asking = asyncio.create_task(resolver.ask("silent.test", "A"))
    await asyncio.sleep(0.01)
    resolver.close()
    assert await asking == Answer(DnsStatus.TIMEOUT)
