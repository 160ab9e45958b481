from __future__ import annotations

import asyncio
import time

import pytest

from ecluse.domain.errors import Unavailable
from ecluse.domain.evidence import NOT_ASKED, ListHit, PartFacts, ScanFacts, ScanState, Unknown
from ecluse.entrypoints.scan import NoLists
from ecluse.filtering.collect import ON_THE_SPOT_OCTETS, Collector, Served, Sources, Subject, collect
from ecluse.filtering.inbound import COLLECTORS
from tests.cpu import cpu
from tests.unit.filtering.samples import ANN, BOB, PARTS, POLICY, incoming

SOURCES = Sources(NoLists(), None, "gateway.test")
SERVED = (Served(ANN, POLICY), Served(BOB, POLICY))
CLEAN = ScanFacts(ScanState.CLEAN)


class Failures(list):
    def __call__(self, name, reason):
        self.append((name, reason))


async def gathered(*table, message=None):
    failures = Failures()
    evidence = await collect(Subject(message or incoming(), SERVED, SOURCES), table, failures)
    return evidence, failures


def waits(seconds, fact=CLEAN, began=None):
    async def wait(subject):
        if began is not None:
            began.append(time.monotonic())
        await asyncio.sleep(seconds)
        return fact

    return wait


async def test_each_answer_stands_in_the_field_of_its_collectors_name():
    evidence, failures = await gathered(Collector("parts", lambda _: PARTS), Collector("scan", waits(0), 5))
    assert (evidence.parts, evidence.scan, evidence.headers, failures) == (PARTS, CLEAN, NOT_ASKED, [])


async def test_size_and_early_talk_need_no_collector():
    evidence, _ = await gathered()
    assert (evidence.size, evidence.spoke_early) == (incoming().content.size, False)


async def test_a_late_answer_is_unknown_and_told():
    evidence, failures = await gathered(Collector("scan", waits(30), 0.01))
    assert evidence.scan == Unknown("no answer in 0.01 s")
    assert failures == [("scan", "no answer in 0.01 s")]


@pytest.mark.parametrize("deadline_s", [0.0, 5.0])
async def test_a_collector_that_fails_on_the_spot_costs_only_its_own_fact(deadline_s):
    def fails(subject):
        raise ValueError("the subject line of a private mail")

    evidence, failures = await gathered(Collector("scan", fails, deadline_s), Collector("parts", lambda _: PARTS))
    assert evidence.parts == PARTS
    assert evidence.scan == Unknown("ValueError")
    assert failures == [("scan", "ValueError")]


async def test_a_collector_that_fails_while_we_wait_costs_only_its_own_fact():
    async def fails(subject):
        await asyncio.sleep(0)
        raise Unavailable("clamd hung up")

    evidence, failures = await gathered(Collector("scan", fails, 5.0), Collector("parts", lambda _: PARTS))
    assert (evidence.parts, evidence.scan) == (PARTS, Unknown("clamd hung up"))
    assert failures == [("scan", "clamd hung up")]


async def test_those_that_must_be_waited_for_run_side_by_side():
    both = asyncio.Barrier(2)  # Whoever is asked alone waits here beyond its deadline.

    async def meets(subject):
        await both.wait()
        return CLEAN

    evidence, failures = await gathered(Collector("scan", meets, 20), Collector("parts", meets, 20))
    assert (evidence.scan, evidence.parts, failures) == (CLEAN, CLEAN, [])


async def test_questions_are_on_their_way_before_we_compute():
    began, computed = [], []

    def compute(subject):
        computed.append(time.monotonic())
        return PARTS

    await gathered(Collector("parts", compute), Collector("scan", waits(0, began=began), 5))
    assert began[0] < computed[0]


async def test_without_a_question_to_wait_for_no_task_is_made(monkeypatch):
    def forbidden(*_):
        raise AssertionError("a task was made")

    monkeypatch.setattr(asyncio, "create_task", forbidden)
    evidence, failures = await gathered(*COLLECTORS)
    assert evidence.scan == ScanFacts(ScanState.NOT_CONFIGURED)
    assert isinstance(evidence.parts, PartFacts)
    assert failures == []


async def test_a_sender_who_leaves_takes_the_open_questions_with_him():
    ended = asyncio.Event()

    async def wait(subject):
        try:
            await asyncio.sleep(30)
        finally:
            ended.set()

    task = asyncio.create_task(gathered(Collector("scan", wait, 60.0)))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(ended.wait(), 20)


class Lists(NoLists):
    """The client's one entry, and one of each recipient's own."""

    def list_hits(self, policy, recipient, sender, ip):
        return (
            ListHit("client", "block", str(sender)),
            ListHit("user", "allow", ip, recipient.key),
        )


class DownScanner:
    async def scan(self, content):
        return ScanFacts(ScanState.UNAVAILABLE)


async def test_each_list_entry_that_fits_is_known_once_and_for_whom():
    evidence = await collect(
        Subject(incoming(), SERVED, Sources(Lists(), None, "gateway.test")), COLLECTORS, Failures()
    )
    assert evidence.lists == (
        ListHit("client", "block", "sam@sender.example"),
        ListHit("user", "allow", "192.0.2.10", "ann@client.example"),
        ListHit("user", "allow", "192.0.2.10", "bob@client.example"),
    )


async def test_a_scanner_that_is_down_is_a_missing_fact_that_is_told():
    failures = Failures()
    sources = Sources(NoLists(), DownScanner(), "gateway.test")
    evidence = await collect(Subject(incoming(), SERVED, sources), COLLECTORS, failures)
    assert evidence.scan == Unknown("the virus scanner does not answer")
    assert failures == [("scan", "the virus scanner does not answer")]


async def test_what_is_read_on_the_spot_costs_little_however_it_is_made():
    part = b"--x\r\nContent-Type: a/b; name*0=a; name=b\r\nContent-Transfer-Encoding: none\r\n\r\na\r\n"
    head = b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    most = head + part * ((ON_THE_SPOT_OCTETS - len(head)) // len(part))
    with cpu() as spent:
        body = Subject(incoming(most), SERVED, SOURCES).body
    assert body is not None
    assert len(body.parts) > 500
    # Measured: 70 ms.
    assert spent.seconds < 0.3
    assert Subject(incoming(most + b"a" * len(part)), SERVED, SOURCES).body is None
