"""What the filters that we are compared with have in common: a folder of their own, and programs that are ended."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from ecluse.domain.errors import Impossible, Unavailable
from ecluse.entrypoints.evaluation.index import Entry
from ecluse.filtering.learning.protocol import Filter

ANSWER_TIMEOUT_S = 120.0  # For one message; a slow one costs time, not the run.
MIN_LEARNS = 20  # Of each class before Bayes speaks: a tenth of the default, since the streams are short.
START_TIMEOUT_S = 300.0  # rspamd compiles its patterns first.
END_TIMEOUT_S = 10.0


class Peer(Filter[Entry], Protocol):
    """A filter with a name for the table."""

    version: str  # Of its Debian package.
    command: str  # What was run, for who wants to do it again.


def need(program: str) -> str:
    """The program's path. Raises `Impossible` where it is not installed."""
    found = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if found is None:
        raise Impossible(f"{program} is not installed: scripts/install-test-servers peers")
    return found


def version_of(package: str) -> str:
    """The package's version as Debian has it; "?" where it came another way."""
    asked = subprocess.run(  # noqa: S603 - Debian's own, about a name that stands in our code
        ["dpkg-query", "-W", "-f", "${Version}", package],  # noqa: S607 - found like in any shell
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() or "?"


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def hand_over(folder: Path, user: str) -> None:
    """Let a program that gives up its rights work in `folder`; without rights to give up, nothing is needed."""
    if os.geteuid() == 0:
        owner = pwd.getpwnam(user)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner.pw_uid, owner.pw_gid)


@contextmanager
def running(command: Sequence[str], log: Path, port: int) -> Iterator[None]:
    """A server that listens on `port` of the loopback, ended when the block is left. Raises `Unavailable`."""
    with log.open("ab") as output:
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)  # noqa: S603 - our own choice of programs
    try:
        _wait_for(server, log, port)
        yield
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(END_TIMEOUT_S)
        server.kill()
        server.wait()


def _wait_for(server: subprocess.Popen[bytes], log: Path, port: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
            return
        time.sleep(0.1)
    raise Unavailable(f"{server.args!s} does not listen: {log.read_text('utf-8', 'replace')[-500:]}")
