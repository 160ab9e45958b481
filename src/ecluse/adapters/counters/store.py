"""The file of memories: unsynced, bounded, and worth nothing that could not be learned again (design 3)."""

from __future__ import annotations

import contextlib
import shutil
import struct
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import cast

import lmdb
import structlog

from ecluse.adapters.counters.keys import Keys, kind_of
from ecluse.adapters.counters.record import Record
from ecluse.adapters.folder.disk import write_durably
from ecluse.adapters.lmdb.environment import Environment, failures
from ecluse.domain.errors import Unavailable
from ecluse.domain.history import Kind, Memory, is_over, recall

log = structlog.get_logger()

MAP_BYTES = 1 << 30
MAX_MEMORIES = 8_000_000  # Some 90 octets each with LMDB's own: the map never fills.
LOOK_EVERY_S = 1.0
EVICTED_SHARE = 4  # One in so many of a slice, the oldest first.
SLICE = 2_000  # Memories looked at in one call of `tidy`: some milliseconds.

_VALUE = struct.Struct("<dddd")
# After these the file helps nobody any more; a full map is among them, since even deleting takes room.
_DAMAGES = (
    lmdb.CorruptedError,
    lmdb.InvalidError,
    lmdb.MapFullError,
    lmdb.PageNotFoundError,
    lmdb.PanicError,
    lmdb.VersionMismatchError,
)
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Store:
    """One file; `is_writer` in the one process that writes it. No transaction outlives a call.

    Nothing is synced while it is open, so a file that a power cut has met may hold anything. It bears the mark of the
    boot in which it was written until it is closed in good order; under the mark of another boot it is not opened.
    """

    def __init__(
        self,
        path: Path,
        salt: bytes,
        *,
        is_writer: bool,
        max_memories: int = MAX_MEMORIES,
        map_bytes: int = MAP_BYTES,
    ) -> None:
        self.keys = Keys(salt)
        self._path = path
        self._mark = path / "boot"
        self._is_writer = is_writer
        self._max_memories = max_memories
        self._environment = Environment(path, creates=is_writer, map_bytes=map_bytes, is_durable=False)
        self._file = 0  # Inode of the file that is open or may be opened; 0 = there is none that we may read.
        self._look_at = 0.0  # Monotonic.
        self._is_marked = False
        self._tidied_to = b""

    def find(self, kind: Kind, name: str) -> Memory | None:
        """See `ports.counters.Counters.find`; before the first memory was written, nobody is known."""
        return self.find_each(kind, (name,))[0]

    def find_each(self, kind: Kind, names: Sequence[str]) -> tuple[Memory | None, ...]:
        """See `ports.counters.Counters.find_each`: one transaction for all."""
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY_S
            self._look()
        nobody = (None,) * len(names)
        if not self._file:
            return nobody
        key = self.keys.key
        try:
            with self._environment.read() as transaction:
                return tuple(_memory(cast("bytes | None", transaction.get(key(kind, name)))) for name in names)
        except FileNotFoundError:
            return nobody
        except (lmdb.Error, OSError) as problem:
            raise Unavailable(f"{self._path}: {problem}") from problem

    def write(self, records: Iterable[Record]) -> None:
        """Remember a batch in one transaction; a damaged file is replaced. Raises `Unavailable`, `NoRoom`."""
        batch = tuple(records)
        entries = self._or_anew(lambda: self._write(batch))
        if batch and entries > self._max_memories:
            # Twice as many go as came, so that it ends.
            self.tidy(batch[-1].at, 2 * EVICTED_SHARE * len(batch))

    def tidy(self, now: float, count: int = SLICE) -> int:
        """Look at the next `count` memories and forget those that are over; how many went.

        Of a store that is too large the oldest of them go too. Raises `Unavailable`, `NoRoom`.
        """
        return self._or_anew(lambda: self._tidy(now, count))

    def reader_check(self) -> int:
        """Free the slots of killed readers; how many there were. Raises `Unavailable`."""
        with failures(self._path):
            return self._environment.reader_check()

    def close(self) -> None:
        """Let go of the file; the writer makes it durable first."""
        if self._is_marked:
            with contextlib.suppress(lmdb.Error, OSError):
                self._environment.sync()
                self._mark.unlink(missing_ok=True)
        self._is_marked = False
        self._environment.close()

    def _look(self) -> None:
        """Whether the file is still the one that is open: the writer may have begun anew."""
        file = 0
        with contextlib.suppress(OSError):
            if not self._is_of_another_boot():
                file = (self._path / "data.mdb").stat().st_ino
        # Nothing of ours is open before a first file was seen, and a thread that writes has it open then, maybe.
        if self._file not in (0, file) and not self._is_writer:
            self._environment.close()
        self._file = file

    def _is_of_another_boot(self) -> bool:
        with contextlib.suppress(FileNotFoundError):
            return self._mark.read_text("ascii", "replace") != _boot()
        return False

    def _or_anew(self, work: Callable[[], int]) -> int:
        """Do the work, once more with an empty file where the file is damaged."""
        with failures(self._path):
            try:
                return work()
            except _DAMAGES as problem:
                self._begin_anew(str(problem))
                return work()

    def _write(self, batch: tuple[Record, ...]) -> int:
        """How many memories there are then."""
        self._claim()
        with self._environment.write() as transaction:
            for record in batch:
                kind = kind_of(record.key)
                if kind is not None:
                    known = _memory(cast("bytes | None", transaction.get(record.key)))
                    after = recall(kind, known, record.at, record.good, record.bad)
                    transaction.put(record.key, _VALUE.pack(after.first_seen, after.last_seen, after.good, after.bad))
            return int(transaction.stat()["entries"])

    def _tidy(self, now: float, count: int) -> int:
        self._claim()
        with self._environment.write() as transaction:
            seen = tuple(islice(_from(transaction, self._tidied_to), count))
            self._tidied_to = seen[-1][0] + b"\0" if len(seen) == count else b""
            gone = {key for key, memory in seen if _is_gone(key, memory, now)}
            if transaction.stat()["entries"] - len(gone) > self._max_memories:
                oldest = sorted(seen, key=lambda one: one[1].last_seen if one[1] else 0.0)
                gone.update(key for key, _ in oldest[: -(-len(seen) // EVICTED_SHARE)])
            for key in gone:
                transaction.delete(key)
        return len(gone)

    def _claim(self) -> None:
        """Make the file ours until it is closed."""
        if self._is_marked:
            return
        if self._is_of_another_boot():
            self._begin_anew("the machine stopped while it was open")
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(self._mark, _boot().encode("ascii"))
        self._is_marked = True

    def _begin_anew(self, why: str) -> None:
        log.error("memories begin anew", path=str(self._path), problem=why)
        self._environment.close()
        shutil.rmtree(self._path, ignore_errors=True)
        self._is_marked, self._look_at, self._tidied_to = False, 0.0, b""


def _memory(value: bytes | None) -> Memory | None:
    return Memory(*_VALUE.unpack(value)) if value is not None and len(value) == _VALUE.size else None


def _from(transaction: lmdb.Transaction, key: bytes) -> Iterator[tuple[bytes, Memory | None]]:
    cursor = transaction.cursor()
    if cursor.set_range(key):
        for found, value in cursor.iternext():
            yield bytes(found), _memory(bytes(value))


def _is_gone(key: bytes, memory: Memory | None, now: float) -> bool:
    kind = kind_of(key)
    return kind is None or memory is None or is_over(kind, memory, now)


def _boot() -> str:
    """Which run of the machine this is; "" where it does not say."""
    try:
        return _BOOT_ID.read_text("utf-8").strip()
    except OSError:
        return ""
