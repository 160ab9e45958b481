"""An object store of the tests, from Debian's package: OpenStack Swift, which speaks S3 (`swift_server.py`)."""

from __future__ import annotations

import http.client
import subprocess
import time
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path

import pytest

from tests.loopback import free_port

obstore = pytest.importorskip("obstore", reason="obstore is not installed: requirements/bodies.txt")

from obstore.store import MemoryStore  # noqa: E402 - both are skipped with it.

from ecluse.adapters.obstore.bodies import Bucket, ObjectBodies  # noqa: E402 - the same.

__all__ = ["IS_HERE", "MemoryStore", "ObjectBodies", "Swift"]

PYTHON = "/usr/bin/python3"  # Debian's own, which has its modules.
SERVER = Path(__file__).with_name("swift_server.py")
IS_HERE = Path("/usr/lib/python3/dist-packages/swift").is_dir()
START = "import eventlet, runpy, sys; eventlet.monkey_patch(); runpy.run_path(sys.argv[1], run_name='__main__')"
START_S = 60.0
KEY_ID, SECRET = "test:tester", "testing"


class Swift:
    """Empty at first; stopped and started again it has what it had, at its port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Its storage servers listen at the next three.
        self.port = _four_ports()
        self.url = f"http://127.0.0.1:{self.port}/held-bodies"
        self.secret_file = folder / "secret"
        self.secret_file.write_text(SECRET)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def settings(self):
        return {"url": self.url, "key_id": KEY_ID, "secret_file": str(self.secret_file), "timeout_s": 20.0}

    @property
    def bucket(self) -> Bucket:
        return Bucket(self.url, KEY_ID, self.secret_file, "us-east-1", 20.0)

    def start(self):
        words = [PYTHON, "-I", "-c", START, str(SERVER), str(self.folder), str(self.port)]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + START_S
        while not self._makes_bucket():
            assert self.process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return self

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def _makes_bucket(self):
        """Which does no harm where it is there."""
        address = obstore.sign(self.bucket.connect(), "PUT", "", timedelta(minutes=1))
        asked = urllib.request.Request(address, data=b"", method="PUT")
        try:
            return urllib.request.urlopen(asked, timeout=10).status == 200
        except urllib.error.HTTPError as answer:
            return answer.code == 409
        except (OSError, http.client.HTTPException):
            return False


def _four_ports():
    while True:
        ports = [free_port() for _ in range(4)]
        if ports == list(range(ports[0], ports[0] + 4)):
            return ports[0]
