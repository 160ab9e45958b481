"""The port `Quotas` of one machine, in an SQLite file that all processes of the node write, one at a time.

Written ahead and not synced: the end of a process loses nothing, a power cut the last moments, and neither harms the file.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from ecluse.adapters.folder.disk import disk_errors, make_folder
from ecluse.adapters.sqlite.counts import Counts, prepare
from ecluse.domain.errors import Unavailable
from ecluse.domain.quota import Charge, Crowd, Grant, Sum

log = structlog.get_logger()

BUSY_S = 5.0
TIDY_EVERY_S = 60.0
TIDY_EVERY = 500  # Charges: some ten MB written ahead.

_PRIMARY_CODE = 0xFF  # Of SQLite's codes; what is above says more of the same.

Answer = TypeVar("Answer")
Work = Callable[[sqlite3.Connection], Answer]


class SqliteQuotas:
    """Opened on first use, in the process that uses it.

    A charge takes a fifth of a millisecond and touches memory alone, so it is done where it is asked for. Whatever may
    wait has a thread: for another process that writes, and for the disk when the file is brought up to date.
    """

    def __init__(self, path: Path, salt: bytes) -> None:
        """`salt` makes the names unguessable (15-7)."""
        self._path, self._counts = path, Counts(salt)
        self._at_once: sqlite3.Connection | None = None  # Gives up where another process writes.
        self._patient: sqlite3.Connection | None = None  # The thread's.
        self._tidy_at, self._untidy = 0.0, 0
        self._thread = ThreadPoolExecutor(1, "quotas")

    async def take(self, charge: Charge) -> Grant:
        """See `Quotas.take`."""
        self._tidy(charge.at)
        return await self._ask(lambda store: self._counts.take(store, charge))

    async def denied(self, charge: Charge) -> Sum | Crowd | None:
        """The first limit that it would pass; nothing is counted. Raises `Unavailable`."""
        return await self._ask(lambda store: self._counts.denied(store, charge))

    async def days(self, name: str, days: Sequence[int]) -> tuple[int, ...]:
        """See `Quotas.days`."""
        return await self._ask(lambda store: self._counts.days(store, name, days))

    async def empty(self, names: Sequence[str]) -> None:
        """See `Quotas.empty`."""
        await self._ask(lambda store: self._counts.empty(store, names))

    def close(self) -> None:
        """Let go of the file."""
        self._thread.shutdown()
        for store in (self._at_once, self._patient):
            if store is not None:
                store.close()

    async def _ask(self, work: Work[Answer]) -> Answer:
        if self._at_once is not None:
            with _failures():
                try:
                    return _done(self._at_once, work)
                except sqlite3.OperationalError as problem:
                    if problem.sqlite_errorcode & _PRIMARY_CODE != sqlite3.SQLITE_BUSY:
                        raise
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._do, work)

    # -- in the thread

    def _do(self, work: Work[Answer]) -> Answer:
        with _failures():
            if self._patient is None:
                self._patient = self._open(BUSY_S)
                self._at_once = self._open(0)
            return _done(self._patient, work)

    def _open(self, busy_s: float) -> sqlite3.Connection:
        with disk_errors("quotas"):
            make_folder(self._path.parent)
        store = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            prepare(store)
            store.execute("PRAGMA synchronous = NORMAL")
            store.execute("PRAGMA wal_autocheckpoint = 0")  # See `_tidied`.
            store.execute(f"PRAGMA busy_timeout = {busy_s * 1000:.0f}")
        except BaseException:
            store.close()
            raise
        return store

    def _tidy(self, now: float) -> None:
        """Now and then, beside the mail."""
        self._untidy += 1
        if self._at_once is None or (self._untidy < TIDY_EVERY and abs(now - self._tidy_at) < TIDY_EVERY_S):
            return
        self._tidy_at, self._untidy = now, 0
        self._thread.submit(self._tidied, now)

    def _tidied(self, now: float) -> None:
        """On a disk that is full nothing can be forgotten, and what was written ahead is taken over all the same."""
        steps: tuple[Callable[[], None], ...] = (partial(self._forget, now), self._take_over)
        for step in steps:
            try:
                step()
            except Unavailable as problem:
                log.error("quotas not tidied", problem=str(problem))

    def _forget(self, now: float) -> None:
        self._do(lambda store: self._counts.purge(store, now))

    def _take_over(self) -> None:
        store = self._patient
        if store is not None:
            with _failures():
                # All but the last moments while others write; for those, and to begin the log anew, they wait.
                store.execute("PRAGMA wal_checkpoint(PASSIVE)")
                store.execute("PRAGMA wal_checkpoint(RESTART)")


def _done(store: sqlite3.Connection, work: Work[Answer]) -> Answer:
    store.execute("BEGIN IMMEDIATE")
    try:
        answer = work(store)
        store.execute("COMMIT")
    except BaseException:
        # Where the disk is full SQLite may have done so itself; a connection that stays within blocks all processes.
        if store.in_transaction:
            store.execute("ROLLBACK")
        raise
    return answer


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as problem:
        raise Unavailable(f"quotas: {problem}") from problem
