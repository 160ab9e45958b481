"""Plays the demonstration: starts a whole node with a client of its own, sends mail, shows what becomes of it."""

from __future__ import annotations

import contextlib
import itertools
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.live import Live

from ecluse.adapters.folder.journal_tail import JournalTail
from ecluse.domain.event import Ending
from ecluse.domain.logged_message import LoggedMessage
from ecluse.entrypoints.demo.cast import SAMPLES, Sample
from ecluse.entrypoints.demo.client_server import ClientServer
from ecluse.entrypoints.demo.node import PortTaken, free_port, running_console, running_node
from ecluse.entrypoints.demo.sender import Doors, send
from ecluse.entrypoints.demo.table import Row, as_table, fates_of, newest, sample_row, visitor_row
from ecluse.entrypoints.message_log import Follower, Question
from ecluse.entrypoints.paths import DataPaths

FATE_WITHIN_S = 60.0
USUAL_PORT = 2_525
PAUSE_S = 0.4  # Between samples, so that a person can follow.
REPEAT_EVERY_S = 10.0
LOOK_EVERY_S = 0.25
KEPT = 200  # Rows.
MAILBOX = "mailbox"
SPOOLED = Ending.SPOOLED.value

HOW_TO_LOOK = """\
Écluse listens on 127.0.0.1:{port} for demo.example. Send it mail of your own to paul@demo.example or ann@demo.example.
What is known of each message:  {ecluse} log --data-dir {folder}/data
What has reached demo.example, our digests after some minutes, too:  {folder}/{mailbox}
"""
CONSOLE = """\
The console, signed in as Olive, who looks after demo.example (works once): {olive}
As Paul, with what is held for him (works once, in another browser window): {paul}
"""


def play(*, port: int, once: bool, as_json: bool) -> int:
    """Run the demonstration on `port` until Ctrl-C, or once on any; 0 if every sample met its expected fate.

    2 when the port is not to be had.
    """
    console = Console(stderr=as_json)
    with tempfile.TemporaryDirectory(prefix="ecluse-demo-") as scratch, _client_server(Path(scratch)) as client_server:
        port = free_port(USUAL_PORT) if once else port
        try:
            with running_node(Path(scratch), port, client_server.port) as started:
                console.print(
                    HOW_TO_LOOK.format(port=port, folder=scratch, ecluse=_our_name(), mailbox=MAILBOX), soft_wrap=True
                )
                with contextlib.nullcontext() if once else _console(Path(scratch), started.ways_in, console):
                    rows = _Play(Path(scratch), started.doors).run(console, keeps_running=not once)
        except PortTaken as problem:
            console.print(str(problem), style="bold red", soft_wrap=True)
            return 2
    return _conclude(rows, console, as_json=as_json)


@contextlib.contextmanager
def _console(folder: Path, ways_in: dict[str, str], console: Console) -> Iterator[None]:
    with running_console(folder):
        console.print(CONSOLE.format(**ways_in), soft_wrap=True)
        yield


def _our_name() -> str:
    """As this shell can call us."""
    beside = Path(".venv/bin/ecluse")
    return str(beside) if beside.exists() else "ecluse"


def _conclude(rows: list[Row], console: Console, *, as_json: bool) -> int:
    samples = [row for row in rows if row.is_as_expected is not None]
    if as_json:
        print(json.dumps([_as_json(row) for row in samples], indent=1))  # noqa: T201 - the command's answer.
    missed = [row.name for row in samples if not row.is_as_expected]
    console.print(f"{len(samples) - len(missed)} of {len(samples)} messages met their expected fate", style="bold")
    if missed:
        console.print(f"not so: {', '.join(missed)}", style="bold red")
    return 1 if missed else 0


def _as_json(row: Row) -> dict[str, object]:
    sender, _, recipients = row.people.partition(" → ")
    return {
        "message": row.name,
        "sender": sender,
        "recipients": recipients.split(),
        "answer": row.answer,
        "fates": row.fates,
        "findings": row.findings,
        "expected": row.is_as_expected,
    }


class _Play:
    """The samples, and whatever else arrives meanwhile, in the order of their coming."""

    def __init__(self, folder: Path, doors: Doors) -> None:
        self._doors = doors
        self._tail = JournalTail(DataPaths(folder / "data").journal, since=0.0)
        self._follower = Follower(Question())
        self._logged: dict[str, LoggedMessage] = {}  # By id; what no row shows yet.
        self._rows: list[Row] = []

    def run(self, console: Console, *, keeps_running: bool) -> list[Row]:
        """Send every sample once; then, until Ctrl-C, now and then one more."""
        if keeps_running:
            with Live(console=console, auto_refresh=False) as live, contextlib.suppress(KeyboardInterrupt):
                self._go_on(live)
            return self._rows
        for sample in SAMPLES:
            self._send(sample)
        console.print(as_table(self._rows))
        return self._rows

    def _go_on(self, live: Live) -> None:
        for number in itertools.count(1):
            self._send(SAMPLES[(number - 1) % len(SAMPLES)])
            self._show(live)
            self._watch(live, PAUSE_S if number < len(SAMPLES) else REPEAT_EVERY_S)

    def _send(self, sample: Sample) -> None:
        began = time.perf_counter()
        answer = send(sample, self._doors)
        milliseconds = (time.perf_counter() - began) * 1000
        message = self._logged_as(answer, sample.fates) if sample.fates else None
        self._rows.append(sample_row(sample, answer, message, milliseconds))

    def _logged_as(self, answer: str, expected: tuple[str, ...]) -> LoggedMessage | None:
        """What the journal says of the message whose id stands at the end of the answer, once it has left the spool."""
        deadline = time.monotonic() + FATE_WITHIN_S
        found = None
        while time.monotonic() < deadline:
            self._look()
            found = next((each for each in self._logged.values() if each.id in answer), None)
            if found is not None and (fates_of(found) == expected or SPOOLED not in fates_of(found)):
                break
            time.sleep(LOOK_EVERY_S / 5)
        return self._logged.pop(found.id) if found else None

    def _watch(self, live: Live, seconds: float) -> None:
        """Show what a person sends meanwhile."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(LOOK_EVERY_S)
            self._look()
            self._take_visitors()
            self._show(live)

    def _look(self) -> None:
        for message in self._follower.learn(self._tail.new_events()):
            self._logged[message.id] = message

    def _take_visitors(self) -> None:
        """What is not a sample's, or tells a later fate of a message that is shown already."""
        shown = {row.id: row for row in self._rows if row.id}
        for message in self._logged.values():
            row = visitor_row(message)
            known = shown.get(message.id)
            if known is None:
                self._rows.append(row)
            elif known.is_as_expected is None:
                known.fates, known.answer = row.fates, row.answer
        self._logged.clear()

    def _show(self, live: Live) -> None:
        del self._rows[:-KEPT]
        rows = newest(self._rows, live.console.height)
        live.update(as_table(rows, ends="Ctrl-C ends it"), refresh=True)


@contextlib.contextmanager
def _client_server(folder: Path) -> Iterator[ClientServer]:
    server = ClientServer(folder / MAILBOX)
    server.start()
    try:
        yield server
    finally:
        server.stop()
