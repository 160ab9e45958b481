"""rbldnsd, the server that most DNS lists run on, with lists of our own that can be changed while it serves."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecluse.adapters.dns.resolver import StubResolver
from tests.loopback import free_port

CANARY = ":127.0.0.2:test\n127.0.0.2\n"
IPS = f"$SOA 60 ns.test admin.test 0 60 60 60 60\n{CANARY}:127.0.0.4:exploited\n192.0.2.9\n:127.0.0.10:dial-up\n192.0.2.128/25\n"
MORE = f"$SOA 60 ns.test admin.test 0 60 60 60 60\n{CANARY}192.0.2.9\n"
DOMAINS = "$SOA 60 ns.test admin.test 0 60 60 60 60\n:127.0.0.2:test\ntest\n:127.0.0.72:phishing\n.bad.example\n"
ALL = "$SOA 60 ns.test admin.test 0 60 60 60 60\n:127.0.0.2:everybody\n127.0.0.0/8\n192.0.0.0/8\n"
NOBODY = "$SOA 60 ns.test admin.test 0 60 60 60 60\n"


class Rbldnsd:
    """One server with the zones ips.test, second.test, third.test and domains.test."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None
        for name, text in {"ips": IPS, "second": MORE, "third": MORE, "domains": DOMAINS}.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, "ascii")

    def start(self) -> None:
        program = shutil.which("rbldnsd") or "/usr/sbin/rbldnsd"
        kinds = {"ips": "ip4set", "second": "ip4set", "third": "ip4set", "domains": "dnset"}
        zones = [f"{name}.test:{kind}:{name}" for name, kind in kinds.items()]
        arguments = [program, "-n", "-c", "0", "-w", str(self.folder), "-b", f"127.0.0.1/{self.port}", *zones]
        self.process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)
            self.process = None

    def change(self, name: str, text: str) -> None:
        """The list says something else from now on."""
        self.stop()
        self.write(name, text)
        self.start()

    def _wait(self) -> None:
        query = b"\0\1\1\0\0\1\0\0\0\0\0\0\3ips\4test\0\0\6\0\1"
        deadline = time.monotonic() + 60
        with socket.socket(type=socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.1)
            probe.connect(("127.0.0.1", self.port))
            while time.monotonic() < deadline:
                assert self.process.poll() is None, "rbldnsd did not start"
                try:
                    probe.send(query)
                    probe.recv(512)
                except OSError:
                    time.sleep(0.02)
                else:
                    return
        raise AssertionError("rbldnsd does not answer")


@pytest.fixture
def rbldnsd() -> Iterator[Rbldnsd]:
    if not (shutil.which("rbldnsd") or Path("/usr/sbin/rbldnsd").exists()):
        pytest.skip("rbldnsd is not installed (Debian package rbldnsd)")
    with tempfile.TemporaryDirectory(prefix="ecluse-rbldnsd-") as folder:
        # Started as root, it gives up its rights and must still read the lists.
        Path(folder).chmod(0o755)
        server = Rbldnsd(Path(folder))
        server.start()
        yield server
        server.stop()


@pytest.fixture
async def resolver(rbldnsd: Rbldnsd):
    resolver = StubResolver([("127.0.0.1", rbldnsd.port)], deadline_s=5.0)
    yield resolver
    resolver.close()
