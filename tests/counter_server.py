"""A Redis of the tests, from Debian's package, with a password, and no disk."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from ecluse.adapters.valkey.server import CounterServer
from tests.loopback import free_port

PROGRAM = shutil.which("redis-server")
START_S = 60.0
PASSWORD = "a password of the tests"


class Redis:
    """`server` is how nodes reach it, also while it is stopped: it comes back at its port, empty."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        self.password_file = folder / "password"
        self.password_file.write_text(PASSWORD)
        self.server = CounterServer(f"redis://127.0.0.1:{self.port}/0", self.password_file)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def settings(self):
        return {"server": self.server.url, "password_file": str(self.password_file)}

    def start(self):
        options = {"port": self.port, "bind": "127.0.0.1", "save": "", "dir": self.folder, "requirepass": PASSWORD}
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        self.process = subprocess.Popen([PROGRAM, *words], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + START_S
        while not self._answers():
            assert self.process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return self

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def forget_all(self):
        self.say("FLUSHALL")

    def say(self, command):
        """The raw answers to the password and to one command, or the beginning of them."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as plug:
            plug.sendall(f'AUTH "{PASSWORD}"\r\n{command}\r\n'.encode())
            answer = b""
            while answer.count(b"\r\n") < 2 and (more := plug.recv(1_000_000)):
                answer += more
            return answer

    def _answers(self):
        with suppress(OSError):
            return self.say("PING").endswith(b"+PONG\r\n")
        return False
