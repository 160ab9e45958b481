"""Judge honest mail by all inbound checks that ask nobody, and count what would not be delivered.

    python tests/ham/run.py                    all of it: 3,030 messages of 101 kinds that it writes, and every corpus
    python tests/ham/run.py --shard 2/4        every fourth message, from the second on; shards may run side by side
    python tests/ham/run.py --source written   only what it writes, or one corpus
    python tests/ham/run.py --table            only what is known so far, finding by finding

What is known is kept, one line a message, in a folder that is named after the program's own code: what was begun goes
on where it stopped, and a change of the code begins anew. A message that the room had no time for is asked about again:
its sender would come again. Exit status 1 when more than 0.1 % would not be delivered.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from email import message_from_bytes, policy
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import ecluse
from ecluse.domain.address import Address
from ecluse.domain.envelope import Envelope
from ecluse.domain.peer import Peer
from ecluse.domain.verdict import Disposition
from ecluse.entrypoints.scan import scan_message
from ecluse.filtering.collect import Sources
from tests.corpus.mail import CORPORA, messages
from tests.corpus.test_all_checks_on_ham import MISLABELLED
from tests.honest.judging import NOBODY, POLICY, sources
from tests.honest.test_no_honest_mail_is_refused import KINDS

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "bench" / "results" / "ham"
NAMES = ("spamassassin", "csdmc2010", "list_linux_raid")
ATTEMPTS = 3
MOST_REFUSED = 0.001  # Of all messages (docs/must-hold.md).


@dataclass(frozen=True)
class Letter:
    """One honest message; it is written or read when its turn comes."""

    source: str  # A corpus, or "written".
    name: str  # Within its source.
    write: Callable[[], bytes]


@dataclass(frozen=True)
class Judged:
    """What became of it."""

    source: str
    name: str
    sha256: str
    fate: str  # A word of `Disposition`.
    score: float
    codes: list[str]

    @property
    def is_lost(self) -> bool:
        """Whether honest mail would not be delivered."""
        return self.fate != Disposition.DELIVER and self.sha256 not in MISLABELLED


def main() -> int:
    """Run the command line."""
    asked = _arguments()
    folder = RESULTS / _code()
    folder.mkdir(parents=True, exist_ok=True)
    if not asked.table:
        number, count = map(int, asked.shard.split("/"))
        letters = [one for one in _letters(asked.each) if asked.source in {"", one.source}]
        asyncio.run(_judge(folder, letters[number - 1 :: count], f"{number}-of-{count}"))
    return _tell(_known(folder))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--shard", default="1/1", metavar="K/N", help="every Nth message, from the Kth on")
    parser.add_argument("--each", type=int, default=30, help="messages to write of each kind (30)")
    parser.add_argument("--source", default="", choices=("written", *NAMES), help="nothing else")
    parser.add_argument("--table", action="store_true", help="judge nothing, tell what is known")
    return parser.parse_args()


def _code() -> str:
    """The program by its own files: rules and weights lie among them."""
    folder = Path(ecluse.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _letters(each: int) -> Iterator[Letter]:
    for kind, make in KINDS.items():
        for number in range(each):
            seed = f"{kind} {number}"
            yield Letter("written", seed, partial(_written, make, seed))
    for corpus in NAMES:
        if (CORPORA / f"{corpus}.tar.zst").exists():
            for number, octets in enumerate(messages(corpus, "ham", 1_000_000)):
                yield Letter(corpus, str(number), partial(bytes, octets))


def _written(make: Callable[[random.Random], bytes], seed: str) -> bytes:
    return make(random.Random(seed))


async def _judge(folder: Path, letters: list[Letter], shard: str) -> None:
    known = {(one.source, one.name) for one in _known(folder)}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        Progress(*columns, console=Console(stderr=True)) as progress,
        (folder / f"{shard}.jsonl").open("a") as book,
    ):
        async with sources() as ports:
            for letter in progress.track(letters, description="honest mail"):
                if (letter.source, letter.name) not in known:
                    book.write(json.dumps(asdict(await _judged(letter, ports))) + "\n")
                    book.flush()


async def _judged(letter: Letter, ports: Sources) -> Judged:
    message = letter.write()
    for _ in range(ATTEMPTS):
        report = await scan_message(message, *_sender(letter, message), POLICY, ports)
        if "UNREAD" not in report.symbols:
            break
    return Judged(
        letter.source,
        letter.name,
        hashlib.sha256(message).hexdigest(),
        report.verdict.disposition,
        report.verdict.score,
        list(report.symbols),
    )


def _sender(letter: Letter, message: bytes) -> tuple[Envelope, Peer]:
    """What we wrote came from whom it says; what a corpus holds came from anybody."""
    author = Address("x", "sender.invalid")
    if letter.source == "written":
        said = message_from_bytes(message, policy=policy.SMTP)["From"].addresses[0]
        author = Address(said.username, said.domain)
    return Envelope(author, (NOBODY,)), Peer("192.0.2.1", helo=f"mx.{author.domain}", is_esmtp=True)


def _known(folder: Path) -> list[Judged]:
    """Each message once; those that could not be read, or whose line was cut short by an end, are judged again."""
    lines = (line for book in sorted(folder.glob("*.jsonl")) for line in book.read_text().splitlines())
    rows = (Judged(**json.loads(line)) for line in lines if line.endswith("}"))
    return list({(row.source, row.name): row for row in rows if "UNREAD" not in row.codes}.values())


def _tell(rows: list[Judged]) -> int:
    for source in ("written", *NAMES):
        mine = [row for row in rows if row.source == source]
        highest = max((row.score for row in mine), default=0.0)
        print(
            f"{source}: {len(mine)} judged, {sum(row.is_lost for row in mine)} not delivered, {highest:g} points at most"
        )
        for row in mine:
            if row.is_lost:
                print(f"  {row.name}: {row.fate}, {row.score:g} points, {' '.join(row.codes)}")
    codes = Counter(code for row in rows for code in row.codes)
    print(", ".join(f"{code} {count}" for code, count in codes.most_common()))
    lost = sum(row.is_lost for row in rows)
    print(f"{lost} of {len(rows)} not delivered: {lost / max(1, len(rows)):.4%}")
    return int(lost > MOST_REFUSED * len(rows))


if __name__ == "__main__":
    sys.exit(main())
