"""The steps that make a file survive a power cut, and what a failing disk is called."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ecluse.domain.errors import NoRoom, Unavailable

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def failure(error: OSError, what: str) -> Unavailable:
    """The error to raise for `error`: `NoRoom` for a full disk or quota, `Unavailable` for all else."""
    kind = NoRoom if error.errno in _FULL else Unavailable
    return kind(f"{what}: {error.strerror or error}")


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Turn an `OSError` inside into `NoRoom` or `Unavailable`."""
    try:
        yield
    except OSError as error:
        raise failure(error, what) from error


def write_all(fd: int, octets: bytes | bytearray | memoryview) -> None:
    """Write everything at the file's position; a nearly full disk takes only a part at a time."""
    rest = memoryview(octets)
    while rest:
        rest = rest[os.write(fd, rest) :]


def pwrite_all(fd: int, octets: bytes, offset: int) -> None:
    """Write everything at `offset`."""
    rest = memoryview(octets)
    while rest:
        done = os.pwrite(fd, rest, offset)
        rest, offset = rest[done:], offset + done


def sync_folder(folder: Path | str) -> None:
    """Make names created, renamed and removed in `folder` durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


DRAFT = ".new"  # What `write_durably` may leave behind in a crash ends so.
FOR_ALL = 0o666  # The mode of a file that holds nobody's secrets; the umask takes away from it.


def write_durably(path: Path, *octets: bytes, mode: int = 0o600) -> None:
    """Put a file in the place of the last one, whole or not at all, also through a power cut. Raises `OSError`."""
    draft = path.with_name(f"{path.name}.{os.getpid()}{DRAFT}")
    with removed_on_error(draft):
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        try:
            for piece in octets:
                write_all(fd, piece)
            os.fsync(fd)
        finally:
            os.close(fd)
        draft.replace(path)
    sync_folder(path.parent)


@contextmanager
def removed_on_error(path: Path) -> Iterator[None]:
    """Nothing half done stays: take the file away when what is inside fails."""
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def make_folder(folder: Path) -> None:
    """Create `folder` and what is missing above it, durably; only we may enter (mail is private)."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder.parent)


def free_bytes(folder: Path) -> int:
    """Octets that we may still write below `folder`; 0 where no more files can be created."""
    state = os.statvfs(folder)
    if state.f_files and not state.f_favail:
        return 0
    return state.f_bavail * state.f_frsize
