"""A PostgreSQL of our own, from Debian's packages, on a socket in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVER = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)), None)


def is_installed() -> bool:
    return SERVER is not None


@contextmanager
def running() -> Iterator[Path]:
    """Give the folder of its socket; database "ecluse", no password, no TCP port.

    Its owner is "ecluse", who may make databases and is no superuser, for whom row-level security would not hold;
    "postgres" is one.
    """
    folder = Path(tempfile.mkdtemp(prefix="ecluse-postgresql-"))
    try:
        if os.getuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        _run("initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        start(folder)
        try:
            _run("createuser", "-h", folder, "-U", "postgres", "--createdb", "ecluse")
            _run("createdb", "-h", folder, "-U", "postgres", "--owner", "ecluse", "ecluse")
            yield folder
        finally:
            stop(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def start(folder: Path) -> None:
    """As `running` does it, or again after `stop`."""
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c shared_buffers=16MB"
    _run("pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o", options, "start")


def stop(folder: Path) -> None:
    """At once, as a crash would."""
    _run("pg_ctl", "-D", folder / "data", "-w", "-m", "immediate", "stop")


def _run(program: str, *arguments: object) -> None:
    command = [str(SERVER.parent / program), *map(str, arguments)]
    if os.getuid() == 0:  # PostgreSQL refuses to run as root.
        command = ["runuser", "-u", "postgres", "--", *command]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd="/", timeout=60, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"
