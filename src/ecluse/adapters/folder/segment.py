"""One file of a journal: a header, then framed records up to the first that is not whole.

    header    magic and format (8 octets), octets allocated when it was made (8)
    record    size (4), CRC-32 (4), `MessageEvent` as a msgpack map; size zero is the end
    blank     the same, with zeros in place of a record that was taken out: what follows keeps its place

Numbers are little-endian. The file is allocated whole when it is made, so that a record never fails for want of
room, and cut to what it holds when its writer is done: a file as large as its allocation was left by a crash.
The writer holds a lock on it as long as it lives.
"""

from __future__ import annotations

import fcntl
import os
import re
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

import structlog

from ecluse.adapters.folder.disk import pwrite_all, sync_folder

SUFFIX = ".journal"
_UNFINISHED = ".new"
_MAGIC = b"ECLUSEJ\x01"
_HEADER = struct.Struct("<8sQ")
_FRAME = struct.Struct("<II")
_NAME = re.compile(r"(?P<writer>.+)-(?P<began>\d{8}T\d{6}\.\d{6}Z)\.journal")
_TIME = "%Y%m%dT%H%M%S.%fZ"
_READ_BYTES = 262_144
_LEFTOVER_AGE_S = 60.0
HEADER_BYTES = _HEADER.size
LASTS_S = 7 * 86_400.0  # So long a file is written to, so that what is to go need not wait for a whole year's traffic.
OVERHEAD_BYTES = _HEADER.size + _FRAME.size  # An empty file, with the zero size that ends it.

log = structlog.get_logger()


def frame(record: bytes) -> bytes:
    """A record as it stands in the file."""
    return _FRAME.pack(len(record), crc32(record)) + record


def blank_of(record: bytes) -> bytes:
    """What stands in the place of a record that was taken out."""
    return frame(bytes(len(record)))


def is_cut(path: Path) -> bool:
    """Whether a file holds no more than its records: its writer has closed it, or it was recovered."""
    with path.open("rb") as file:
        return 0 < os.fstat(file.fileno()).st_size < _allocated(file)


def is_blank(record: bytes) -> bool:
    """Whether it stands for one that was taken out: no map begins with a zero."""
    return record[:1] == b"\0"


def writer_of(path: Path) -> str:
    """Whose file it is; "" when the name is none of ours."""
    found = _NAME.fullmatch(path.name)
    return found["writer"] if found else ""


def began_at(path: Path) -> float:
    """When the file was made, UTC seconds since the epoch; its records are younger, or nearly."""
    found = _NAME.fullmatch(path.name)
    return datetime.strptime(found["began"], _TIME).replace(tzinfo=UTC).timestamp() if found else 0.0


class Segment:
    """The file that a writer appends to. All methods raise OSError."""

    __slots__ = ("_allocated", "_end", "_fd", "_made_at", "_synced_end", "path")

    def __init__(self, folder: Path, writer: str, allocated: int) -> None:
        """Make the file durably, all its room included."""
        self.path = folder / f"{writer}-{datetime.now(UTC):{_TIME}}{SUFFIX}"
        self._allocated, self._made_at = allocated, time.time()
        self._end = self._synced_end = _HEADER.size
        draft = self.path.with_suffix(_UNFINISHED)
        self._fd = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.posix_fallocate(self._fd, 0, allocated)
            pwrite_all(self._fd, _HEADER.pack(_MAGIC, allocated), 0)
            os.fsync(self._fd)
            draft.rename(self.path)
            sync_folder(folder)
        except BaseException:
            os.close(self._fd)
            draft.unlink(missing_ok=True)
            self.path.unlink(missing_ok=True)
            raise

    @property
    def fd(self) -> int:
        """The descriptor of the open file."""
        return self._fd

    @property
    def end(self) -> int:
        """Octets written so far."""
        return self._end

    @property
    def room(self) -> int:
        """Octets of frames that still fit."""
        return self._allocated - _FRAME.size - self._end

    @property
    def is_old(self) -> bool:
        """Whether another should follow it by now."""
        return self._end > _HEADER.size and time.time() - self._made_at > LASTS_S

    def write(self, framed: bytes) -> None:
        """Append a frame that fits, not yet durably."""
        pwrite_all(self._fd, framed, self._end)
        self._end += len(framed)

    def sync(self) -> None:
        """Make everything written so far durable; may run in another thread than `write`."""
        end = self._end
        os.fdatasync(self._fd)
        self.note_synced(end)

    def note_synced(self, end: int) -> None:
        """Somebody else has synced what was written up to there."""
        self._synced_end = end

    def close(self) -> None:
        """Cut the file to what it holds, durably, and let go of it; an empty one is deleted. Harmless when done twice."""
        if self._fd < 0:
            return
        try:
            if self._end == _HEADER.size:
                self.path.unlink(missing_ok=True)
            else:
                os.ftruncate(self._fd, self._end)
                os.fsync(self._fd)
        finally:
            os.close(self._fd)
            self._fd = -1

    def abandon(self) -> None:
        """Let go of the file with no more in it than what is known to be durable, as far as the disk still obeys."""
        self._end = self._synced_end
        with suppress(OSError):
            self.close()


def records(path: Path, after: int = 0) -> Iterator[bytes]:
    """The whole records of a file, also of one that is being written; what follows the last is left out.

    `after` octets of frames are passed over: those that an earlier call has read.
    """
    with path.open("rb", buffering=_READ_BYTES) as file:
        if _allocated(file):
            file.seek(after, os.SEEK_CUR)
            yield from _whole_records(file)


def recover(folder: Path) -> None:
    """Cut what crashes left half written in files that no living process writes; named in the log."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        with suppress(FileNotFoundError, BlockingIOError):
            _recover_file(path)
    for path in folder.glob(f"*{_UNFINISHED}"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - _LEFTOVER_AGE_S:
                path.unlink()


def delete_unchanged_since(folder: Path, before: float) -> int:
    """Delete files that were last written before then and have no living writer; how many."""
    deleted = 0
    for path in folder.glob(f"*{SUFFIX}"):
        with suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
            if os.fstat(file.fileno()).st_mtime < before:
                fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
                deleted += 1
    return deleted


def _recover_file(path: Path) -> None:
    with path.open("r+b", buffering=_READ_BYTES) as file:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        state = os.fstat(file.fileno())
        allocated = _allocated(file)
        if not allocated:
            log.error("journal cannot be read", file=path.name)
            return
        if state.st_size < allocated:
            return
        count, end = 0, _HEADER.size
        for record in _whole_records(file):
            count, end = count + 1, end + _FRAME.size + len(record)
        log.info("journal recovered", file=path.name, records=count, octets_dropped=_octets_after(file, end))
        if not count:
            path.unlink()
            return
        os.ftruncate(file.fileno(), end)
        os.utime(file.fileno(), ns=(state.st_atime_ns, state.st_mtime_ns))
        os.fsync(file.fileno())


def _allocated(file: BinaryIO) -> int:
    """Octets allocated, 0 when this is no journal."""
    header = file.read(_HEADER.size)
    if len(header) < _HEADER.size or not header.startswith(_MAGIC):
        return 0
    return int(_HEADER.unpack(header)[1])


def _whole_records(file: BinaryIO) -> Iterator[bytes]:
    while len(start := file.read(_FRAME.size)) == _FRAME.size:
        size, checksum = _FRAME.unpack(start)
        # `read` would allocate whatever a torn frame says, up to 4 GB.
        if not size or size > os.fstat(file.fileno()).st_size:
            return
        record = file.read(size)
        if len(record) != size or crc32(record) != checksum:
            return
        yield record


def _octets_after(file: BinaryIO, position: int) -> int:
    """How far behind `position` anything but zeros stands."""
    file.seek(position)
    last, at = position, position
    while piece := file.read(_READ_BYTES):
        meaningful = len(piece.rstrip(b"\0"))
        if meaningful:
            last = at + meaningful
        at += len(piece)
    return last - position
