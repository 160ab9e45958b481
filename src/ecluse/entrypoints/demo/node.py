"""The gateway of the demonstration: a whole node and its console, started as anybody would start them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from django.db import connections

from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.domain.event import MessageEvent
from ecluse.entrypoints.demo.history import past_month
from ecluse.entrypoints.django_start import migrate, start_django
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings import load_settings
from ecluse.entrypoints.settings_tables import Settings

START_WITHIN_S = 60.0
SETTINGS_FILE = "ecluse.toml"

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

[control]
database = "sqlite://{folder}/data/control/control.sqlite"
release_url = "http://127.0.0.1:{web}/r/"

[web]
listen = "127.0.0.1:{web}"
url = "http://127.0.0.1:{web}"
processes = 1
mail_through = "127.0.0.1:{mailbox}"

[spool]
reserve_bytes = 0
"""


class PortTaken(Exception):
    """Another program listens there; the text says what to do."""


@contextlib.contextmanager
def running_node(folder: Path, port: int, client_server: int) -> Iterator[dict[str, str]]:
    """`ecluse mta` on 127.0.0.1:`port`, ready to take mail; who -> the address that signs him in at its console.

    Raises PortTaken; SystemExit when it does not start.
    """
    _demand_free(port)
    file = folder / SETTINGS_FILE
    text = SETTINGS.format(folder=folder, port=port, metrics=free_port(), web=free_port(), mailbox=client_server)
    file.write_text(text, "utf-8")
    ways_in = _control_plane(load_settings(file), client_server)
    with _running("mta", folder) as node:
        _wait_for_greeting(port, node, folder / "mta.log")
        yield ways_in


def _control_plane(settings: Settings, client_server: int) -> dict[str, str]:
    """Make the control database with the demonstration's clients; who -> the address that signs him in, once."""
    start_django(settings)
    migrate(settings)
    past = _remember_a_month(settings)
    from django.urls import reverse  # noqa: PLC0415 - addresses exist once Django has started.

    from ecluse.entrypoints.demo.clients import furnish  # noqa: PLC0415 - models exist once Django has started.
    from ecluse.entrypoints.demo.disputes import dispute  # noqa: PLC0415 - the same.

    secrets = furnish(client_server=client_server, nobody=free_port())
    dispute(past, SqliteMessageLog(DataPaths(settings.data_dir).message_log))
    connections.close_all()
    url = settings.web.url
    return {who: url + reverse("sign_in_by_link", args=[secret]) for who, secret in secrets.items()}


@contextlib.contextmanager
def running_console(folder: Path) -> Iterator[None]:
    """`ecluse web` and `worker` beside the node in that folder; whoever comes before it answers waits a moment."""
    with _running("web", folder), _running("worker", folder):
        yield


@contextlib.contextmanager
def _running(verb: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """In a session of its own, so that Ctrl-C reaches only us."""
    command = [sys.executable, "-m", "ecluse", verb, "--config", str(folder / SETTINGS_FILE)]
    with (folder / f"{verb}.log").open("wb") as log:  # What it says must not run through the table.
        process = subprocess.Popen(command, start_new_session=True, stderr=log)  # noqa: S603 - our own command.
    try:
        yield process
    finally:
        _end(process)


def free_port() -> int:
    """A port of loopback that nobody uses at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def _demand_free(port: int) -> None:
    """Whoever listens there already would get our sample mail."""
    try:
        with socket.create_server(("127.0.0.1", port)):
            return
    except OSError as problem:
        raise PortTaken(
            f"127.0.0.1:{port} cannot be used: {os.strerror(problem.errno or 0)}. End the program that listens there, "
            f'or choose another port: make run ARGS="--port {port + 1}"'
        ) from None


def _wait_for_greeting(port: int, node: subprocess.Popen[bytes], said: Path) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline:
        if node.poll() is not None:
            raise SystemExit(f"The node did not start. It says:\n{said.read_text('utf-8', 'replace')}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0) as probe:
            probe.settimeout(5.0)
            if probe.recv(512).startswith(b"220"):
                return
        time.sleep(0.1)
    raise SystemExit(f"No greeting on port {port} within {START_WITHIN_S:g} s.")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(START_WITHIN_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _remember_a_month(settings: Settings) -> list[MessageEvent]:
    """What the console shows of the time before."""
    message_log = SqliteMessageLog(DataPaths(settings.data_dir).message_log)
    past = list(past_month("Demo", ("paul@demo.example", "ann@demo.example"), time.time()))
    message_log.append(past)
    message_log.close()
    return past
