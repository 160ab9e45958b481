"""Takes single clients' records out of files of a journal that nobody writes to any more (15-8, decision 0039).

A file is written anew beside the old one, synced, and put in its place: a crash leaves one of both, whole. Blanks of the same
size stand for what was taken out, so that whoever remembers how far he has read still knows.
"""

from __future__ import annotations

import fcntl
import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import structlog

from ecluse.adapters.folder.disk import (
    disk_errors,
    free_bytes,
    make_folder,
    removed_on_error,
    sync_folder,
    write_all,
    write_durably,
)
from ecluse.adapters.folder.segment import (
    HEADER_BYTES,
    SUFFIX,
    blank_of,
    frame,
    is_blank,
    is_cut,
    records,
)
from ecluse.domain.errors import NoRoom

AT_ONCE_BYTES = 1 << 30  # Files that are gone through in one run; the next one goes on.
LEFT_FREE_BYTES = 512 * 1024 * 1024  # Mail comes first: on a disk with less room nothing is written anew.
_DRAFT = ".pruned"
_COPIED_BYTES = 1 << 20  # Synced piece by piece: the writers' own syncs do not wait for a whole file.

_encode = msgspec.msgpack.Encoder().encode
_decode_seen = msgspec.msgpack.Decoder(dict[str, set[str]]).decode

log = structlog.get_logger()


class _Whose(msgspec.Struct, frozen=True):
    """What must be known of a record."""

    client: str = ""


_decode = msgspec.msgpack.Decoder(_Whose).decode


@dataclass(slots=True)
class Pruned:
    """What one run came to."""

    by_client: Counter[str] = field(default_factory=Counter)  # Records that went.
    is_whole: bool = True  # False: the next run goes on.


class JournalPruning:
    """For the agent alone. `memory` is the file that remembers what was gone through; without it all is read once more."""

    def __init__(self, folder: Path, memory: Path) -> None:
        self._folder, self._memory = folder, memory

    def prune(self, before: Mapping[str, float]) -> Pruned:
        """Take a client's records out of each file that was last written before its own moment (UTC, seconds).

        Raises `NoRoom` on a disk that is nearly full, `Unavailable`.
        """
        with disk_errors("journal"):
            for draft in self._folder.glob(f"*{_DRAFT}"):
                draft.unlink(missing_ok=True)
            return self._prune(before)

    def _prune(self, before: Mapping[str, float]) -> Pruned:
        done, read, seen = Pruned(), 0, self._seen()
        for path in sorted(self._folder.glob(f"*{SUFFIX}")) if before else ():
            clients = _due(path, before) - seen.get(path.name, set())
            if not clients:
                continue
            if read >= AT_ONCE_BYTES:
                done.is_whole = False
                break
            read += path.stat().st_size
            with suppress(BlockingIOError):  # Its writer lives.
                done.by_client.update(_without(path, clients))
                seen.setdefault(path.name, set()).update(clients)
        if read:
            self._remember(seen)
        return done

    def _seen(self) -> dict[str, set[str]]:
        """File name -> the clients that it has no record of any more."""
        with suppress(FileNotFoundError, msgspec.MsgspecError):
            return _decode_seen(self._memory.read_bytes())
        return {}

    def _remember(self, seen: Mapping[str, set[str]]) -> None:
        make_folder(self._memory.parent)
        write_durably(
            self._memory, _encode({name: those for name, those in seen.items() if (self._folder / name).exists()})
        )


def _due(path: Path, before: Mapping[str, float]) -> set[str]:
    written = path.stat().st_mtime
    return {client for client, moment in before.items() if written < moment}


def _without(path: Path, clients: Collection[str]) -> dict[str, int]:
    """Client -> how many records went; the file stays as it is where there was none. Raises `BlockingIOError`."""
    with path.open("rb") as file:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not is_cut(path):
            raise BlockingIOError  # A crash has left it: whoever opens the journal next cuts it first.
        found, whole = Counter[str](), HEADER_BYTES
        for record in records(path):
            whole += len(frame(record))
            found.update({_client_of(record)} & set(clients))
        was = os.fstat(file.fileno())
        if whole != was.st_size:
            log.error("journal not shortened: a record is damaged, and those behind it", file=path.name)
            return {}
        if found:
            _replace(path, was, clients)
        return dict(found)


def _replace(path: Path, was: os.stat_result, clients: Collection[str]) -> None:
    if free_bytes(path.parent) < was.st_size + LEFT_FREE_BYTES:
        raise NoRoom("journal: no room to write a file anew without the records that are to go")
    draft = path.with_suffix(_DRAFT)
    with removed_on_error(draft):
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            for piece in _pieces(path, clients):
                write_all(fd, piece)
                os.fdatasync(fd)
            os.utime(fd, ns=(was.st_atime_ns, was.st_mtime_ns))  # By it the file itself goes.
            os.fsync(fd)
        finally:
            os.close(fd)
        draft.rename(path)
    sync_folder(path.parent)


def _pieces(path: Path, clients: Collection[str]) -> Iterator[bytes]:
    with path.open("rb") as file:
        piece = bytearray(file.read(HEADER_BYTES))
    for record in records(path):
        piece += blank_of(record) if _client_of(record) in clients else frame(record)
        if len(piece) >= _COPIED_BYTES:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


def _client_of(record: bytes) -> str:
    """Nobody's is what only another release understands: it stays."""
    if is_blank(record):
        return ""
    try:
        return _decode(record).client
    except msgspec.MsgspecError:
        return ""
