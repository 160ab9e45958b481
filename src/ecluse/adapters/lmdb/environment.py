"""LMDB environments by the rules of LMDB: one per process and path, never carried through a fork."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import lmdb

from ecluse.adapters.folder.disk import sync_folder
from ecluse.domain.errors import NoRoom, Unavailable

MAP_BYTES = 64 << 30  # Address space, not memory and not disk.
MAX_READERS = 1024
MAX_KEY_BYTES = 511
FULL_BYTES = 1_048_576

# LMDB forbids to open an environment twice in one process: all threads share one. And a child that uses or closes its
# parent's would free the parent's reader slots: a fork finds nothing open, and each side opens anew when it needs to.
_open_here: dict[str, lmdb.Environment] = {}
_opening = threading.Lock()


class Environment:
    """Opened on first use, in each process. No transaction may outlive the call that began it."""

    def __init__(self, path: Path, *, creates: bool, map_bytes: int | None = None, is_durable: bool = True) -> None:
        """Without `creates`, a store that nobody has written yet raises `FileNotFoundError` when it is used.

        What is not `is_durable` survives the end of its processes; after a power cut its file must not be opened.
        """
        self._creates = creates
        self._map_bytes = map_bytes
        self._is_durable = is_durable
        self._path = path.resolve()
        self._key = str(self._path)

    @property
    def exists(self) -> bool:
        """Whether anybody has written here before."""
        return (self._path / "data.mdb").exists()

    def read(self) -> lmdb.Transaction:
        """A read transaction, for `with`. Raises `lmdb.Error`, `OSError`."""
        return (_open_here.get(self._key) or self._open()).begin()

    def write(self) -> lmdb.Transaction:
        """A write transaction, for `with`: durable when it ends well. Raises `lmdb.Error`, `OSError`."""
        return (_open_here.get(self._key) or self._open()).begin(write=True)

    def sync(self) -> None:
        """Return once all that was written would survive a power cut. Raises `lmdb.Error`, `OSError`."""
        (_open_here.get(self._key) or self._open()).sync(True)  # noqa: FBT003 - LMDB names no argument here.

    def reader_check(self) -> int:
        """Free the slots of readers that died; how many there were. Raises `lmdb.Error`, `OSError`."""
        return int((_open_here.get(self._key) or self._open()).reader_check())

    def close(self) -> None:
        """Let go of the files, while no other thread uses them; the next use opens them again."""
        opened = _open_here.pop(self._key, None)
        if opened is not None:
            opened.close()

    def _open(self) -> lmdb.Environment:
        with _opening:
            if self._key not in _open_here:
                _open_here[self._key] = self._opened()
            return _open_here[self._key]

    def _opened(self) -> lmdb.Environment:
        is_new = not self.exists
        if is_new and not self._creates:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self._key)
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened = lmdb.open(
            self._key,
            map_size=self._map_bytes or MAP_BYTES,
            max_readers=MAX_READERS,
            max_spare_txns=4,
            mode=0o600,
            readahead=False,
            sync=self._is_durable,
            metasync=self._is_durable,
        )
        if is_new and self._is_durable:
            sync_folder(self._path)  # LMDB syncs its file, not the folder with its name.
        return opened


@contextmanager
def failures(path: Path) -> Iterator[None]:
    """Turn what LMDB and the file system raise into `NoRoom` and `Unavailable`."""
    try:
        yield
    except lmdb.MapFullError as error:
        raise NoRoom(f"{path}: {error}") from error
    except (lmdb.Error, OSError) as error:
        kind = NoRoom if _is_full(path) else Unavailable
        raise kind(f"{path}: {error}") from error


def _is_full(path: Path) -> bool:
    """LMDB reports a short write as an input/output error, so the disk itself is asked."""
    try:
        return shutil.disk_usage(path).free < FULL_BYTES
    except OSError:
        return False


def close_all() -> None:
    """Let go of every environment of this process; the next use opens it again."""
    while _open_here:
        _open_here.popitem()[1].close()


os.register_at_fork(before=close_all)
