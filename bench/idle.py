"""What idle connections cost: memory of the gateway with thousands of open sessions that say nothing.

    .venv/bin/python bench/idle.py                          10,000 plain, then 1,000 with STARTTLS
    .venv/bin/python bench/idle.py --plain 2000 --tls 0

Each session has been greeted and has said EHLO. While they are held, new messages must still be taken.
Needs ../shared (next hop and name server) and root. Exit status 1: a goal is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import accounting
import loopback
import peers
import uvloop
from accounting import Memory
from dialog import Dialog
from gateway import Variant
from peers import NotStartedError
from systems import System

GOAL_GROWTH_MB = 200  # For 10,000 plain connections (issue 2, "Must hold").
AT_A_TIME = 100  # Connections opened side by side, so that no listen queue overflows.
SETTLE_S = 2.0

NOT_FILTERING = System("relay", "Écluse, filtering off", ("dns", "sink"), own=Variant(filtering=False, tls=True))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What some idle connections did to the gateway."""

    kind: str
    connections: int
    opened_in_s: float
    before: Memory
    after: Memory
    message_ms: float  # A whole session with one message, while the others idle.

    @property
    def growth_mb(self) -> float:
        """The greater of two views: RSS alone misses pages that were shared with the parent before they were written."""
        return max(self.after.rss_mb - self.before.rss_mb, self.after.pss_mb - self.before.pss_mb)

    @property
    def kb_each(self) -> float:
        return self.growth_mb * 1024 / self.connections


def main() -> int:
    options = _options()
    peers.require_shared()
    peers.require_prepared()
    loopback.isolate()
    loopback.raise_file_limit(max(options.plain, options.tls) + 5000)
    with peers.alone():
        outcomes = [
            _measure(kind, count) for kind, count in (("plain", options.plain), ("STARTTLS", options.tls)) if count
        ]
    print(_markdown(outcomes))
    if options.json:
        options.json.write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=1))
    return 0 if all(_is_good(outcome) for outcome in outcomes) else 1


def _measure(kind: str, count: int) -> Outcome:
    books = accounting.accountant(peers.STATE)
    with NOT_FILTERING.running(books):
        return uvloop.run(_hold(kind, count, books))


async def _hold(kind: str, count: int, books: accounting.Accountant) -> Outcome:
    await _send_message()  # What is loaded at the first message is no cost of idle connections.
    before = accounting.memory_of(books.pids(accounting.OWN))
    began_at = time.perf_counter()
    gate = asyncio.Semaphore(AT_A_TIME)
    dialogs = await asyncio.gather(*(_open_idle(kind, gate) for _ in range(count)))
    opened_in_s = time.perf_counter() - began_at
    await asyncio.sleep(SETTLE_S)
    after = accounting.memory_of(books.pids(accounting.OWN))
    sent_at = time.perf_counter()
    await _send_message()
    message_ms = (time.perf_counter() - sent_at) * 1000
    for dialog in dialogs:
        await dialog.ask(b"NOOP\r\n", b"250")  # Each is still served.
        dialog.close()
    return Outcome(kind, count, opened_in_s, before, after, message_ms)


async def _open_idle(kind: str, gate: asyncio.Semaphore) -> Dialog:
    async with gate:
        dialog = await Dialog.open()
        await dialog.ask(b"EHLO idle.peers.test\r\n", b"250")
        if kind == "STARTTLS":
            await dialog.start_tls()
            await dialog.ask(b"EHLO idle.peers.test\r\n", b"250")
        return dialog


async def _send_message() -> None:
    dialog = await Dialog.open()
    await dialog.ask(b"EHLO sender.peers.test\r\n", b"250")
    await dialog.ask(b"MAIL FROM:<s@sender.peers.test>\r\n", b"250")
    await dialog.ask(b"RCPT TO:<user@corp.test>\r\n", b"250")
    await dialog.ask(b"DATA\r\n", b"354")
    await dialog.ask(b"From: s@sender.peers.test\r\nSubject: one\r\n\r\nOne message.\r\n.\r\n", b"250")
    dialog.close()


def _is_good(outcome: Outcome) -> bool:
    return outcome.kind != "plain" or outcome.growth_mb < GOAL_GROWTH_MB * outcome.connections / 10_000


def _markdown(outcomes: list[Outcome]) -> str:
    lines = [
        "| idle connections | RSS (PSS) MB before | after | growth | kB each | opened in s | one message meanwhile, ms | goal |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for outcome in outcomes:
        goal = f"< {GOAL_GROWTH_MB * outcome.connections / 10_000:.0f} MB" if outcome.kind == "plain" else "stated"
        met = "" if outcome.kind != "plain" else ": met" if _is_good(outcome) else ": **missed**"
        lines.append(
            f"| {outcome.connections:,} {outcome.kind} | {_both(outcome.before)} | {_both(outcome.after)} "
            f"| {outcome.growth_mb:.0f} | {outcome.kb_each:.1f} | {outcome.opened_in_s:.1f} "
            f"| {outcome.message_ms:.1f} | {goal}{met} |"
        )
    return "\n".join(lines)


def _both(memory: Memory) -> str:
    return f"{memory.rss_mb:.0f} ({memory.pss_mb:.0f})"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plain", type=int, default=10_000, help="connections without TLS")
    parser.add_argument("--tls", type=int, default=1_000, help="connections with STARTTLS")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NotStartedError as error:
        sys.exit(f"bench: {error}")
