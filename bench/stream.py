"""That large messages stream: memory of the gateway while several 50 MB messages pass through at once.

    .venv/bin/python bench/stream.py                        4 messages of 50 MB, filtering off and on
    .venv/bin/python bench/stream.py --messages 8 --megabytes 20

The resident memory of all its processes together may grow by less than one message, however many pass at once:
if it grows by more, some process holds messages whole.
Needs ../shared (next hop and name server) and root. Exit status 1: it does not stream.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import accounting
import loopback
import peers
import uvloop
from accounting import Memory
from dialog import Dialog
from gateway import Variant
from peers import NotStartedError, Sink
from systems import System

SAMPLE_EVERY_S = 0.05
HEAD = (
    b"From: s@sender.peers.test\r\nTo: user@corp.test\r\nSubject: a large one\r\nMIME-Version: 1.0\r\n"
    b"Date: Mon, 23 Nov 2026 00:00:00 +0000\r\nMessage-ID: <large@sender.peers.test>\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee the attachment.\r\n'
    b"--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
    b'Content-Disposition: attachment; filename="data.bin"\r\n\r\n'
)
TAIL = b"--b--\r\n.\r\n"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What some large messages at once did to the gateway."""

    name: str
    messages: int
    megabytes: float
    took_s: float
    before: Memory
    peak_rss_mb: float
    peak_pss_mb: float
    replies: list[str]
    delivered: int

    @property
    def growth_mb(self) -> float:
        """The greater of two views: RSS alone misses pages that were shared with the parent before they were written."""
        return max(self.peak_rss_mb - self.before.rss_mb, self.peak_pss_mb - self.before.pss_mb)

    @property
    def streams(self) -> bool:
        return self.growth_mb < self.megabytes


def main() -> int:
    options = _options()
    peers.require_shared()
    peers.require_prepared()
    loopback.isolate()
    outcomes = []
    with peers.alone():
        for name, is_filtering in (("filtering off", False), ("all checks on", True)):
            system = System("own", name, ("dns", "sink"), own=Variant(filtering=is_filtering))
            outcomes.append(_measure(system, options.messages, options.megabytes))
    print(_markdown(outcomes))
    if options.json:
        options.json.write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=1))
    return 0 if all(outcome.streams for outcome in outcomes) else 1


def _measure(system: System, messages: int, megabytes: float) -> Outcome:
    books = accounting.accountant(peers.STATE)
    with system.running(books) as sink:
        assert sink is not None  # noqa: S101 - for the type checker: a system of ours has a next hop.
        return uvloop.run(_stream(system, messages, megabytes, books, sink))


async def _stream(system: System, messages: int, megabytes: float, books: accounting.Accountant, sink: Sink) -> Outcome:
    await _send(0.01)  # What is loaded at the first message is no cost of its size.
    taken_before = sink.taken()
    before = accounting.memory_of(books.pids(accounting.OWN))
    samples: list[Memory] = []
    sampling = asyncio.create_task(_sample(books, samples))
    began_at = time.perf_counter()
    replies = await asyncio.gather(*(_send(megabytes) for _ in range(messages)))
    took_s = time.perf_counter() - began_at
    await asyncio.sleep(2 * SAMPLE_EVERY_S)
    sampling.cancel()
    return Outcome(
        system.name,
        messages,
        megabytes,
        took_s,
        before,
        max(sample.rss_mb for sample in samples),
        max(sample.pss_mb for sample in samples),
        sorted(replies),
        sink.taken() - taken_before,
    )


async def _sample(books: accounting.Accountant, samples: list[Memory]) -> None:
    while True:
        samples.append(await asyncio.to_thread(lambda: accounting.memory_of(books.pids(accounting.OWN))))
        await asyncio.sleep(SAMPLE_EVERY_S)


async def _send(megabytes: float) -> str:
    dialog = await Dialog.open()
    await dialog.ask(b"EHLO sender.peers.test\r\n", b"250")
    await dialog.ask(b"MAIL FROM:<s@sender.peers.test>\r\n", b"250")
    await dialog.ask(b"RCPT TO:<user@corp.test>\r\n", b"250")
    await dialog.ask(b"DATA\r\n", b"354")
    await dialog.stream(_blocks(int(megabytes * 1e6)))
    reply = await dialog.expect(b"")
    dialog.close()
    return reply.decode("ascii", "replace").partition(" (")[0]  # Without the message's id.


def _blocks(octets: int) -> Iterator[bytes]:
    """Give a message of about this size: a text part and one attachment of random data."""
    yield HEAD
    block = base64.encodebytes(os.urandom(48_000)).replace(b"\n", b"\r\n")
    for _ in range(octets // len(block)):
        yield block
    yield TAIL


def _markdown(outcomes: list[Outcome]) -> str:
    lines = [
        "| large messages at once | took s | RSS (PSS) MB before | peak | growth | goal | at the next hop | replies |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for outcome in outcomes:
        met = "met" if outcome.streams else "**missed**"
        lines.append(
            f"| {outcome.messages} x {outcome.megabytes:.0f} MB, {outcome.name} | {outcome.took_s:.1f} "
            f"| {outcome.before.rss_mb:.0f} ({outcome.before.pss_mb:.0f}) "
            f"| {outcome.peak_rss_mb:.0f} ({outcome.peak_pss_mb:.0f}) | {outcome.growth_mb:.0f} "
            f"| growth < {outcome.megabytes:.0f} MB: {met} "
            f"| {outcome.delivered} | {', '.join(sorted(set(outcome.replies)))} |"
        )
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=4)
    parser.add_argument("--megabytes", type=float, default=50)
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NotStartedError as error:
        sys.exit(f"bench: {error}")
