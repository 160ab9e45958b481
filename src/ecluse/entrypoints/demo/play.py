"""Plays the demonstration: starts a whole node with a client of its own, sends the samples, shows their fate."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from ecluse.adapters.folder.journal_reader import read_events
from ecluse.domain.event import MessageEvent, Stage
from ecluse.entrypoints.demo.cast import SAMPLES, Sample
from ecluse.entrypoints.demo.client_server import ClientServer
from ecluse.entrypoints.demo.sender import send
from ecluse.entrypoints.paths import DataPaths

PORT = 2525
START_WITHIN_S = 30.0
FATE_WITHIN_S = 10.0
PAUSE_S = 0.4  # Between samples, so that a person can follow.
REPEAT_EVERY_S = 10.0
SHOWN = 30  # Rows of the table.

SETTINGS = """\
hostname = "gateway.demo.example"
data_dir = "{folder}/data"
workers = 2
log_level = "warning"

[inbound]
listen = ["127.0.0.1:{port}"]
early_talk_wait_s = 0.1

[metrics]
listen = "127.0.0.1:{metrics}"

[policy]
file = "policy.toml"

[spool]
reserve_bytes = 0
"""
POLICY = """\
[[clients]]
name = "Demo"
extra_banned_suffixes = ["docm", "xlsm", "pptm"]
block = ["nagging.example"]

[[clients.domains]]
name = "demo.example"
addresses = ["paul", "ann"]
routes = ["smtp://127.0.0.1:{client_server}"]

[[clients.domains.users]]
address = "ann"
allow = ["winner@prizes.example"]

[[clients]]
name = "Away"

[[clients.domains]]
name = "away.example"
addresses = ["eva"]
routes = ["smtp://127.0.0.1:{nobody}"]
"""


@dataclass(slots=True)
class Row:
    """One sample and what became of it."""

    sample: Sample
    answer: str = ""
    fates: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    milliseconds: float = 0.0
    at: float = field(default_factory=time.time)

    @property
    def is_as_expected(self) -> bool:
        """Whether the gateway did what the sample demands."""
        return self.answer.startswith(self.sample.answer) and self.fates == self.sample.fates


def play(*, once: bool, as_json: bool) -> int:
    """Run the demonstration until Ctrl-C, or once; 0 if every sample met its expected fate."""
    console = Console(stderr=as_json)
    with tempfile.TemporaryDirectory(prefix="ecluse-demo-") as scratch, _client_server() as client_server:
        folder = Path(scratch)
        port = _free_port() if once else PORT
        with _node(folder, port, client_server.port) as node:
            _wait_for_greeting(port, node)
            console.print(f"Écluse listens on 127.0.0.1:{port} for demo.example; its data lie in {folder}")
            rows = _send_all(folder, port, console, keeps_running=not once)
    if as_json:
        print(json.dumps([_as_json(row) for row in rows], indent=1))  # noqa: T201 - the command's answer.
    missed = [row.sample.name for row in rows if not row.is_as_expected]
    console.print(f"{len(rows) - len(missed)} of {len(rows)} messages met their expected fate", style="bold")
    if missed:
        console.print(f"not so: {', '.join(missed)}", style="bold red")
    return 1 if missed else 0


def _send_all(folder: Path, port: int, console: Console, *, keeps_running: bool) -> list[Row]:
    """Send every sample once; then, until Ctrl-C, now and then one more."""
    rows: list[Row] = []
    with Live(_table(rows), console=console, refresh_per_second=4, transient=False) as live, _until_interrupted():
        for sample in _endless() if keeps_running else iter(SAMPLES):
            rows.append(_play_one(sample, folder, port))
            live.update(_table(rows[-SHOWN:]))
            if keeps_running:
                time.sleep(PAUSE_S if len(rows) < len(SAMPLES) else REPEAT_EVERY_S)
    return rows


@contextlib.contextmanager
def _until_interrupted() -> Iterator[None]:
    with contextlib.suppress(KeyboardInterrupt):
        yield


def _endless() -> Iterator[Sample]:
    while True:
        yield from SAMPLES


def _play_one(sample: Sample, folder: Path, port: int) -> Row:
    began = time.perf_counter()
    row = Row(sample, send(sample, port))
    row.milliseconds = (time.perf_counter() - began) * 1000
    if sample.fates:
        event = _outcome(folder, row.answer)
        row.fates = tuple(str(one.fate) for one in event.recipients)
        row.findings = tuple(dict.fromkeys(code for one in event.recipients for code in one.findings))
    return row


def _outcome(folder: Path, answer: str) -> MessageEvent:
    """The journal's record of the message whose id stands at the end of the answer."""
    deadline = time.monotonic() + FATE_WITHIN_S
    while time.monotonic() < deadline:
        for event in read_events(DataPaths(folder / "data").journal):
            if event.stage is Stage.OUTCOME and event.id in answer:
                return event
        time.sleep(0.05)
    return MessageEvent(id="", stage=Stage.OUTCOME, at=0.0)


# -- the table


def _table(rows: list[Row]) -> Table:
    table = Table(title="What became of each message, and why", expand=True)
    table.add_column("message", no_wrap=True, min_width=12)
    table.add_column("fate", no_wrap=True, min_width=8)
    table.add_column("answer to the sender, and why", ratio=1, overflow="fold")
    table.add_column("ms", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in rows:
        table.add_row(
            row.sample.name,
            "\n".join(_fates(row)),
            f"{_coloured_answer(row)}\n{_why(row)}",
            f"{row.milliseconds:.0f}",
            "[green]✓[/]" if row.is_as_expected else "[red]✗[/]",
        )
    return table


def _fates(row: Row) -> tuple[str, ...]:
    return row.fates or ("refused",)


def _coloured_answer(row: Row) -> str:
    """As the trade shows it: 2xx green, 4xx orange, 5xx red (market 2.6); the number says it without colour."""
    colour = {"2": "green", "4": "dark_orange", "5": "red"}.get(row.answer[:1], "white")
    return f"[{colour}]{escape(row.answer.partition(' (0')[0])}[/]"


def _why(row: Row) -> str:
    findings = f"{escape(', '.join(row.findings))} - " if row.findings else ""
    people = f"{row.sample.sender} → {' '.join(row.sample.recipients)}"
    return f"[dim]{escape(people)}: {findings}{escape(row.sample.lesson)}[/]"


def _as_json(row: Row) -> dict[str, object]:
    return {
        "message": row.sample.name,
        "sender": row.sample.sender,
        "recipients": row.sample.recipients,
        "answer": row.answer,
        "fates": row.fates,
        "findings": row.findings,
        "expected": row.is_as_expected,
    }


# -- the node and its surroundings


@contextlib.contextmanager
def _client_server() -> Iterator[ClientServer]:
    server = ClientServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def _node(folder: Path, port: int, client_server: int) -> Iterator[subprocess.Popen[bytes]]:
    """`ecluse mta` as anybody would start it, in a session of its own so that Ctrl-C reaches only us."""
    settings = folder / "ecluse.toml"
    settings.write_text(SETTINGS.format(folder=folder, port=port, metrics=_free_port()), "utf-8")
    policy = POLICY.format(client_server=client_server, nobody=_free_port())
    (folder / "policy.toml").write_text(policy, "utf-8")
    command = [sys.executable, "-m", "ecluse", "mta", "--config", str(settings)]
    node = subprocess.Popen(command, start_new_session=True)  # noqa: S603 - our own command.
    try:
        yield node
    finally:
        node.send_signal(signal.SIGTERM)
        try:
            node.wait(START_WITHIN_S)
        except subprocess.TimeoutExpired:
            os.killpg(node.pid, signal.SIGKILL)
            node.wait()


def _wait_for_greeting(port: int, node: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline:
        if node.poll() is not None:
            raise SystemExit(f"the node did not start; is port {port} in use? See its message above.")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0) as probe:
            probe.settimeout(5.0)
            if probe.recv(512).startswith(b"220"):
                return
        time.sleep(0.1)
    raise SystemExit(f"no greeting on port {port} within {START_WITHIN_S:g} s")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port
