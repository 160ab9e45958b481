"""The gateway of the demonstration: a whole node and its console, started as anybody would start them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from django.db import connections

from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.control.contracts.terms import PARIS
from ecluse.domain.event import MessageEvent
from ecluse.entrypoints.demo.certificate import write_certificate
from ecluse.entrypoints.demo.history import past_month
from ecluse.entrypoints.demo.reports import OUR_ADDRESS, report_two_weeks
from ecluse.entrypoints.demo.sender import Doors
from ecluse.entrypoints.django_start import migrate, start_django
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings import load_settings
from ecluse.entrypoints.settings_tables import Settings

START_WITHIN_S = 60.0
HOSTNAME = "gateway.demo.example"
SETTINGS_FILE = "ecluse.toml"
LAST_PORT = 65_535

SETTINGS = """\
hostname = "{hostname}"
data_dir = "{folder}/data"
workers = 2
log_level = "warning"

[inbound]
listen = ["127.0.0.1:{port}"]
early_talk_wait_s = 0.1

[outbound]
listen = ["127.0.0.1:{outbound}"]
route = "smtp://127.0.0.1:{mailbox}"
addresses = ["{address}"]

[tls]
certificate = "{folder}/certificate.pem"
key = "{folder}/certificate.pem"

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


@dataclass(frozen=True, slots=True)
class Started:
    """A node that takes mail."""

    ways_in: dict[str, str]  # Who -> the address that signs him in at its console, once.
    doors: Doors


class PortTaken(Exception):
    """Another program listens there; the text says what to do."""


@contextlib.contextmanager
def running_node(folder: Path, port: int, client_server: int) -> Iterator[Started]:
    """`ecluse mta` on 127.0.0.1:`port`, ready to take mail; the client's server stands for the rest of the world, too.

    Raises PortTaken; SystemExit when it does not start.
    """
    _demand_free(port)
    file = folder / SETTINGS_FILE
    metrics = free_port(port + 1)
    web = free_port(metrics + 1)
    outbound = free_port(web + 1)
    ports = {"port": port, "outbound": outbound, "metrics": metrics, "web": web, "mailbox": client_server}
    file.write_text(SETTINGS.format(hostname=HOSTNAME, address=OUR_ADDRESS, folder=folder, **ports), "utf-8")
    write_certificate(folder / "certificate.pem", HOSTNAME)
    ways_in, secret = _control_plane(load_settings(file), client_server, nobody=free_port(outbound + 1))
    with _running("mta", folder) as node:
        _wait_until(partial(_greets, port), node, folder / "mta.log")
        yield Started(ways_in, Doors(port, outbound, secret))


def _control_plane(settings: Settings, client_server: int, nobody: int) -> tuple[dict[str, str], str]:
    """Make the control database with the demonstration's clients; `Started.ways_in`, and the secret of the login.

    On the port `nobody` no server listens: one of the clients' is away.
    """
    start_django(settings)
    migrate(settings)
    past = _remember_a_month(settings)
    from django.urls import reverse  # noqa: PLC0415 - addresses exist once Django has started.

    from ecluse.entrypoints.demo.clients import furnish  # noqa: PLC0415 - models exist once Django has started.
    from ecluse.entrypoints.demo.disputes import dispute  # noqa: PLC0415 - the same.
    from ecluse.entrypoints.demo.years import live_two_years  # noqa: PLC0415 - the same.

    demo = live_two_years(settings, datetime.now(PARIS).date())
    furnished = furnish(demo, client_server=client_server, nobody=nobody)
    report_two_weeks(settings.control.database or "", demo.name, "demo.example", time.time())
    dispute(past, SqliteMessageLog(DataPaths(settings.data_dir).message_log))
    connections.close_all()
    url = settings.web.url
    links = furnished.links.items()
    return {who: url + reverse("sign_in_by_link", args=[secret]) for who, secret in links}, furnished.login


@contextlib.contextmanager
def running_console(folder: Path) -> Iterator[None]:
    """`ecluse web`, which answers by now, and `worker` beside the node in that folder. Raises SystemExit."""
    listen = load_settings(folder / SETTINGS_FILE).web.listen
    with _running("web", folder) as web, _running("worker", folder):
        _wait_until(partial(_answers, listen.port), web, folder / "web.log")
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


def free_port(start: int) -> int:
    """The first port of loopback from `start` on that nobody uses at the moment.

    From a start below 32,768 it is none of those that the system gives to outgoing connections: it is still free when
    its server starts. Raises PortTaken when there is none.
    """
    for port in range(start, LAST_PORT + 1):
        if _is_free(port):
            return port
    raise PortTaken(f'no port from {start} on is free; choose a lower one: make run ARGS="--port 2525"')


def _is_free(port: int) -> bool:
    try:
        _bind(port)
    except OSError:
        return False
    return True


def _bind(port: int) -> None:
    """And let go. Raises OSError for a port that somebody uses."""
    socket.create_server(("127.0.0.1", port)).close()


def _demand_free(port: int) -> None:
    """Whoever listens there already would get our sample mail."""
    try:
        _bind(port)
    except OSError as problem:
        raise PortTaken(
            f"127.0.0.1:{port} cannot be used: {os.strerror(problem.errno or 0)}. End the program that listens there, "
            f'or choose another port: make run ARGS="--port {port + 1}"'
        ) from None


def _wait_until(is_ready: Callable[[], bool], process: subprocess.Popen[bytes], said: Path) -> None:
    """Raises SystemExit with what the process said, when it ends or is not ready in time."""
    deadline = time.monotonic() + START_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if is_ready():
                return
        time.sleep(0.1)
    fault = "runs, but does not answer" if process.poll() is None else "did not start"
    raise SystemExit(f"ecluse {said.stem} {fault}. It says:\n{said.read_text('utf-8', 'replace')}")


def _greets(port: int) -> bool:
    """Raises OSError as long as nobody listens."""
    with socket.create_connection(("127.0.0.1", port), 1.0) as probe:
        probe.settimeout(5.0)
        return probe.recv(512).startswith(b"220")


def _answers(port: int) -> bool:
    """Raises OSError as long as nobody listens."""
    socket.create_connection(("127.0.0.1", port), 1.0).close()
    return True


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
