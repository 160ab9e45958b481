"""The programs we are compared with, as `../shared/bench` sets them up and starts them."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import loopback

SHARED = Path(__file__).resolve().parents[2] / "shared" / "bench"
STATE = Path(os.environ.get("PEERS", "/var/tmp/ecluse-peers"))  # noqa: S108 - where the shared scripts keep theirs.
CORPUS = STATE / "corpus"

GATEWAY_PORT = 2525  # Whoever is measured listens here.
NEXT_HOP_PORT = 2626  # smtp-sink: takes everything, keeps nothing, counts.
NAMESERVER = "127.0.0.54:53"  # Knows the domains of the corpus, nothing else.
CLAMD_SOCKET = STATE / "run" / "clamd.sock"

_SINK_COUNT = re.compile(rb"mesg=(\d+)")


class NotStartedError(Exception):
    """A program of the bench did not come up."""


def require_shared() -> None:
    """End the program, saying what to do, unless the rivals' scripts are there."""
    if not (SHARED / "ctl.sh").exists():
        sys.exit(f"bench: needs ../shared: {SHARED}/ctl.sh installs, configures and starts the programs compared with.")


def require_prepared() -> None:
    """End the program, saying what to do, unless the rivals are installed and the messages made."""
    wanted = [
        CORPUS / "manifest.jsonl",
        STATE / "postfix/relay/main.cf",
        STATE / "rspamd/conf",
        STATE / "redis/dump.rdb",
    ]
    missing = [str(path) for path in wanted if not path.exists()]
    if missing:
        sys.exit(f"bench: not prepared ({', '.join(missing)} missing). Run: make bench ARGS=--prepare")


def prepare() -> None:
    """Install the rivals, make the messages, configure, and train Rspamd; everything is kept under `STATE`."""
    (STATE / "log").mkdir(parents=True, exist_ok=True)
    subprocess.run([SHARED / "install.sh"], check=True)
    subprocess.run([STATE / "venv/bin/python", SHARED / "gen_corpus.py"], check=True)
    control("configure")
    loopback.isolate()
    try:
        control("start", "dns", "redis", "rspamd")
        subprocess.run([SHARED / "train.sh"], check=True, stdout=subprocess.DEVNULL)
    finally:
        control("stopall")


def control(*words: str) -> None:
    """Pass an order to the shared control script, which ends only what it has started, by pid."""
    outcome = subprocess.run(
        [SHARED / "ctl.sh", *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    if outcome.returncode != 0 and words[0] == "start":
        raise NotStartedError(f"ctl.sh {' '.join(words)}: {outcome.stderr.strip()}")


@contextmanager
def alone() -> Iterator[None]:
    """Hold the one lock of this machine's bench: two at a time would measure each other."""
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / "bench.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("bench: another bench is running on this machine.")
        yield


class Sink:
    """The next hop's count of messages it has taken since it was started."""

    def __init__(self) -> None:
        self._log = STATE / "log" / "sink.out"  # It grows over restarts; only what follows is of this one.
        self._from = self._log.stat().st_size if self._log.exists() else 0

    def taken(self) -> int:
        with self._log.open("rb") as log:
            log.seek(max(self._from, self._log.stat().st_size - 400))
            counts = _SINK_COUNT.findall(log.read())
        return int(counts[-1]) if counts else 0

    def wait_for(self, total: int, patience_s: float = 3.0) -> float:
        """Wait until `total` messages were taken, or none more for `patience_s`; return when the last one came."""
        seen, came_on = self.taken(), time.time()
        while seen < total and time.time() - came_on < patience_s:
            time.sleep(0.02)
            if (taken := self.taken()) != seen:
                seen, came_on = taken, time.time()
        return came_on


def postfix_queue(variant: str) -> int:
    """Return how many messages that Postfix still holds."""
    folders = [STATE / "spool" / variant / name for name in ("incoming", "active", "deferred", "maildrop")]
    return sum(len(files) for folder in folders for _, _, files in os.walk(folder))
