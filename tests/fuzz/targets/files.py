"""What is read back from disk: spooled messages, the journal, settings and policy; and what clamd answers."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from zlib import crc32

import structlog

from ecluse.adapters.clamav.clamd import SCAN_COMMAND, _Question, _read_reply, _read_version, _Session
from ecluse.adapters.folder import segment
from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.journal_reader import read_events
from ecluse.adapters.folder.spool_file import (
    Damaged,
    Foreign,
    append_progress,
    read_message,
    verify_content,
    write_message,
)
from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import BadConfig, Unavailable
from ecluse.domain.event import Ending, MessageEvent, RecipientEvent, Stage
from ecluse.domain.evidence import ScanState
from ecluse.domain.incoming import Direction
from ecluse.domain.queue import Fate, Progress, QueuedMessage, QueuedRecipient
from ecluse.entrypoints.policy_file import load_policy
from ecluse.entrypoints.settings import load_settings
from ecluse.entrypoints.toml_file import read_toml
from ecluse.entrypoints.toml_lines import KeyPath, locate
from tests.fuzz.target import Choices, Target, seed

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))

SPOOLED, DAMAGED, CRAFTED = range(3)  # What an input of the spool and journal targets is; see `_octets_of`.


@cache
def _scratch() -> Path:
    """A folder that goes with the process, or with the folder that `run.py` gives it."""
    holder = tempfile.TemporaryDirectory(prefix="ecluse-fuzz-")
    _HOLDERS.append(holder)
    return Path(holder.name)


_HOLDERS: list[tempfile.TemporaryDirectory[str]] = []


def _damaged_by(changes: bytes, original: bytes) -> bytes:
    """The original after the changes that the input spells: three octets each, a place and a value, or a cut."""
    octets = bytearray(original)
    for at in range(0, len(changes) - 2, 3):
        place, value = int.from_bytes(changes[at : at + 2], "big") % (len(octets) + 1), changes[at + 2]
        if value == 255:
            del octets[place:]
        elif place < len(octets):
            octets[place] = value
        else:
            octets.append(value)
    return bytes(octets)


# --- Spooled messages

_MESSAGE = QueuedMessage(
    id="0" * 32,
    direction=Direction.INBOUND,
    client="Demo",
    destination="b.example",
    received_at=1.0,
    queued_at=2.0,
    sender=Address("ann", "a.example"),
    is_sender_authenticated=False,
    recipients=(QueuedRecipient(Address("bob", "b.example")), QueuedRecipient(Address("eve", "b.example"))),
    size=300,
)
_CONTENT = bytes(range(256)) + b"the end of the message\r\n" * 2
_STEPS = (
    Progress(3.0, {}, next_attempt=60.0, is_attempt=True, reason="450 Not now"),
    Progress(4.0, {"bob@b.example": (Fate.DELIVERED, "250 OK")}, is_attempt=True),
)


@cache
def _spool_file() -> bytes:
    fd = os.memfd_create("original")
    write_message(fd, _MESSAGE, MemoryContent(_CONTENT))
    for step in _STEPS:
        append_progress(fd, read_message(fd), step)
    octets = os.pread(fd, 1 << 20, 0)
    os.close(fd)
    return octets


@cache
def _states() -> tuple[QueuedMessage, ...]:
    """The message as it was kept, and after each step."""
    original, states = _spool_file(), []
    fd = os.memfd_create("states")
    os.write(fd, original)
    for size in range(len(original), 0, -1):
        os.ftruncate(fd, size)
        try:
            state = read_message(fd).message
        except Damaged:
            break
        if state not in states:
            states.append(state)
    os.close(fd)
    return tuple(states)


def spool_file(data: bytes) -> None:
    """A damaged file is told from a whole one; what is delivered is what was kept."""
    choices = Choices(data)
    kind = choices.flags % 3
    octets = choices.octets
    if kind == DAMAGED:
        octets = _damaged_by(octets, _spool_file())
    elif kind == CRAFTED:
        octets = _with_checksums(octets)
    fd = os.memfd_create("spooled")
    try:
        os.write(fd, octets)
        _read_spooled(fd, is_ours=kind == DAMAGED)
    finally:
        os.close(fd)


def _read_spooled(fd: int, *, is_ours: bool) -> None:
    try:
        stored = read_message(fd)
        verify_content(fd, stored)
    except (Damaged, Foreign):
        return
    content = os.pread(fd, stored.content_size, stored.content_at)
    assert len(content) == stored.content_size
    if is_ours:
        assert content == _CONTENT, "damaged content would be delivered"
        assert stored.message in _states(), "a damaged envelope would be used"
    append_progress(fd, stored, _STEPS[0])
    after = read_message(fd)
    assert after.message.attempts == stored.message.attempts + 1, "a step that was added is not there"


def _with_checksums(octets: bytes) -> bytes:
    """A file that no disk fault makes: every checksum is right, what stands behind it is not ours."""
    header, content, step = octets[:200], octets[200:300], octets[300:]
    sizes = struct.unpack("<II", octets[:8].ljust(8, b"\0"))
    size = sizes[0] if octets[:1] == b"\xff" else len(header)
    prefix = struct.pack("<7sBIIQI", b"ECLUSEQ", 1, size, crc32(header), len(content), crc32(content))
    steps = struct.pack("<II", len(step), crc32(step)) + step
    return prefix + struct.pack("<I", crc32(prefix)) + header + content + steps


# --- The journal

_EVENTS = tuple(
    MessageEvent(
        f"{number:032x}",
        Stage.OUTCOME,
        float(number),
        recipients=(RecipientEvent("bob@b.example", Ending.RELAYED, findings=("X" * number,)),),
    )
    for number in range(4)
)
_ALLOCATED = 4_096


@cache
def _journal_file() -> bytes:
    folder = _scratch() / "original"
    journal = FolderJournal(folder, "w", segment_bytes=_ALLOCATED)
    for event in _EVENTS:
        journal.append(event)
    (path,) = folder.glob("*.journal")
    octets = path.read_bytes()
    journal.close()
    return octets


def journal_file(data: bytes) -> None:
    """Whatever a crash left: whole records are read, up to the first that is not; recovery changes none of them."""
    choices = Choices(data)
    octets = choices.octets
    if choices.flags % 3 == DAMAGED:
        octets = _damaged_by(octets, _journal_file())
    elif choices.flags % 3 == CRAFTED:
        octets = struct.pack("<8sQ", b"ECLUSEJ\x01", len(octets) + 16) + segment.frame(octets[:100]) + octets[100:]
    folder = _scratch() / "journal"
    folder.mkdir(exist_ok=True)
    path = folder / "w-20261125T080000.000000Z.journal"
    path.write_bytes(octets)
    before = list(read_events(folder))
    segment.recover(folder)
    after = list(read_events(folder))
    assert before == after, "recovery changed what the journal says"
    path.unlink(missing_ok=True)
    if choices.flags % 3 == DAMAGED:
        assert tuple(after) == _EVENTS[: len(after)], "a damaged record was read"


# --- Configuration


def configuration(data: bytes) -> None:
    """A file is taken or refused with a line of its own; every key of what was taken has its line."""
    choices = Choices(data)
    path = _scratch() / "file.toml"
    path.write_bytes(choices.octets)
    lines = choices.octets.count(b"\n") + 1
    for load in (load_settings, load_policy):
        problem = _problem_of(load, path)
        assert problem is None or (0 <= problem.line <= lines and problem.expected), f"{problem} of {lines} lines"
    try:
        content = read_toml(path, max_bytes=1 << 20).content
    except BadConfig:
        return
    text = choices.octets.decode()
    found = locate(text)
    for key in _keys(content):
        assert key in found, f"no line for {key}"
        assert 1 <= found[key] <= lines


def _problem_of(load: Callable[[Path], object], path: Path) -> BadConfig | None:
    try:
        load(path)
    except BadConfig as problem:
        return problem
    return None


def _keys(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    if path:
        yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _keys(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _keys(inner, (*path, index))


# --- clamd


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def clamd_reply(data: bytes) -> None:
    """Only the one word means clean; anything else is a virus, a limit, or no answer."""
    choices = Choices(data)
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    session = _Session(ours)
    try:
        middle = choices.dice.randint(0, len(choices.octets))
        theirs.sendall(choices.octets[:middle])
        theirs.sendall(choices.octets[middle:])
        theirs.shutdown(socket.SHUT_WR)
        reply = _loop().run_until_complete(session.ask([_Question(SCAN_COMMAND)]))[0]
        _read_version(reply)
        facts = _read_reply(reply, "ClamAV 1")
    except (Unavailable, OSError):
        return
    finally:
        session.close()
        theirs.close()
    line = choices.octets.partition(b"\0")[0]
    if facts.state is ScanState.CLEAN:
        assert line in (b"1: stream: OK", b"1: OK"), f"{line!r} was taken for clean"
    assert facts.state in (ScanState.CLEAN, ScanState.INFECTED, ScanState.TOO_LARGE)


_SETTINGS = b"""\
hostname = "gw.example"
workers = 2
[inbound]
listen = ["127.0.0.1:25", "[::1]:25"]
proxy_protocol_from = ["192.0.2.0/24"]
[outbound]
listen = ["127.0.0.1:587"]
trusted_networks = ["10.0.0.0/8"]
route = "smtp://192.0.2.1:25"
[scanners]
clamd = "tcp:127.0.0.1:3310"
"""
_POLICY = b"""\
[[clients]]
name = "Demo"
weights = { GTUBE = 20.0 }
block = ["*.spam.example", "192.0.2.0/24"]
[[clients.domains]]
name = "demo.example"
addresses = ["paul", "ann"]
routes = [{ url = "smtp://mx.example", priority = 5 }, "smtp://[2001:db8::1]:25"]
[[clients.domains.users]]
address = "ann"
allow = ["x@y.example"]
"""
_TOML = (
    b'a.b."c d" = [1, [2, {x = 1}], """\nlong\n"""]\n[t.u]\nv = 1979-05-27T07:32:00Z # c\n[[z]]\n[[z]]\n[z.y]\nk = \'l\'\n',
    b"a = " + b"[" * 30 + b"]" * 30,
)
_CLAMD = (
    b"1: stream: OK\0",
    b"1: stream: Win.Test.EICAR_HDB-1(44d88612fea8a8f36de82e1278abb02f:68) FOUND\0",
    b"1: stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0",
    b"INSTREAM size limit exceeded. ERROR\0",
    b"2: stream: OK\0",
    b"1: ClamAV 1.4.3/27461/Mon Nov 18 09:23:41 2026\0",
)

TARGETS = (
    Target(
        "spool-file",
        spool_file,
        (
            seed(_spool_file(), SPOOLED),
            seed(b"\0\x10\x01" * 3, DAMAGED),
            seed(b"\x80" * 400, CRAFTED),
            seed(b"\xff" * 9, CRAFTED),
        ),
    ),
    Target(
        "journal",
        journal_file,
        (seed(_journal_file()[:1_000], SPOOLED), seed(b"\0\x20\x01", DAMAGED), seed(b"\x80" * 200, CRAFTED)),
    ),
    Target("configuration", configuration, tuple(seed(one) for one in (_SETTINGS, _POLICY, *_TOML)), 2_000),
    Target("clamd-reply", clamd_reply, tuple(seed(one) for one in _CLAMD), 1_000),
)
