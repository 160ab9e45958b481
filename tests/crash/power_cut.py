"""Cut the power at random moments of a recorded run, and see that everything acknowledged is still there.

A workload keeps and records messages and journals events while strace writes down every system call that changes
the disk. For each cut we build a disk as it may be found afterwards: what was synced is there; of the rest each
write may be whole, torn at any 512 octets or missing, and each name made, renamed or removed may be so or not.
Then the real recovery runs on that disk.

    python tests/crash/power_cut.py --cuts 300 --seed 1
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import math
import os
import random
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import structlog

from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.journal_pruning import JournalPruning
from ecluse.adapters.folder.journal_reader import read_events
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import EcluseError
from ecluse.domain.event import Ending, MessageEvent, RecipientEvent, Stage
from ecluse.domain.incoming import Direction
from ecluse.domain.queue import Fate, Progress, QueuedMessage, QueuedRecipient

SECTOR = 512
MESSAGES = 30
TASKS = 4
PASSING = 1_000
SEGMENT_BYTES = 4096  # Small, so that the run turns over several times.
TRACED = "openat,mkdir,write,pwrite64,ftruncate,fallocate,rename,unlink,fsync,fdatasync"
SABOTAGES = ("file-sync", "folder-sync", "journal-sync")  # What a workload can be told to leave out.

# --- The workload: everything about message n follows from the seed and n.


def message_id(number: int) -> str:
    return f"{number:032x}"


def octets(seed: int, number: int) -> bytes:
    source = random.Random(f"{seed}/{number}")
    return source.randbytes(source.choice((1, 700, 7000, 70_000)))


def queued(number: int) -> QueuedMessage:
    domain = f"d{number % 6}.example"
    return QueuedMessage(
        id=message_id(number),
        direction=Direction.INBOUND,
        client="demo",
        destination=domain,
        received_at=float(number),
        queued_at=float(number),
        sender=Address("ann", "sender.example"),
        is_sender_authenticated=False,
        recipients=(QueuedRecipient(Address("bob", domain)),),
    )


def event(number: int) -> MessageEvent:
    reached = RecipientEvent(f"bob@d{number % 6}.example", Ending.SPOOLED, findings=("FACT: " + "x" * (number % 40),))
    return MessageEvent(message_id(number), Stage.OUTCOME, float(number), recipients=(reached,))


def passing(number: int) -> MessageEvent:
    """Of a client that lets its records go: meanwhile files are written anew without them."""
    return MessageEvent(message_id(PASSING + number), Stage.OUTCOME, float(number), client="gone", helo="x" * 200)


def attempts_of(number: int) -> int:
    return number % 3


def is_finished(number: int) -> bool:
    return number % 2 == 0


def say(**fact: object) -> None:
    """One fact on standard output, in the trace at the moment it becomes true."""
    os.write(1, json.dumps(fact).encode() + b"\n")


async def work(folder: Path, seed: int) -> None:
    spool = FolderSpool(folder, reserve_bytes=0)
    journal = FolderJournal(folder / "journal", "worker-0", segment_bytes=SEGMENT_BYTES)
    await asyncio.gather(
        *(_serve(folder, spool, journal, seed, range(first, MESSAGES, TASKS)) for first in range(TASKS))
    )
    say(done=True)
    os._exit(0)  # As a crash would: nothing is closed in order.


async def _serve(folder: Path, spool: FolderSpool, journal: FolderJournal, seed: int, numbers: range) -> None:
    for number in numbers:
        identity = message_id(number)
        await spool.keep(queued(number), MemoryContent(octets(seed, number)))
        say(kept=number)
        journal.append(passing(number))
        journal.append(event(number))
        await journal.sync()
        say(synced=number)
        if number % TASKS == 1:  # One task, as it is one process.
            pruning = JournalPruning(folder / "journal", folder / "state" / "pruned")
            say(pruned=sum(pruning.prune({"gone": math.inf}).by_client.values()))
        for attempt in range(attempts_of(number)):
            say(attempting=number)
            await spool.record(identity, Progress(float(attempt), {}, is_attempt=True, reason=f"attempt {attempt}"))
            say(attempted=number)
        if is_finished(number):
            say(finishing=number)
            bob = queued(number).recipients[0].address.key
            await spool.record(identity, Progress(9.0, {bob: (Fate.DELIVERED, "250 2.0.0 ok")}))
            say(finished=number)


def _sabotage(what: str) -> None:
    """Leave out one kind of sync, to prove that the cuts would find it."""
    real_fsync, real_fdatasync = os.fsync, os.fdatasync

    def fsync(fd: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(fd).st_mode)
        if what != ("folder-sync" if is_folder else "file-sync"):
            real_fsync(fd)

    os.fsync = fsync
    os.fdatasync = (lambda _: None) if what == "journal-sync" else real_fdatasync


# --- The trace


@dataclass(frozen=True)
class Call:
    """One system call and the lines of the trace between which it took effect."""

    name: str
    args: str
    result: int
    begin: int
    end: int

    def number(self, position: int) -> int:
        return int(self.args.split(", ")[position])

    @cached_property
    def strings(self) -> list[bytes]:
        return [bytes.fromhex(found.replace("\\x", "")) for found in re.findall(r'"((?:\\x[0-9a-f]{2})*)"', self.args)]


def record_trace(folder: Path, seed: int, sabotage: str = "") -> list[Call]:
    """Run the workload on `folder` under strace."""
    with tempfile.NamedTemporaryFile("r", suffix=".strace") as log:
        command = ["strace", "-f", "-xx", "-s", "1000000", "-e", f"trace={TRACED}", "-e", "signal=none", "-o", log.name]
        workload = [sys.executable, __file__, "--workload", str(folder), "--seed", str(seed), "--sabotage", sabotage]
        source = os.pathsep.join([str(Path(__file__).parents[2] / "src"), os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, "PYTHONPATH": source, "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command + workload, env=environment, capture_output=True, check=False, timeout=120)
        if b'"done"' not in done.stdout:
            raise RuntimeError(f"the workload failed: {done.stderr.decode()[-2000:]}")
        return list(_parse(log))


def _parse(lines: Iterator[str]) -> Iterator[Call]:
    unfinished: dict[str, tuple[int, str]] = {}
    for at, line in enumerate(lines):
        pid, _, text = line.rstrip("\n").partition(" ")
        text = text.strip()
        begin = at
        if text.endswith("<unfinished ...>"):
            unfinished[pid] = (at, text.removesuffix("<unfinished ...>").rstrip())
            continue
        if text.startswith("<..."):
            begin, start = unfinished.pop(pid)
            text = start + text.partition("resumed>")[2]
        found = re.fullmatch(r"(\w+)\((.*)\)\s+= (-?\d+).*", text)
        if found:
            yield Call(found[1], found[2], int(found[3]), begin, at)


@dataclass
class Change:
    """One change of the disk, and when a sync made it durable."""

    kind: str  # Of a file: "write", "truncate", "allocate". Of a name: "create", "mkdir", "rename", "unlink".
    begin: int
    end: int
    offset: int = 0
    data: bytes = b""
    path: str = ""
    target: str = ""
    file: int = -1
    synced_at: float = float("inf")
    source_synced_at: float = float("inf")  # Of a rename: when the old name's end became durable.


@dataclass
class History:
    """Everything a run did to its folder, and what it claimed when."""

    files: dict[int, list[Change]] = field(default_factory=dict)
    names: list[Change] = field(default_factory=list)
    claims: list[tuple[int, str, int]] = field(default_factory=list)  # Line, word, number.
    syncs: list[tuple[str, str, int, int]] = field(default_factory=list)  # Call, path, begin, end.
    length: int = 0

    def claimed(self, word: str, cut: float) -> list[int]:
        return [number for at, what, number in self.claims if what == word and at <= cut]


class Historian:
    """Turns the calls of one run into its history."""

    def __init__(self, folder: Path) -> None:
        self._root = str(folder)
        self._fds: dict[int, tuple[str, int]] = {}  # Descriptor -> path when opened, file.
        self._live: dict[str, int] = {}
        self.history = History()

    def tell(self, calls: list[Call]) -> History:
        # A descriptor is known when its open ends; any other call has begun to take effect when it begins.
        for call in sorted(calls, key=lambda call: call.end if call.name == "openat" else call.begin):
            self.history.length = max(self.history.length, call.end)
            if call.result >= 0:
                getattr(self, f"_{call.name}")(call)
        return self.history

    def _inside(self, path: bytes) -> str:
        text = path.decode()
        return text.removeprefix(self._root + "/") if text.startswith(self._root + "/") else ""

    def _openat(self, call: Call) -> None:
        self._fds.pop(call.result, None)
        whole = call.strings[0].decode()
        path = "." if whole == self._root else self._inside(call.strings[0])
        if not path:
            return
        if "O_CREAT" in call.args and path not in self._live:
            self._live[path] = len(self.history.files)
            self.history.files[self._live[path]] = []
            self._name(call, "create", path, file=self._live[path])
        self._fds[call.result] = (path, self._live.get(path, -1))

    def _mkdir(self, call: Call) -> None:
        path = self._inside(call.strings[0])
        if path:
            self._name(call, "mkdir", path)

    def _rename(self, call: Call) -> None:
        source, target = (self._inside(each) for each in call.strings)
        if source:
            self._live[target] = self._live.pop(source)
            self._name(call, "rename", source, target=target, file=self._live[target])

    def _unlink(self, call: Call) -> None:
        path = self._inside(call.strings[0])
        if path:
            self._live.pop(path, None)
            self._name(call, "unlink", path)

    def _write(self, call: Call) -> None:
        if call.number(0) == 1:
            (word, number), *_ = json.loads(call.strings[0]).items()
            self.history.claims.append((call.begin, word, number))
        elif call.number(0) in self._fds:
            file = self._changes(call)
            offset = max((each.offset + len(each.data) for each in file if each.kind == "write"), default=0)
            self._change(call, "write", offset=offset, data=call.strings[0][: call.result])

    def _pwrite64(self, call: Call) -> None:
        self._change(call, "write", offset=int(call.args.rpartition(", ")[2]), data=call.strings[0][: call.result])

    def _ftruncate(self, call: Call) -> None:
        self._change(call, "truncate", offset=call.number(1))

    def _fallocate(self, call: Call) -> None:
        self._change(call, "allocate", offset=call.number(2) + call.number(3))

    def _fsync(self, call: Call) -> None:
        path, file = self._fds.get(call.number(0), ("", -1))
        if not path:
            return
        self.history.syncs.append((call.name, path, call.begin, call.end))
        for change in self.history.files[file] if file >= 0 else ():
            if change.end < call.begin:
                change.synced_at = min(change.synced_at, call.end)
        for change in self.history.names if file < 0 else ():
            if change.end < call.begin and _parent(change.target or change.path) == path:
                change.synced_at = min(change.synced_at, call.end)
            if change.end < call.begin and _parent(change.path) == path:
                change.source_synced_at = min(change.source_synced_at, call.end)

    _fdatasync = _fsync

    def _changes(self, call: Call) -> list[Change]:
        return self.history.files[self._fds[call.number(0)][1]]

    def _change(self, call: Call, kind: str, *, offset: int, data: bytes = b"") -> None:
        if call.number(0) in self._fds:
            self._changes(call).append(Change(kind, call.begin, call.end, offset, data))

    def _name(self, call: Call, kind: str, path: str, *, target: str = "", file: int = -1) -> None:
        self.history.names.append(Change(kind, call.begin, call.end, path=path, target=target, file=file))


def _parent(path: str) -> str:
    return str(Path(path).parent)


# --- The disk after a cut


def disk_after(history: History, cut: float, dice: random.Random) -> tuple[set[str], dict[str, bytes]]:
    """Folders and files as they may be found after the power went at line `cut` of the trace."""
    folders: set[str] = {"."}
    entries: dict[str, int] = {}
    for change in history.names:
        if change.begin > cut:
            continue
        is_durable = change.synced_at <= cut
        if not is_durable and change.source_synced_at > cut and dice.random() < 0.5:
            continue
        if change.kind == "mkdir":
            folders.add(change.path)
        elif change.kind == "create":
            entries[change.path] = change.file
        elif change.kind == "unlink":
            entries.pop(change.path, None)
        else:
            entries[change.target] = change.file
            if change.source_synced_at <= cut or dice.random() < 0.8:
                entries.pop(change.path, None)
    reachable = {path for path in folders if all(above in folders for above in _above(path))}
    files = {path: file for path, file in entries.items() if _parent(path) in reachable}
    return reachable, {path: _octets_after(history.files[file], cut, dice) for path, file in files.items()}


def _above(path: str) -> Iterator[str]:
    while path != ".":
        path = _parent(path)
        yield path


def _octets_after(changes: list[Change], cut: float, dice: random.Random) -> bytes:
    found = bytearray()
    for change in changes:
        if change.begin > cut:
            continue
        fate = "whole" if change.synced_at <= cut else dice.choice(("whole", "torn", "missing", "zeros"))
        if change.kind == "write":
            _apply_write(found, change, fate, dice)
        elif fate == "whole" and change.kind == "truncate":
            del found[change.offset :]
            _extend(found, change.offset)
        elif fate == "whole":
            _extend(found, change.offset)
    return bytes(found)


def _apply_write(found: bytearray, change: Change, fate: str, dice: random.Random) -> None:
    stop = change.offset + len(change.data)
    if fate == "missing":
        return
    _extend(found, stop)
    position = change.offset
    while position < stop and fate != "zeros":
        until = min((position // SECTOR + 1) * SECTOR, stop)
        if fate == "whole" or dice.random() < 0.5:
            found[position:until] = change.data[position - change.offset : until - change.offset]
        position = until


def _extend(found: bytearray, size: int) -> None:
    found.extend(bytes(max(size - len(found), 0)))


def lay_out(folders: set[str], files: dict[str, bytes], folder: Path) -> None:
    for path in sorted(folders):
        (folder / path).mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        (folder / path).write_bytes(content)


# --- What must hold on it


def faults_after(history: History, seed: int, cut: float, folder: Path) -> list[str]:
    """Recover the disk in `folder` with the real code; every broken promise as a sentence."""
    try:
        return [*_spool_faults(history, seed, cut, folder), *_journal_faults(history, cut, folder / "journal")]
    except EcluseError as error:
        return [f"recovery failed: {error!r}"]


def _spool_faults(history: History, seed: int, cut: float, folder: Path) -> Iterator[str]:
    spool = FolderSpool(folder, reserve_bytes=0)
    found = {message.id: message for message in spool.messages()}
    for number in history.claimed("kept", cut):
        if message_id(number) not in found and number not in history.claimed("finishing", cut):
            yield f"message {number} was kept and is lost"
    for number in history.claimed("finished", cut):
        if message_id(number) in found:
            yield f"message {number} was finished and is back"
    for number in (int(identity, 16) for identity in found):
        message, content = found[message_id(number)], spool.content(message_id(number))
        if b"".join(content.chunks()) != octets(seed, number):
            yield f"message {number} is not what was kept"
        least, most = (history.claimed(word, cut).count(number) for word in ("attempted", "attempting"))
        if not least <= message.attempts <= most:
            yield f"message {number} has {message.attempts} attempts, not {least} to {most}"
    yield from asyncio.run(_life_goes_on(spool, sorted(found)[:2], seed))
    spool.close()


async def _life_goes_on(spool: FolderSpool, some: list[str], seed: int) -> list[str]:
    """After recovery steps can be added, torn tails notwithstanding, and new messages kept."""
    faults = []
    for identity in some:
        before = spool.read(identity)
        after = await spool.record(identity, Progress(20.0, {}, is_attempt=True))
        if before is None or after != spool.read(identity) or after.attempts != before.attempts + 1:
            faults.append(f"message {int(identity, 16)} does not take another step")
    await spool.keep(queued(MESSAGES), MemoryContent(octets(seed, MESSAGES)))
    if spool.read(message_id(MESSAGES)) != queued(MESSAGES):
        faults.append("no new message can be kept")
    return faults


def _journal_faults(history: History, cut: float, folder: Path) -> Iterator[str]:
    journal = FolderJournal(folder, "worker-0", segment_bytes=SEGMENT_BYTES)
    found = {int(each.id, 16): each for each in read_events(folder)}
    found = {number: each for number, each in found.items() if number < PASSING}
    for number in history.claimed("synced", cut):
        if number not in found:
            yield f"event {number} was synced and is lost"
    yield from (f"event {number} is not what was written" for number in found if found[number] != event(number))
    journal.append(event(MESSAGES))
    asyncio.run(journal.sync())
    journal.close()
    if event(MESSAGES) not in read_events(folder):
        yield "no new event can be written"


# --- Running it


@dataclass(frozen=True)
class Report:
    """What many cuts of one run have shown."""

    cuts: int
    acknowledged: int  # Claims of durability that a cut could have broken, summed over all cuts.
    faults: tuple[str, ...]


def run(cuts: int, seed: int, folder: Path, sabotage: str = "") -> Report:
    """Record one run below `folder` and cut it at `cuts` random moments."""
    dice = random.Random(seed)
    workplace = folder / "run"
    workplace.mkdir(parents=True)
    history = Historian(workplace).tell(record_trace(workplace, seed, sabotage))
    first = history.names[0].begin
    faults: list[str] = []
    acknowledged = 0
    for number in range(cuts):
        cut = dice.uniform(first, history.length + 1)
        disk = folder / f"cut-{number}"
        disk.mkdir()
        lay_out(*disk_after(history, cut, dice), disk)
        faults += [f"cut {number}: {fault}" for fault in faults_after(history, seed, cut, disk)]
        acknowledged += sum(len(history.claimed(word, cut)) for word in ("kept", "attempted", "finished", "synced"))
        shutil.rmtree(disk)
    return Report(cuts, acknowledged, tuple(faults))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cuts", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sabotage", choices=("", *SABOTAGES), default="", help="leave out one kind of sync")
    parser.add_argument("--workload", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.workload:
        _sabotage(options.sabotage)
        asyncio.run(work(options.workload, options.seed))
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as folder:
        report = run(options.cuts, options.seed, Path(folder), options.sabotage)
    print("\n".join(report.faults[:20]))
    print(f"{report.cuts} cuts, {report.acknowledged} acknowledgements, {len(report.faults)} broken")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
