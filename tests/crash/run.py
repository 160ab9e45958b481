"""Kill our processes, cut next hops and fill the disk under real traffic; then count what was lost.

    python tests/crash/run.py --kills 200

A real node serves two clients and the outbound door; senders write every answer into a ledger, next hops of our own
write down all they take. After so many kills the queue is let drain and the books are reconciled: every recipient of
every message that was answered 2xx is with its next hop, in the spool, in quarantine, or ended as bounced or expired,
with the exact octets. Duplicates are counted, and each must have a reason. Exit status 1 on any loss, damage or
duplicate without a reason, and on an exception that ended one of our processes. At the end `power_cut.py` has its
turn. With root the data lie on a small disk, which is filled now and then.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ecluse.adapters.folder.journal_reader import read_events
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.domain.event import Ending, MessageEvent
from ecluse.entrypoints.paths import DataPaths
from tests.crash import power_cut
from tests.crash.names import name_server
from tests.crash.node import START_WITHIN_S, Node, free_ports
from tests.crash.reconcile import Answered, Balance, Books, Copy, Kept, balance
from tests.crash.traffic import digest, identify, octets
from tests.crash.troubles import NextHop, SmallDisk, Spell, Trouble

ROOT = Path(__file__).resolve().parents[2]
SECONDS_PER_KILL = 2.5
MOST_DELAY = 2.0  # The kills may take so many times as long, while the node comes up again; then we give up.
WARM_UP_S = 2.0
SENDERS_END_WITHIN_S = 90.0
DRAIN_S = 12.0  # With the node as the chaos left it, and again after it was started anew in order.
MOST_CUTS = 300
CUTS_PER_KILL = 5
SHOWN_FAULTS = 30
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception|Impossible|NoRoom|Unavailable)\b")
_FULL_DISK = re.compile(r"No space left on device|NoRoom")


@dataclass
class Scene:
    """Everything that takes part in one run."""

    folder: Path
    seed: int
    node: Node
    disk: SmallDisk
    next_hops: list[NextHop]
    senders: subprocess.Popen[bytes] | None = None
    spells: list[Spell] = field(default_factory=list)

    @property
    def troubles(self) -> list[Trouble]:
        # The disk comes as often as all next hops together.
        return [*self.next_hops, *([self.disk] * 2 if self.disk.is_mounted else [])]


@contextlib.contextmanager
def staged(seed: int) -> Iterator[Scene]:
    """Start everything; end all of it by its pid, unmount and delete, whatever happened."""
    folder = Path(tempfile.mkdtemp(prefix="ecluse-crash-"))
    ports = free_ports()
    disk = SmallDisk(folder / "disk")
    disk.mount()
    hops = [
        NextHop(name, getattr(ports, name), folder / f"sink-{name}.jsonl", seed) for name in ("one", "two", "world")
    ]
    scene = Scene(folder, seed, Node(folder, disk.place / "data", ports), disk, hops)
    names = name_server(ports.names)
    try:
        names.start()
        scene.node.prepare()
        for hop in hops:
            hop.start()
        scene.node.wait_until_ready()
        yield scene
    finally:
        _clear(scene)
        names.stop()


def _clear(scene: Scene) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # An impatient second Ctrl-C must not leave things behind.
    scene.disk.end()
    if scene.senders is not None and scene.senders.poll() is None:
        scene.senders.kill()
        scene.senders.wait()
    scene.node.stop()
    for hop in scene.next_hops:
        hop.stop()
    scene.disk.unmount()
    shutil.rmtree(scene.folder)
    signal.signal(signal.SIGINT, signal.default_int_handler)


# --- The run


def begin_traffic(scene: Scene, rate: float) -> None:
    ports = scene.node.ports
    command = [sys.executable, "-m", "tests.crash.sender", "--folder", str(scene.folder), "--seed", str(scene.seed)]
    command += ["--inbound", str(ports.inbound), "--outbound", str(ports.outbound), "--rate", str(rate)]
    scene.senders = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=ROOT, start_new_session=True)
    time.sleep(WARM_UP_S)


def wreak(scene: Scene, kills: int, seconds: float, progress: Progress) -> None:
    """So many kills, spread over so many seconds, with troubles that come and go between and across them."""
    dice = random.Random(scene.seed)
    bar = progress.add_task("killing", total=kills)
    began = time.monotonic()
    trouble: Trouble | None = None
    changes_at = began
    next_kill = began
    while len(scene.node.kills) < kills:
        now = time.monotonic()
        if now > began + seconds * MOST_DELAY + START_WITHIN_S:
            raise SystemExit(
                f"only {len(scene.node.kills)} kills: the node does not stay up\n{scene.node.last_words()}"
            )
        scene.node.keep_alive()
        if now >= changes_at:
            trouble = _change_trouble(scene, trouble, dice)
            changes_at = now + dice.uniform(0.3, 2.5)
        if now >= next_kill and scene.node.kill_one(dice):
            next_kill = max(now, began + seconds * len(scene.node.kills) / kills * dice.uniform(0.9, 1.0))
            progress.update(bar, completed=len(scene.node.kills), description=_mood(scene))
        time.sleep(0.05)
    if trouble is not None:
        _change_trouble(scene, trouble, dice)


def _change_trouble(scene: Scene, trouble: Trouble | None, dice: random.Random) -> Trouble | None:
    """The trouble ends, or another begins."""
    if trouble is not None:
        trouble.end()
        scene.spells[-1].end = time.time()
        return None
    trouble = dice.choice(scene.troubles)
    scene.spells.append(trouble.begin(dice))
    return trouble


def _mood(scene: Scene) -> str:
    last = scene.node.kills[-1]
    spell = scene.spells[-1] if scene.spells and scene.spells[-1].end == float("inf") else None
    return f"killed {last.role:<10} {f'{spell.where} {spell.kind}' if spell else 'no trouble':<20}"


def let_drain(scene: Scene, progress: Progress) -> None:
    """No more trouble; senders finish what they have, then the queue may empty itself."""
    progress.add_task("senders finish", total=None)
    if scene.senders is None or scene.senders.stdin is None:
        raise SystemExit("no traffic was begun")
    scene.senders.stdin.close()
    _wait(scene, SENDERS_END_WITHIN_S, lambda: scene.senders is not None and scene.senders.poll() is not None)
    progress.add_task("queue drains", total=None)
    if not _wait(scene, DRAIN_S, lambda: not _queue(scene)):
        # A fault rests a message or a route for up to a minute; a fresh start in order does not wait for that.
        scene.node.stop()
        scene.node.wait_until_ready()
        _wait(scene, DRAIN_S * 2, lambda: not _queue(scene))
    scene.node.stop()


def _wait(scene: Scene, seconds: float, is_done: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        scene.node.keep_alive()
        if is_done():
            return True
        time.sleep(0.2)
    return False


def _queue(scene: Scene) -> list[Path]:
    return [*(DataPaths(scene.node.data).spool / "queue").glob("*/*")]


# --- The books


def read_books(scene: Scene) -> Books:
    paths = DataPaths(scene.node.data)
    return Books(
        answered=[
            Answered(line["number"], line["at"], line["answer"], tuple(line["recipients"]))
            for ledger in scene.folder.glob("ledger-*.jsonl")
            for line in _lines(ledger)
        ],
        copies=[_copy(hop.name, line) for hop in scene.next_hops for line in _lines(hop.record)],
        kept=[*_kept(paths.spool, is_held=False), *_kept(paths.held, is_held=True)],
        events=list(read_events(paths.journal)),
        kills=scene.node.kills,
        spells=scene.spells,
        expected_digest=lambda number: digest(octets(scene.seed, number)),
    )


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def _copy(sink: str, line: dict) -> Copy:
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in line.items()}
    return Copy(sink=sink, **values)


def _kept(folder: Path, *, is_held: bool) -> Iterator[Kept]:
    spool = FolderSpool(folder, reserve_bytes=0)
    for message in spool.messages():
        found = identify(b"".join(spool.content(message.id).chunks()))
        waiting = tuple(str(recipient.address) for recipient in message.waiting)
        yield Kept(found.number, message.id, found.digest, waiting, is_held, found.told_about)
    # What was moved aside once held octets that are no longer what was kept.
    for path in (folder / "damaged").iterdir():
        yield Kept(-1, path.name, "moved to damaged/", (), is_held)
    spool.close()


# --- The report


def report(scene: Scene, books: Books, result: Balance, cuts: power_cut.Report, took_s: float) -> dict:
    roles = Counter(kill.role for kill in books.kills)
    return {
        "kills": len(books.kills),
        "kills_by_role": dict(roles),
        "supervisor_starts": scene.node.starts,
        "troubles": dict(Counter(f"{spell.where}: {spell.kind}" for spell in books.spells)),
        "small_disk": scene.disk.is_mounted,
        "messages": result.messages,
        "transactions": dict(result.attempts),
        "acknowledged": result.acknowledged,
        "recipients": dict(result.recipients),
        "ways": _ways(books.events),
        "lost": result.lost,
        "damaged": result.damaged,
        "unrecorded": result.unrecorded,
        "duplicates": dict(result.duplicates),
        "unexplained": result.unexplained,
        "power_cuts": asdict(cuts),
        "internal_errors": _internal_errors(scene.node.log),
        "seconds": round(took_s, 1),
    }


def _ways(events: list[MessageEvent]) -> dict[str, int]:
    """How recipients were served: evidence that all ways were under fire."""
    wanted = (Ending.RELAYED, Ending.SPOOLED, Ending.HELD, Ending.DELIVERED, Ending.BOUNCED, Ending.EXPIRED)
    fates = Counter(one.fate for event in events for one in event.recipients)
    return {str(ending): fates[ending] for ending in wanted}


def _internal_errors(log: Path) -> list[str]:
    """What our own processes called a fault of theirs, and exceptions that ended one; a full disk may do so at a start."""
    lines = log.read_text("utf-8", "replace").splitlines()
    named = [line for line in lines if "fault of ours" in line]
    raised = [line for line in lines if _EXCEPTION.match(line) and not _FULL_DISK.search(line)]
    return [f"{line} ({count} times)" for line, count in Counter([*named, *raised]).items()]


def show(figures: dict, console: Console) -> None:
    table = Table(title="What became of everything that was acknowledged", show_header=False)
    table.add_row("kills", f"{figures['kills']}  {_said(figures['kills_by_role'])}")
    table.add_row("troubles", _said(figures["troubles"]))
    table.add_row("messages", f"{figures['messages']}, transactions by answer: {_said(figures['transactions'])}")
    table.add_row("acknowledged", f"{figures['acknowledged']}, their recipients: {_said(figures['recipients'])}")
    table.add_row("ways of recipients", _said(figures["ways"]))
    table.add_row("lost", str(len(figures["lost"])))
    table.add_row("damaged", str(len(figures["damaged"])))
    table.add_row("acknowledged without a record", str(len(figures["unrecorded"])))
    table.add_row("duplicates", "\n".join(f"{count}  {why}" for why, count in figures["duplicates"].items()) or "0")
    cuts = figures["power_cuts"]
    table.add_row("power cuts", f"{cuts['cuts']}, {cuts['acknowledged']} promises, {len(cuts['faults'])} broken")
    table.add_row("faults of ours in the log", str(len(figures["internal_errors"])))
    table.add_row("time", f"{figures['seconds']:.0f} s")
    console.print(table)


def _said(counts: dict[str, int]) -> str:
    return ", ".join(f"{key} {count}" for key, count in sorted(counts.items()))


def _faults(figures: dict) -> list[str]:
    kinds = ("lost", "damaged", "unrecorded", "unexplained", "internal_errors")
    faults = [f"{kind}: {fault}" for kind in kinds for fault in figures[kind]]
    return faults + [f"power cut: {fault}" for fault in figures["power_cuts"]["faults"]]


def cut_power(kills: int, seed: int) -> power_cut.Report:
    """kill -9 keeps the page cache: what a power cut does is replayed from a recorded run."""
    if shutil.which("strace") is None:
        return power_cut.Report(0, 0, ())
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory(prefix="ecluse-power-") as folder:
        return power_cut.run(min(MOST_CUTS, kills * CUTS_PER_KILL), seed, Path(folder))


def play(options: argparse.Namespace, console: Console) -> dict:
    began = time.monotonic()
    seconds = options.seconds or options.kills * SECONDS_PER_KILL
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with staged(options.seed) as scene:
        if not scene.disk.is_mounted:
            console.print("no small disk: only root may mount one, so the disk is not filled in this run")
        with Progress(*columns, console=console) as progress:
            begin_traffic(scene, options.rate)
            wreak(scene, options.kills, seconds, progress)
            let_drain(scene, progress)
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        books = read_books(scene)
        result = balance(books)
        cuts = cut_power(options.kills, options.seed)
        figures = report(scene, books, result, cuts, time.monotonic() - began)
        if options.keep_log:
            shutil.copy(scene.node.log, options.keep_log)
    return figures


def _end(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument(
        "--seconds", type=float, default=0.0, help=f"for all kills; {SECONDS_PER_KILL:g} each if not given"
    )
    parser.add_argument("--rate", type=float, default=25.0, help="messages a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--keep-log", type=Path, metavar="FILE", help="keep the node's log there")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _end)
    console = Console()
    try:
        figures = play(options, console)
    except KeyboardInterrupt:
        console.print("interrupted; everything that was started has been ended")
        return 130
    show(figures, console)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1), "utf-8")
    faults = _faults(figures)
    for fault in faults[:SHOWN_FAULTS]:
        console.print(fault, style="red", markup=False)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
