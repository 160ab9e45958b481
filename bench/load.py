"""The load generator: plays messages to an SMTP server on loopback and times every one.

Closed loop (`--connections`): each connection sends one message, quits and is followed by the next. Open loop
(`--rate`): arrivals as a seeded Poisson process, one connection a message, no matter how the server keeps up.
The dialog is that of a large sender: EHLO, MAIL, RCPT and DATA in one group (PIPELINING), QUIT. With `--xclient` the
client address of the recorded message is handed over first, as Postfix and Écluse allow listed hosts to do.

Each session is one callback-driven protocol without tasks or futures, so that this process is not what is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import ipaddress
import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, repeat
from pathlib import Path
from typing import cast

import corpus
import peers
import uvloop
from corpus import Message

ARRIVAL_SEED = 5321
MAX_OPEN_SESSIONS = 500  # A server that has this many waiting has lost; the run is ended.

now = time.perf_counter


@dataclass(slots=True)
class Tally:
    """What came of all sessions of one run."""

    answer_s: list[float] = field(default_factory=list)  # From the last octet of the message to the final reply.
    message_s: list[float] = field(default_factory=list)  # From the first octet of the message to the final reply.
    session_s: list[float] = field(default_factory=list)  # From the (planned) arrival to the final reply.
    octets: int = 0
    replies: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    last_reply_at: float = 0.0


def take_reply(buffer: bytearray) -> bytes | None:
    """Cut the first whole reply (RFC 5321 section 4.2.1: "250-" goes on, "250 " ends) out of the buffer."""
    start = 0
    while (end := buffer.find(b"\r\n", start)) >= 0:
        if buffer[start + 3 : start + 4] != b"-":
            reply = bytes(buffer[:end])
            del buffer[: end + 2]
            return reply
        start = end + 2
    return None


class Session(asyncio.Protocol):
    """One connection that hands over one message."""

    __slots__ = (
        "_buffer", "_due_at", "_envelope_replies", "_first_octet_at", "_last_octet_at", "_message", "_next_step",
        "_on_end", "_tally", "_transport", "_uses_xclient",
    )  # fmt: skip

    def __init__(
        self, message: Message, due_at: float, tally: Tally, *, uses_xclient: bool, on_end: Callable[[], None]
    ) -> None:
        self._message = message
        self._due_at = due_at
        self._tally = tally
        self._uses_xclient = uses_xclient
        self._on_end = on_end
        self._buffer = bytearray()
        self._envelope_replies: list[bytes] = []
        self._first_octet_at = self._last_octet_at = 0.0
        self._next_step: Callable[[bytes], None] = self._after_greeting

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        # With a limit of 0, resume_writing tells when the kernel has taken the last octet.
        self._transport.set_write_buffer_limits(high=0)

    def resume_writing(self) -> None:
        self._last_octet_at = now()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (reply := take_reply(self._buffer)) is not None:
            self._next_step(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._next_step != self._after_quit:
            self._tally.errors[f"connection lost {self._next_step.__name__.removeprefix('_')}: {exc}"] += 1
        self._on_end()

    def _after_greeting(self, reply: bytes) -> None:
        if not reply.startswith(b"220"):
            self._give_up("greeting", reply)
            return
        self._next_step = self._after_ehlo
        self._transport.write(self._message.ehlo)

    def _after_ehlo(self, reply: bytes) -> None:
        if b"PIPELINING" not in reply:
            self._give_up("no PIPELINING", reply)
            return
        if not self._uses_xclient:
            self._send_envelope(reply)
            return
        if b"XCLIENT" not in reply:
            self._give_up("no XCLIENT", reply)
            return
        self._next_step = self._after_xclient
        self._transport.write(self._message.xclient)

    def _after_xclient(self, reply: bytes) -> None:
        if not reply.startswith(b"220"):
            self._give_up("XCLIENT", reply)
            return
        self._next_step = self._send_envelope  # XCLIENT takes the session back to its greeting.
        self._transport.write(self._message.ehlo)

    def _send_envelope(self, _reply: bytes) -> None:
        self._next_step = self._after_envelope
        self._transport.write(self._message.envelope)

    def _after_envelope(self, reply: bytes) -> None:
        self._envelope_replies.append(reply)
        if len(self._envelope_replies) < 3:
            return
        if not reply.startswith(b"354"):
            refused = next(r for r in self._envelope_replies if r[:1] not in b"23")
            self._give_up("envelope", refused)
            return
        self._next_step = self._after_message
        self._first_octet_at = self._last_octet_at = now()
        self._transport.write(self._message.wire)

    def _after_message(self, reply: bytes) -> None:
        tally, moment = self._tally, now()
        tally.answer_s.append(moment - self._last_octet_at)
        tally.message_s.append(moment - self._first_octet_at)
        tally.session_s.append(moment - self._due_at)
        tally.octets += len(self._message.wire)
        tally.replies[reply[:3].decode("ascii", "replace")] += 1
        tally.last_reply_at = moment
        self._quit()

    def _give_up(self, where: str, reply: bytes) -> None:
        self._tally.errors[f"{where}: {reply[:60].decode('ascii', 'replace')}"] += 1
        self._quit()

    def _quit(self) -> None:
        self._next_step = self._after_quit
        self._transport.write(b"QUIT\r\n")

    def _after_quit(self, _reply: bytes) -> None:
        self._transport.close()


class Load:
    """Starts sessions until the messages or the time are used up."""

    def __init__(
        self, server: tuple[str, int], messages: Iterator[Message], *, uses_xclient: bool, max_s: float
    ) -> None:
        self.tally = Tally()
        self.most_open = 0
        self._server = server
        self._messages = messages
        self._uses_xclient = uses_xclient
        self._open = 0
        self._loop = asyncio.get_running_loop()
        self._all_done = self._loop.create_future()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ends_at = now() + max_s
        self._after_session: Callable[[], None] = self._start_next

    async def closed_loop(self, connections: int) -> None:
        """Keep so many sessions open: each that ends is followed by the next."""
        for _ in range(connections):
            self._start_next()
        await self._all_done

    async def open_loop(self, rate: float) -> None:
        """Start sessions at random moments, `rate` a second on average, however long the others take."""
        self._after_session = _no_more
        arrivals = random.Random(ARRIVAL_SEED)  # noqa: S311 - the same arrivals for everybody.
        self._open += 1  # Ourselves: the run is not over while arrivals are still to come.
        due_at = now()
        for message in self._messages:
            due_at += arrivals.expovariate(rate)
            if (wait_s := due_at - now()) > 0:
                await asyncio.sleep(wait_s)
            if now() > self._ends_at or self._open > MAX_OPEN_SESSIONS:
                self.tally.errors["overloaded"] += 1
                break
            self._start(message, due_at)
        self._session_ended()
        await self._all_done

    def _start_next(self) -> None:
        message = next(self._messages, None) if now() < self._ends_at else None
        if message is not None:
            self._start(message, now())

    def _start(self, message: Message, due_at: float) -> None:
        self._open += 1
        self.most_open = max(self.most_open, self._open)
        task = self._loop.create_task(self._connect(message, due_at))
        self._tasks.add(task)  # The loop itself holds tasks only weakly.
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, message: Message, due_at: float) -> None:
        session = Session(message, due_at, self.tally, uses_xclient=self._uses_xclient, on_end=self._session_ended)
        try:
            await self._loop.create_connection(lambda: session, *self._server)
        except OSError as error:
            self.tally.errors[f"connect: {error}"] += 1
            self._session_ended()

    def _session_ended(self) -> None:
        self._open -= 1
        self._after_session()
        if self._open == 0 and not self._all_done.done():
            self._all_done.set_result(None)


def _no_more() -> None:
    """What follows a session in the open loop, where only time starts the next."""


def percentile_ms(seconds: list[float], percent: float) -> float | None:
    """Return the value that `percent` of the samples do not exceed, in milliseconds."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1000, 3)


async def _play(options: argparse.Namespace, messages: list[Message]) -> dict[str, object]:
    load = Load(
        (options.host, options.port),
        chain.from_iterable(repeat(messages, options.rounds)),
        uses_xclient=options.xclient,
        max_s=options.max_time,
    )
    started_at, started_on = now(), time.time()
    if options.rate:
        await load.open_loop(options.rate)
    else:
        await load.closed_loop(options.connections)
    tally = load.tally
    wall_s = (tally.last_reply_at or now()) - started_at
    used = os.times()
    return {
        "answered": len(tally.answer_s),
        "wall_s": round(wall_s, 3),
        "per_s": round(len(tally.answer_s) / wall_s, 1),
        "mb_per_s": round(tally.octets / 1e6 / wall_s, 1),
        "answer_ms": {f"p{p}": percentile_ms(tally.answer_s, p) for p in (50, 90, 99, 100)},
        "message_ms": {f"p{p}": percentile_ms(tally.message_s, p) for p in (50, 90, 99, 100)},
        "session_ms": {f"p{p}": percentile_ms(tally.session_s, p) for p in (50, 90, 99, 100)},
        "replies": dict(tally.replies),
        "errors": dict(tally.errors),
        "most_open": load.most_open,
        "started_on": started_on,
        "cpu_s": round(used.user + used.system, 2),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2525)
    parser.add_argument("--corpus", type=Path, default=peers.CORPUS)
    parser.add_argument("--set", choices=corpus.SETS, default="mixed")
    parser.add_argument("--count", type=int, default=1500, help="messages taken from the set")
    parser.add_argument("--skip", type=int, default=0, help="messages of the set left out at its start")
    parser.add_argument("--rounds", type=int, default=1, help="how often they are played")
    parser.add_argument("--connections", type=int, default=10, help="closed loop: so many at a time")
    parser.add_argument("--rate", type=float, default=0, help="open loop: messages a second")
    parser.add_argument("--xclient", action="store_true")
    parser.add_argument("--max-time", type=float, default=300, help="seconds after which no session is started")
    options = parser.parse_args()
    if not ipaddress.ip_address(options.host).is_loopback:
        parser.error("only loopback is loaded")
    return options


def main() -> None:
    options = _options()
    messages = corpus.read(options.corpus, options.set, options.count, options.skip)
    gc.freeze()
    gc.disable()  # A collection would be measured as the server's latency.
    print(json.dumps(uvloop.run(_play(options, messages))), flush=True)
    os._exit(0)  # Freeing the messages would be waited for by whoever measures until the last delivery.


if __name__ == "__main__":
    main()
