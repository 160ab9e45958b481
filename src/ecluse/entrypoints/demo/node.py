"""The gateway of the demonstration: a whole node, started as anybody would start it."""

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

START_WITHIN_S = 60.0

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


class PortTaken(Exception):
    """Another program listens there; the text says what to do."""


@contextlib.contextmanager
def running_node(folder: Path, port: int, client_server: int) -> Iterator[None]:
    """`ecluse mta` on 127.0.0.1:`port`, ready to take mail. Raises PortTaken; SystemExit when it does not start.

    In a session of its own, so that Ctrl-C reaches only us.
    """
    _demand_free(port)
    settings = folder / "ecluse.toml"
    settings.write_text(SETTINGS.format(folder=folder, port=port, metrics=free_port()), "utf-8")
    policy = POLICY.format(client_server=client_server, nobody=free_port())
    (folder / "policy.toml").write_text(policy, "utf-8")
    command = [sys.executable, "-m", "ecluse", "mta", "--config", str(settings)]
    said = folder / "node.log"  # What it says must not run through the table.
    with said.open("wb") as log:
        node = subprocess.Popen(command, start_new_session=True, stderr=log)  # noqa: S603 - our own command.
    try:
        _wait_for_greeting(port, node, said)
        yield
    finally:
        _end(node)


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


def _end(node: subprocess.Popen[bytes]) -> None:
    node.send_signal(signal.SIGTERM)
    try:
        node.wait(START_WITHIN_S)
    except subprocess.TimeoutExpired:
        os.killpg(node.pid, signal.SIGKILL)
        node.wait()
