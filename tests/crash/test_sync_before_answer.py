"""kill -9 keeps the page cache, so the order of system calls is what proves a 250: every sync comes before it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from ecluse.adapters.lmdb.outages import LmdbOutages
from tests.crash.node import Node, free_ports
from tests.crash.sender import Attempt, Dialog
from tests.crash.traffic import ONE, Letter, octets
from tests.crash.troubles import NextHop

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

TRACED = "fsync,fdatasync,rename,renameat,renameat2,write,pwrite64,writev,sendto,sendmsg"
WITHIN_S = 60.0


@dataclass(frozen=True)
class Call:
    """One system call, and the lines of the trace at which it began and ended."""

    text: str
    begin: int
    end: int


class Trace:
    """The calls of one reception worker, and of who syncs for it, while it answered one message."""

    def __init__(self, path: Path, answer: str) -> None:
        self.calls = list(_calls(path.read_text("utf-8", "replace").splitlines()))
        self.id = re.search(r"\(([0-9a-f]{32})\)", answer)[1]
        (self.answer,) = [call for call in self.calls if self.id in call.text and '"250 ' in call.text]

    def only(self, pattern: str) -> Call:
        """The one call that looks so; it has succeeded."""
        (found,) = [call for call in self.calls if re.match(pattern, call.text)]
        assert re.search(r"= \d+$", found.text), found.text
        return found

    def journal_syncs(self) -> list[Call]:
        return [call for call in self.calls if re.match(r"fdatasync\(\d+<[^>]*/journal/reception-0-", call.text)]

    def record(self, stage: str) -> Call:
        """The writing of this message's record of a stage into the journal."""
        pattern = rf'pwrite64\(\d+<[^>]*/journal/reception-0-[^>]*>, ".*{self.id}.*{stage}'
        return self.only(pattern)


def _calls(lines):
    unfinished = {}
    for at, line in enumerate(lines):
        pid, _, text = line.partition(" ")
        text = text.strip()
        if text.endswith("<unfinished ...>"):
            unfinished[pid] = (at, text.removesuffix("<unfinished ...>").rstrip())
            continue
        begin = at
        if text.startswith("<..."):
            begin, start = unfinished.pop(pid, (at, ""))
            text = start + text.partition("resumed>")[2]
        yield Call(re.sub(r"\s+=", " =", text), begin, at)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A node with one worker, and a next hop that is down until a test starts it."""
    folder = tmp_path_factory.mktemp("traced")
    ports = free_ports()
    node = Node(folder, folder / "data", ports, workers=1, deliveries=1)
    hop = NextHop("one", ports.one, folder / "sink.jsonl", seed=1)
    node.prepare()
    node.wait_until_ready()
    yield node, hop
    node.stop()
    hop.stop()


def answer_and_trace(node: Node, number: int, path: Path) -> Trace:
    """Send one message while strace watches the reception worker."""
    watched = wait_for(lambda: [str(pid) for pid, role in node.processes().items() if role in ("reception", "syncer")])
    command = ["strace", "-f", "-y", "-s", "2000", "-e", f"trace={TRACED}", "-e", "signal=none", "-o", str(path)]
    with subprocess.Popen([*command, "-p", ",".join(watched)], stderr=subprocess.PIPE) as strace:
        try:
            assert all(b"attached" in strace.stderr.readline() for _ in watched)
            attempt = Attempt()
            dialog = Dialog(node.ports.inbound)
            one = Letter(number, is_outbound=False, sender="m1@strangers.example", recipients=(f"taken@{ONE}",))
            content = octets(1, number)
            dialog._envelope(one, len(content), attempt)
            dialog.say(b"BDAT %d LAST\r\n" % len(content) + content)
            attempt.answer = dialog.hear()
            dialog.close()
        finally:
            strace.send_signal(signal.SIGINT)
            strace.wait(WITHIN_S)
    assert attempt.answer.startswith("250"), attempt.answer
    return Trace(path, attempt.answer)


def wait_for(found):
    deadline = time.monotonic() + WITHIN_S
    while not (value := found()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return value


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may always watch a process")
class TestBeforeThe250:
    def test_of_a_spooled_message_file_name_folder_and_journal_are_durable(self, scene, tmp_path):
        node, _ = scene
        trace = answer_and_trace(node, 1, tmp_path / "spooled")
        draft = f"[^>]*/spool/tmp/{trace.id}"
        file_synced = trace.only(rf"fsync\(\d+<{draft}>\)")
        renamed = trace.only(rf'rename\w*\(.*"{draft}", .*/spool/queue/[0-9a-f]{{2}}/{trace.id}"')
        folder_synced = [
            call
            for call in trace.calls
            if re.match(r"fsync\(\d+<[^>]*/spool/queue/[0-9a-f]{2}>\)", call.text) and call.begin > renamed.end
        ]
        written = [call for call in trace.calls if re.match(rf"write\(\d+<{draft}>", call.text)]
        assert written
        assert max(call.end for call in written) < file_synced.begin
        assert file_synced.end < renamed.begin
        assert folder_synced
        recorded = trace.record("outcome")
        journal_synced = [call for call in trace.journal_syncs() if call.begin > recorded.end]
        assert folder_synced[0].end < recorded.begin
        assert journal_synced
        assert journal_synced[0].end < trace.answer.begin

    def test_of_a_relayed_message_the_intent_precedes_our_dot_and_the_outcome_is_durable(self, scene, tmp_path):
        node, hop = scene
        hop.start()
        # A worker that knew the next hop as down would pass it over; a fresh one does not.
        node.stop()
        node.wait_until_ready()
        # Nor is a client's server asked that is known to be away: the first message has to come through before.
        outages = LmdbOutages(node.data / "state" / "outages")
        wait_for(lambda: hop.record.exists() and hop.record.stat().st_size and outages.find(ONE) is None)
        trace = answer_and_trace(node, 2, tmp_path / "relayed")
        intended, recorded = trace.record("intent"), trace.record("outcome")
        # Whichever framing the next hop took, the end of the message leaves after the intent was written.
        sent = [call for call in trace.calls if re.match(r"(write|writev|sendto|sendmsg)\(\d+<(socket|TCP)", call.text)]
        asked = [call for call in sent if "RCPT TO:<taken@" in call.text]
        assert asked
        assert asked[0].begin < intended.begin
        assert any(intended.end < call.begin < recorded.begin for call in sent), "our dot"
        journal_synced = [call for call in trace.journal_syncs() if call.begin > recorded.end]
        assert journal_synced
        assert journal_synced[0].end < trace.answer.begin
        assert not [call for call in trace.calls if "/spool/tmp/" in call.text], "it was not relayed"
