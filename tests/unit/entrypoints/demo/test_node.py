"""What the demonstration starts beside itself."""

import socket
import subprocess
import sys

import pytest

from ecluse.entrypoints.demo import node
from tests.loopback import free_port


def test_a_port_that_somebody_uses_is_passed_over():
    start = free_port()
    with socket.create_server(("127.0.0.1", start)):
        assert node.free_port(start) > start


def test_that_no_port_is_left_is_said():
    with pytest.raises(node.PortTaken, match="65536"):
        node.free_port(65_536)


def test_who_does_not_start_is_told_with_his_own_words(tmp_path):
    said = tmp_path / "web.log"
    told = pytest.raises(SystemExit, match=r"ecluse web did not start\. It says:\naddress in use")
    with said.open("wb") as log, _program("import sys; sys.exit('address in use')", log) as process, told:
        node._wait_until(lambda: False, process, said)


def test_who_does_not_answer_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(node, "START_WITHIN_S", 0.3)
    said = tmp_path / "web.log"
    with said.open("wb") as log, _program("input()", log) as process:
        with pytest.raises(SystemExit, match="ecluse web runs, but does not answer"):
            node._wait_until(lambda: node._answers(free_port()), process, said)
        process.communicate(b"\n")


def _program(text: str, log) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", text], stdin=subprocess.PIPE, stderr=log)
