"""Three years of two hundred clients in some minutes, and what must hold at the end of every day: `make simulate`.

    python tests/simulate/run.py --years 3 --clients 200 --seed 1

Exit status 1 on the first evening on which something does not hold. The same seed is the same three years. The database is a
SQLite file in memory; `--postgresql` starts a PostgreSQL of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ecluse.entrypoints.console_tables import Web
from ecluse.entrypoints.django_start import migrate, start_django
from ecluse.entrypoints.settings_tables import Control, Settings
from ecluse.wire.notations import DomainName
from tests.control import postgresql
from tests.simulate.place import MEMORY, Place
from tests.simulate.spans import DAY, later


def main() -> int:
    wanted = _wanted()
    with (
        tempfile.TemporaryDirectory(prefix="ecluse-simulate-", dir=MEMORY) as scratch,
        _database(Path(scratch), wanted.postgresql) as url,
    ):
        _start(Path(scratch), url)
        return _simulate(Path(scratch), url, wanted)


def _wanted() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--years", type=float, default=3.0)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seed", default="1")
    parser.add_argument(
        "--whole-every", type=int, default=7, help="days; on the others jobs are left out that have nothing to do"
    )
    parser.add_argument("--postgresql", action="store_true")
    return parser.parse_args()


@contextlib.contextmanager
def _database(folder: Path, is_postgresql: bool) -> Iterator[str]:
    if not is_postgresql:
        yield f"sqlite://{folder}/control/control.sqlite"
        return
    with postgresql.running() as socket:
        yield f"postgresql://ecluse@/ecluse?host={socket}"


def _start(folder: Path, url: str) -> None:
    (folder / "control").mkdir()
    settings = Settings(
        hostname=DomainName("mx.provider.example"),
        data_dir=folder,
        web=Web(url="http://testserver"),
        control=Control(database=url),
    )
    start_django(settings)
    migrate(settings)


def _simulate(folder: Path, url: str, wanted: argparse.Namespace) -> int:
    # Models exist once Django has started.
    from tests.simulate.invariants import faults  # noqa: PLC0415 - see above.
    from tests.simulate.world import FIRST_DAY, Plan, created  # noqa: PLC0415 - the same.

    last = later(FIRST_DAY, round(wanted.years * 12)) - DAY
    began = time.monotonic()
    with (
        created(Place(folder, url), Plan(wanted.seed, wanted.clients, wanted.whole_every)) as world,
        _progress() as progress,
    ):
        bar = progress.add_task("days", total=(last - FIRST_DAY).days + 1)
        while True:
            world.live()
            found = faults(world, is_last=world.today == last)
            progress.advance(bar)
            if not progress.console.is_terminal and world.today.day == 1:
                print(f"{world.today}, after {time.monotonic() - began:.0f} s: {world.summary()}", flush=True)
            if found or world.today == last:
                break
            world.turn()
        summary = world.summary()
    print(f"seed {wanted.seed}, {FIRST_DAY} to {world.today}: {summary}; {time.monotonic() - began:.0f} s")
    for fault in found:
        print(f"  {fault}")
    return 1 if found else 0


def _progress() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())


if __name__ == "__main__":
    sys.exit(main())
