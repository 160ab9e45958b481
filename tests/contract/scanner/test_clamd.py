from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from ecluse.adapters.clamav.clamd import ClamdScanner
from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import Unavailable
from ecluse.domain.evidence import ScanFacts, ScanState
from tests.contract.scanner.conftest import FILE_MAX, STREAM_MAX
from tests.contract.scanner.contract import HARMLESS, INFECTED, ScannerContract


@pytest.fixture
def too_large():
    """Beyond the scanner's own limit, which it reports like a virus; and beyond the stream's, where it hangs up."""
    return [MemoryContent(HARMLESS + b"x" * size) for size in (FILE_MAX + 1_000, STREAM_MAX + 1_000, 5 * STREAM_MAX)]


@pytest.mark.peers
class TestOverUnixSocket(ScannerContract):
    @pytest.fixture
    def scanner(self, clamd):
        scanner = ClamdScanner(f"unix:{clamd.socket_path}")
        yield scanner
        scanner.close()


@pytest.mark.peers
class TestOverTcpWithoutCache(ScannerContract):
    @pytest.fixture
    def scanner(self, clamd):
        scanner = ClamdScanner(f"tcp:127.0.0.1:{clamd.port}", pool_size=2, cache_size=0)
        yield scanner
        scanner.close()


@pytest.mark.peers
class TestClamd:
    async def test_a_restart_of_clamd_is_not_noticed(self, clamd):
        scanner = ClamdScanner(f"127.0.0.1:{clamd.port}", cache_size=0)
        await asyncio.gather(*(scanner.scan(MemoryContent(HARMLESS)) for _ in range(4)))
        clamd.stop()
        clamd.start()
        assert (await scanner.scan(MemoryContent(INFECTED))).state is ScanState.INFECTED
        scanner.close()

    async def test_a_known_message_needs_no_second_scan_and_an_unknown_one_is_never_guessed(self, clamd):
        scanner = ClamdScanner(f"unix:{clamd.socket_path}")
        first = [await scanner.scan(MemoryContent(message)) for message in (HARMLESS, INFECTED)]
        clamd.stop()
        try:
            assert [await scanner.scan(MemoryContent(message)) for message in (HARMLESS, INFECTED)] == first
            assert (await scanner.scan(MemoryContent(HARMLESS + b"."))).state is ScanState.UNAVAILABLE
        finally:
            clamd.start()
        scanner.close()

    async def test_without_a_cache_every_message_is_asked_about(self, clamd):
        scanner = ClamdScanner(f"unix:{clamd.socket_path}", cache_size=0)
        await scanner.scan(MemoryContent(HARMLESS))
        clamd.stop()
        try:
            assert (await scanner.scan(MemoryContent(HARMLESS))).state is ScanState.UNAVAILABLE
        finally:
            clamd.start()
        scanner.close()

    async def test_the_cache_forgets_the_oldest(self, clamd):
        scanner = ClamdScanner(f"unix:{clamd.socket_path}", cache_size=2)
        for number in range(5):
            await scanner.scan(MemoryContent(HARMLESS + b"%d" % number))
        assert len(scanner._verdicts._kept) == 2
        scanner.close()

    async def test_it_tells_its_version(self, clamd):
        scanner = ClamdScanner(f"unix:{clamd.socket_path}")
        assert (await scanner.version()).startswith("ClamAV ")
        scanner.close()


@asynccontextmanager
async def answering(talk):
    """A server in place of clamd that does what no good one would."""
    connections = []

    async def serve(reader, writer):
        connections.append(writer)
        try:
            await talk(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    scanner = ClamdScanner(f"127.0.0.1:{server.sockets[0].getsockname()[1]}", timeout_s=0.5)
    try:
        yield scanner, connections
    finally:
        scanner.close()
        server.close()
        await server.wait_closed()


async def silent(reader, writer):
    await reader.read()


async def hanging_up(reader, writer):
    await reader.read(1)


def saying(answer):
    async def talk(reader, writer):
        await reader.readuntil(b"VERSION\0")
        writer.write(b"1: ClamAV 1.4.3/27461/Mon Nov 18 09:23:41 2026\0")
        await reader.readuntil(b"\0\0\0\0")
        writer.write(answer)
        await writer.drain()
        await reader.read()

    return talk


@pytest.mark.parametrize(
    "talk",
    [
        silent,
        hanging_up,
        saying(b"2: stream: OK"),
        saying(b"2: something went wrong ERROR\0"),
        saying(b"2: \xff\xfe\0"),
        saying(b"\0"),
        saying(b"2: stream: " + b"x" * 100_000),
        saying(b"7: stream: OK\0"),
        saying(b"02: stream: OK\0"),
    ],
)
async def test_an_answer_that_is_none_is_unavailable_and_never_clean(talk):
    async with answering(talk) as (scanner, _):
        began = time.monotonic()
        assert (await scanner.scan(MemoryContent(HARMLESS))).state is ScanState.UNAVAILABLE
        assert time.monotonic() - began < 30


async def test_answers_may_come_in_any_order():
    answer = b"3: stream: Win.Test-1 FOUND\0" + b"2: stream: OK\0"
    async with answering(saying(answer)) as (scanner, _):
        assert (await scanner.scan(MemoryContent(HARMLESS), MemoryContent(HARMLESS + b"."))).signature == "Win.Test-1"


async def test_one_answer_too_few_is_unavailable_and_never_clean():
    async with answering(saying(b"2: stream: OK\0")) as (scanner, _):
        facts = await scanner.scan(MemoryContent(HARMLESS), MemoryContent(HARMLESS + b"."))
    assert facts.state is ScanState.UNAVAILABLE


async def test_a_virus_is_named_without_what_clamd_adds_to_its_name():
    async with answering(saying(b"2: stream: Win.Test-1(44d88612fea8a8f36de82e1278abb02f:68) FOUND\0")) as (scanner, _):
        facts = await scanner.scan(MemoryContent(INFECTED))
    assert facts == ScanFacts(ScanState.INFECTED, "Win.Test-1", "ClamAV 1.4.3/27461")


async def test_a_dead_pooled_session_is_replaced_once():
    async def dies_after_one_answer(reader, writer):
        await reader.readuntil(b"\0")
        data = await reader.readuntil(b"\0")
        writer.write(b"1: ClamAV 1.4.3/27461/x\0" if b"VERSION" in data else b"1: stream: OK\0")
        await writer.drain()
        if b"INSTREAM" in data:
            await reader.readuntil(b"\0\0\0\0")

    async with answering(dies_after_one_answer) as (scanner, connections):
        assert (await scanner.scan(MemoryContent(HARMLESS))).state is ScanState.CLEAN
        assert len(connections) == 2


async def test_nobody_at_home_is_unavailable(tmp_path):
    scanner = ClamdScanner(f"unix:{tmp_path}/none.sock")
    assert (await scanner.scan(MemoryContent(HARMLESS))).state is ScanState.UNAVAILABLE
    with pytest.raises(Unavailable, match=r"none\.sock"):
        await scanner.version()


@pytest.mark.parametrize(
    "address", ["", "unix:", "unix:relative", "/run/clamd", "host", "host:", ":3310", "host:0", "host:99999", "tcp:"]
)
def test_an_address_that_is_none_is_refused_when_it_is_configured(address):
    with pytest.raises(ValueError, match="is none of"):
        ClamdScanner(address)
