"""A zone on a small authoritative server, and unbound in front of it as the resolver of a real node."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvloop

from tests.contract.authoritative import NameServer, Zone
from tests.loopback import free_port

LONG = " ".join(f'"{"x" * 250}"' for _ in range(20))
ZONE = f"""
a.test.            300 IN A     192.0.2.1
a.test.            300 IN A     192.0.2.2
a.test.            300 IN AAAA  2001:db8::1
a.test.            300 IN MX    10 mail.test.
a.test.            300 IN MX    20 backup.test.
a.test.            300 IN TXT   "v=spf1 " "-all"
a.test.            300 IN NS    ns.test.
www.test.           60 IN CNAME cdn.test.
cdn.test.          300 IN CNAME a.test.
long.test.         300 IN TXT   {LONG}
once.test.         300 IN A     192.0.2.3
short.test.          1 IN A     192.0.2.4
1.2.0.192.test.    300 IN PTR   Mail.A.Test.
"""


def pytest_asyncio_loop_factories():
    """Both loops, because each has its own way with sockets."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
def zone() -> Zone:
    return Zone(ZONE, "test")


@pytest.fixture
def authoritative(zone: Zone) -> Iterator[NameServer]:
    server = NameServer(zone)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def unbound(authoritative: NameServer) -> Iterator[int]:
    program = shutil.which("unbound") or "/usr/sbin/unbound"
    if not Path(program).exists():
        pytest.skip("unbound is not installed (Debian package unbound)")
    with tempfile.TemporaryDirectory(prefix="ecluse-unbound-") as folder:
        port = free_port()
        (Path(folder) / "unbound.conf").write_text(configuration(folder, port, authoritative.port), "utf-8")
        arguments = [program, "-d", "-c", f"{folder}/unbound.conf"]
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(port, process)
            yield port
        finally:
            process.terminate()
            process.wait(60)


def configuration(folder: str, port: int, upstream: int) -> str:
    return f"""
server:
    interface: 127.0.0.1@{port}
    username: ""
    chroot: ""
    directory: "{folder}"
    pidfile: "{folder}/unbound.pid"
    use-syslog: no
    logfile: "{folder}/log"
    do-not-query-localhost: no
    module-config: "iterator"
    local-zone: "test." transparent
stub-zone:
    name: "test."
    stub-addr: 127.0.0.1@{upstream}
remote-control:
    control-enable: no
"""


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "unbound did not start"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("unbound does not listen")
