"""`ecluse up --demo` as a newcomer meets it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import smtplib
import socket
import struct
import subprocess
import sys
import termios
import time
import urllib.request
from pathlib import Path
from typing import Self

import pytest

from tests.loopback import free_port

PATIENCE_S = 120.0
COMMAND = [sys.executable, "-m", "ecluse", "up", "--demo"]


def test_once_every_sample_meets_its_expected_fate():
    done = subprocess.run([*COMMAND, "--once", "--json"], capture_output=True, text=True, check=False, timeout=250)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert {"ham", "spam", "virus"} <= {row["message"] for row in rows}
    assert all(row["expected"] is True for row in rows)


def test_a_taken_port_is_said_at_once_and_its_owner_gets_no_mail():
    with socket.create_server(("127.0.0.1", 0)) as owner:
        port = owner.getsockname()[1]
        command = [*COMMAND, "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=250)
        owner.settimeout(0.2)
        with pytest.raises(TimeoutError):
            owner.accept()
    assert done.returncode == 2
    assert f"127.0.0.1:{port} cannot be used" in done.stdout
    assert "listens on" not in done.stdout


def test_mail_of_ones_own_appears_in_the_table_and_ctrl_c_ends_it():
    port = free_port()
    with _Terminal([*COMMAND, "--port", str(port)]) as terminal:
        terminal.read_until("Ctrl-C ends it")
        with smtplib.SMTP("127.0.0.1", port) as sender:
            sender.sendmail("visitor@home.example", ["paul@demo.example"], "Subject: hi\r\n\r\nhello\r\n")
        terminal.read_until("visitor@home.example")
        terminal.process.send_signal(signal.SIGINT)
        terminal.read_until("met their expected fate")
        assert terminal.process.wait(PATIENCE_S) == 0


def test_the_console_shows_what_became_of_the_samples_and_sigterm_ends_all_of_it():
    with _Terminal([*COMMAND, "--port", str(free_port())]) as terminal:
        terminal.read_until("x81@throwaway.example")  # The sample after the spam.
        way_in = re.search(r"http://[^\s]+/account/sign-in/[\w-]+", terminal.said()).group(0)
        visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', _page(visitor, way_in)).group(1)
        with visitor.open(way_in, f"csrfmiddlewaretoken={token}".encode(), PATIENCE_S) as overview:
            log = f"{overview.url}log/"
        assert "203.0.113.66" in _page(visitor, log.replace("/log/", "/deliverability/"))  # Reports of others.
        deadline = time.monotonic() + PATIENCE_S
        while "You have been selected" not in _page(visitor, log):
            assert time.monotonic() < deadline
            time.sleep(0.5)
        terminal.read_until("sales@demo.example")  # The last of the samples.
        uncoloured = re.sub(r"\x1b\[[0-9;]*m", "", terminal.said())
        mailbox = Path(re.search(r"too:\s+(/\S+/mailbox)", uncoloured).group(1))
        locks = log.replace("/log/", "/sending/locks")
        while not (_has_signed(mailbox) and "sales@demo.example" in _page(visitor, locks)):
            assert time.monotonic() < deadline
            time.sleep(0.5)
        assert {"mta", "web", "worker"} <= _running_on(mailbox.parent)
        terminal.process.send_signal(signal.SIGTERM)
        terminal.read_until("met their expected fate")
        assert terminal.process.wait(PATIENCE_S) == 0
    assert _running_on(mailbox.parent) == set()


def _running_on(folder: Path) -> set[str]:
    """Commands of ours that were started with the settings there, and go on."""
    marker = f"--config\0{folder}/".encode()
    verbs = set()
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # Ended meanwhile.
            before, is_ours, _ = file.read_bytes().partition(marker)
            verbs |= {before.split(b"\0")[-2].decode()} if is_ours else set()
    return verbs


def _has_signed(mailbox: Path) -> bool:
    """Whether what demo.example has sent arrived, signed for it."""
    messages = (file.read_bytes() for file in mailbox.glob("*.eml"))
    return any(b"d=demo.example" in each and b"Subject: Re: Minutes" in each for each in messages)


def _page(visitor: urllib.request.OpenerDirector, address: str) -> str:
    with visitor.open(address, timeout=PATIENCE_S) as answer:
        return answer.read().decode()


class _Terminal:
    """A program in a terminal of 30 lines."""

    def __init__(self, command: list[str]) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 120, 0, 0))
        environment = {**os.environ, "TERM": "xterm"}
        for name in ("COLUMNS", "LINES", "NO_COLOR"):
            environment.pop(name, None)
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
        )
        os.close(theirs)
        self._read = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:  # What nobody reads stops it: a terminal holds some kilobytes.
            assert time.monotonic() < deadline, self._read[-2_000:]
            self._take()
        os.close(self._ours)

    def said(self) -> str:
        return self._read.decode("utf-8", "replace")

    def read_until(self, text: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.said():
            assert time.monotonic() < deadline, self._read[-2_000:]
            assert self._take() or text in self.said(), self._read[-2_000:]

    def _take(self) -> bool:
        """What it says within half a second; False when there will be no more."""
        if select.select([self._ours], [], [], 0.5)[0]:
            try:
                self._read += os.read(self._ours, 65_536)
            except OSError:  # Linux says so when the other side is closed.
                return False
        return True
