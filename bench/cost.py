"""What each step of the inbound pipeline costs: CPU of a message by collector, checks, judge and changes, and of the room.

    .venv/bin/python bench/cost.py                  both sets of messages, a table for bench/README.md
    .venv/bin/python bench/cost.py --count 600      more messages
    .venv/bin/python bench/cost.py --profile FILE   also what the functions cost, for pstats

Everything is real but the network: the resolver asks a name server in this process, whose records are those of the bench's,
and is warm; the room is a zygote with its helpers. Answers of the room are not remembered, and each round has helpers of its
own, which have seen nothing of it. One message at a time, so that what is spent belongs to it; CPU seconds are counted, never
time, so other programs disturb little. First all steps as a worker does them, all collectors side by side, which is what the
goal is held against; then one by one, where to start and to measure each costs too. Exit status 1: the goal is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import uvloop
from corpus import rows
from dnslib import RCODE, RR, DNSRecord
from peers import CORPUS

from ecluse.adapters.counters.exchange import NodeCounters
from ecluse.adapters.counters.store import Store
from ecluse.adapters.dns.resolver import StubResolver
from ecluse.adapters.room.poison import PoisonList
from ecluse.adapters.room.private import PrivateZygote
from ecluse.adapters.room.room import HelperRoom, Pool
from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.ids import new_id
from ecluse.domain.incoming import Direction, Incoming
from ecluse.domain.peer import Peer
from ecluse.domain.policy import Policy
from ecluse.entrypoints.dnsbl_catalogue import chosen_lists
from ecluse.entrypoints.room_settings import room_rules
from ecluse.entrypoints.scan import NoLists
from ecluse.entrypoints.settings_tables import Dnsbl, Opening
from ecluse.filtering.changes.delivered import delivered
from ecluse.filtering.changes.departure import Departure
from ecluse.filtering.collect import Served, Sources, Subject, collect
from ecluse.filtering.examine import examine
from ecluse.filtering.files import FileOpening
from ecluse.filtering.inbound import PIPELINE
from ecluse.filtering.judge import judge
from ecluse.filtering.panel import Panel
from ecluse.filtering.peer_lookups import PeerLookups

GOAL_MS = 4.0  # Issue 4, "Must hold": mixed traffic, all in, without a virus scanner.
SETS = ("mixed", "small")
ROOM = "the room and its helpers"
WORKER = "a worker, all steps in one"
_MESSAGES_A_LOOK = (
    10  # At what the room has spent: a helper opens more files than so many messages have before it ends.
)
_RECORDS = "unbound-data.conf"


class NameServer(asyncio.DatagramProtocol):
    """Answers from the bench's own records; all other names do not exist."""

    def __init__(self, zone: str) -> None:
        lines = [line.split("'", 1)[1].rsplit("'", 1)[0] for line in zone.splitlines() if "local-data:" in line]
        self._lines: dict[str, list[str]] = {}
        for line in lines:
            self._lines.setdefault(line.split(None, 1)[0].lower().rstrip("."), []).append(line)
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # uvloop's own is no subclass.

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        request = DNSRecord.parse(data)
        reply, lines = request.reply(), self._lines.get(str(request.q.qname).lower().rstrip("."))
        found = [record for record in RR.fromZone("\n".join(lines or ())) if record.rtype == request.q.qtype]
        for record in found:
            record.ttl = 86_400
        reply.add_answer(*found)
        if not found:
            reply.header.rcode = RCODE.NOERROR if lines else RCODE.NXDOMAIN
            reply.add_auth(*RR.fromZone(". 86400 IN SOA ns.local. root.local. 1 3600 600 86400 86400"))
        if self._transport is not None:
            self._transport.sendto(reply.pack(), addr)


class Room:
    """What the zygote, the only child of this process, and its helpers have spent so far."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}  # A helper that has ended keeps what was seen of it.

    def spent_ns(self) -> int:
        zygotes = list(_children(os.getpid()))
        for pid in (*zygotes, *(helper for zygote in zygotes for helper in _children(zygote))):
            with suppress(FileNotFoundError, ProcessLookupError):
                self._seen[pid] = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
        return sum(self._seen.values())


def _children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            yield from map(int, (task / "children").read_text().split())


@dataclass(slots=True)
class Bill:
    """CPU nanoseconds by step, of one set of messages."""

    messages: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    whole_room: int = 0  # What the room spent while all was done in one.

    @contextmanager
    def item(self, name: str) -> Iterator[None]:
        began = time.process_time_ns()
        yield
        self.steps[name] += time.process_time_ns() - began

    def ms(self, name: str) -> float:
        return self.steps[name] / 1e6 / self.messages


class Examined(Subject):
    """Its collectors are asked one after the other, and share what they would share side by side."""

    def end(self) -> None:
        """Not yet."""


@dataclass(frozen=True, slots=True)
class Bench:
    """The sources of the pipeline, and who counts what the room spends."""

    sources: Sources
    room: Room

    @asynccontextmanager
    async def with_new_helpers(self, zygote: PrivateZygote) -> AsyncIterator[Bench]:
        """The same with a room to which no file has come yet."""
        room = HelperRoom(zygote.door, PoisonList(zygote.poison_folder), Pool(wait_s=60.0, cache_octets=0))
        try:
            yield replace(self, sources=replace(self.sources, files=FileOpening(room)))
        finally:
            await room.close()

    async def pass_through(self, row: dict[str, str], bill: Bill) -> None:
        """One message through all steps, as in a worker; the room is not on this bill."""
        subject = self._subject(row)
        with bill.item(WORKER):
            await subject.read()
            evidence = await collect(subject, PIPELINE.collectors, _failed)
            served = subject.served[0]
            judge(examine(evidence, served.policy, PIPELINE.checks), served.policy, served.recipient)
            delivered(Departure(subject.incoming, evidence, "mx.gateway.test"), subject.section, PIPELINE.changes)
        bill.messages += 1

    async def examine(self, row: dict[str, str], bill: Bill) -> None:
        """One message through all steps, step by step."""
        subject, room_before = self._subject(row), self.room.spent_ns()
        facts = {}
        with bill.item("header and body read"):
            await subject.read()
        for collector in PIPELINE.collectors:
            with bill.item(collector.name):
                evidence = await collect(subject, (collector,), _failed)
            facts[collector.name] = getattr(evidence, collector.name)
        evidence = type(evidence)(**facts, size=evidence.size, spoke_early=evidence.spoke_early)
        served = subject.served[0]
        with bill.item("checks"):
            findings = examine(evidence, served.policy, PIPELINE.checks)
        with bill.item("judge"):
            judge(findings, served.policy, served.recipient)
        with bill.item("changes"):
            delivered(Departure(subject.incoming, evidence, "mx.gateway.test"), subject.section, PIPELINE.changes)
        bill.steps[ROOM] += self.room.spent_ns() - room_before
        bill.messages += 1

    def _subject(self, row: dict[str, str]) -> Subject:
        local, _, domain = row["rcpt"].rpartition("@")
        recipient = Recipient(Address(local, domain))
        local, _, domain = row["sender"].rpartition("@")
        envelope = Envelope(Address(local, domain) if domain else None, (recipient,))
        peer = Peer(row["ip"], 25, row["helo"], is_esmtp=True)
        content = MemoryContent((CORPUS / row["file"]).read_bytes())
        incoming = Incoming(new_id(), time.time(), Direction.INBOUND, "Corp", peer, envelope, content)
        policy = Policy("Corp", recipient.address.domain, ())
        return Examined(incoming, (Served(recipient, policy),), self.sources)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=300, help="messages of each set")
    options.add_argument("--profile", help="write cProfile's figures of the measured round there")
    given = options.parse_args()
    bills = uvloop.run(_measure(given.count, given.profile))
    print(_table(bills))
    is_met = _whole(bills["mixed"]) <= GOAL_MS
    print(f"\nGoal: mixed traffic <= {GOAL_MS:g} ms CPU a message: {'met' if is_met else '**missed**'}")
    return 0 if is_met else 1


async def _measure(count: int, profile: str | None) -> dict[str, Bill]:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: NameServer((CORPUS / _RECORDS).read_text()), local_addr=("127.0.0.1", 0)
    )
    resolver = StubResolver([transport.get_extra_info("sockname")[:2]])
    zygote = PrivateZygote(room_rules(Opening()))
    panel = Panel(chosen_lists(Dnsbl(), 1), resolver)
    with tempfile.TemporaryDirectory() as folder:
        counters = NodeCounters(Store(Path(folder) / "memories", b"bench" * 8, is_writer=True), Path(folder))
        sources = Sources(
            NoLists(),
            None,
            "mx.gateway.test",
            resolver,
            panel,
            PeerLookups(resolver, panel),
            counters=counters,
        )
        try:
            bench = Bench(sources, Room())
            return {name: await _bill(bench, zygote, name, count, profile) for name in SETS}
        finally:
            zygote.close()
            resolver.close()
            transport.close()
            counters.close()


async def _bill(bench: Bench, zygote: PrivateZygote, name: str, count: int, profile: str | None) -> Bill:
    """Three rounds: the first one warms up the resolver and all that is made at first use, the second is as in a worker."""
    sample, bill = rows(CORPUS, name)[:count], Bill()
    async with bench.with_new_helpers(zygote) as warming:
        for row in sample:
            await warming.examine(row, Bill())
    async with bench.with_new_helpers(zygote) as fresh:
        whole = await _whole_round(fresh, sample, profile and f"{profile}.{name}")
    async with bench.with_new_helpers(zygote) as fresh:
        for row in sample:
            await fresh.examine(row, bill)
    bill.steps[WORKER], bill.whole_room = whole.steps[WORKER], whole.whole_room
    return bill


async def _whole_round(bench: Bench, sample: list[dict[str, str]], profile: str | None) -> Bill:
    bill, before = Bill(), bench.room.spent_ns()
    profiler = cProfile.Profile(time.process_time)
    if profile:
        profiler.enable()
    for place, row in enumerate(sample):
        await bench.pass_through(row, bill)
        if place % _MESSAGES_A_LOOK == 0:
            bench.room.spent_ns()
    profiler.disable()
    if profile:
        profiler.dump_stats(profile)
    bill.whole_room = bench.room.spent_ns() - before
    return bill


def _table(bills: dict[str, Bill]) -> str:
    steps = [step for step in bills[SETS[0]].steps if step != WORKER]
    lines = [f"| step, ms CPU a message | {' | '.join(bills)} |", f"|---|{'--:|' * len(bills)}"]
    lines += [_line(step, [bill.ms(step) for bill in bills.values()]) for step in (*steps, WORKER)]
    lines.append(_line(f"{ROOM}, meanwhile", [_room(bill) for bill in bills.values()]))
    lines.append(_line("**these two**", [_whole(bill) for bill in bills.values()]))
    return "\n".join(lines)


def _line(name: str, figures: list[float]) -> str:
    return f"| {name} | {' | '.join(f'{figure:.2f}' for figure in figures)} |"


def _room(bill: Bill) -> float:
    return bill.whole_room / 1e6 / bill.messages


def _whole(bill: Bill) -> float:
    return bill.ms(WORKER) + _room(bill)


def _failed(name: str, reason: str) -> None:
    raise SystemExit(f"{name}: {reason}")


if __name__ == "__main__":
    sys.exit(main())
