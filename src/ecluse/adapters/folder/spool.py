"""The spool: one file per message, in folders by destination; file and folder synced before the 250.

    queue/<bucket>/<id>   a message (`spool_file` has the format); the bucket is two hexadecimal digits
    contents/<id>         the content of a message that shares it with others (`shared_contents`)
    tmp/<id>              a message being written
    damaged/<id>          a file that can no longer be what it was

Several processes work on one spool. Who appends to a file, or takes it away, holds its record lock for that moment;
who delivers it, or acts on it for a person, holds its `lock` meanwhile. Both go with the process that dies.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import structlog

from ecluse.adapters.folder.content import FileContent
from ecluse.adapters.folder.disk import (
    disk_errors,
    failure,
    free_bytes,
    make_folder,
    removed_on_error,
    sync_folder,
    write_all,
)
from ecluse.adapters.folder.shared_contents import SharedContents
from ecluse.adapters.folder.spool_file import (
    Damaged,
    Foreign,
    StoredMessage,
    append_progress,
    read_message,
    verify_content,
    write_away,
    write_message,
    write_without_content,
)
from ecluse.domain.content import Content
from ecluse.domain.errors import Impossible, InUse, NoRoom, Unavailable
from ecluse.domain.queue import Progress, QueuedMessage, advance
from ecluse.ports.bodies import Bodies

BUCKETS = 256
_BUCKET_NAME = re.compile("[0-9a-f]{2}")
_SYNC_THREADS = 4  # Syncs side by side share one commit of the file system; more threads gain little.
_LEFTOVER_AGE_S = 60.0
_PLACES_KEPT = 500_000  # Beyond that a message is looked for in all buckets: 256 times the work.
_SAFE_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")
_WRITE_LOCK = struct.pack("@hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)  # struct flock of 64-bit Linux.

log = structlog.get_logger()


def bucket_of(destination: str) -> int:
    """The bucket (0 to 255) of a destination, the same in every process and release; delivery is shared out by it."""
    return crc32(destination.casefold().encode()) % BUCKETS


class FolderSpool:
    """See `ecluse.ports.spool.Spool`; open it after a fork. Writing happens in threads of its own, reading does not."""

    def __init__(self, folder: Path, *, reserve_bytes: int, bodies: Bodies | None = None) -> None:
        """`bodies` is where contents lie that `send_away` has taken from the disk, or an earlier one before a restart."""
        self._bodies = bodies
        self._queue, self._drafts, self._damaged = folder / "queue", folder / "tmp", folder / "damaged"
        for each in (self._queue, self._drafts, self._damaged):
            make_folder(each)
        self._contents = SharedContents(folder / "contents")
        self._room = _Room(folder, reserve_bytes)
        self._threads = ThreadPoolExecutor(_SYNC_THREADS, thread_name_prefix="spool")
        self._durable_buckets: set[Path] = set()
        self._places: dict[str, Path] = {}  # Where messages were last seen; only ever a hint.
        self._remove_leftovers()

    def close(self) -> None:
        """Wait for what is being written and end the threads."""
        self._threads.shutdown()

    @property
    def has_room(self) -> bool:
        """Whether a message may be accepted without touching the reserve; if not, MAIL is answered 452."""
        return self._room.holds(0)

    # -- The promises of the port

    async def keep(self, message: QueuedMessage, content: Content) -> None:
        """See `Spool.keep`. When the caller is cancelled meanwhile, the message is taken out again."""
        self._require_room((message,), content)
        await self._finish_keeping(self._threads.submit(self._keep, message, content), (message,))

    async def keep_parts(self, messages: tuple[QueuedMessage, ...], content: Content) -> None:
        """See `Spool.keep_parts`."""
        if len(messages) == 1:
            await self.keep(messages[0], content)
            return
        self._require_room(messages, content)
        await self._finish_keeping(self._threads.submit(self._keep_parts, messages, content), messages)

    def read(self, message_id: str) -> QueuedMessage | None:
        """See `Spool.read`."""
        stored = self._stored(message_id)
        return stored.message if stored is not None and stored.message.waiting else None

    def content(self, message_id: str) -> Content:
        """See `Spool.content`. One that lies in the store of bodies is fetched, which may take a while."""
        with disk_errors("spool"), self._open(message_id) as file:
            stored = self._read_or_raise(file)
            if not stored.is_away:
                return self._content_here(file, stored)
        with disk_errors("spool"):
            return self._content_away(message_id, stored)

    def _content_here(self, file: _OpenFile, stored: StoredMessage) -> FileContent:
        try:
            fd = self._open_content(file.name) if stored.is_apart else os.dup(file.fd)
            content = FileContent(fd, stored.content_size, stored.content_at)
            verify_content(fd, stored)
        except Damaged as error:
            self._report(file, error)
            raise Impossible(f"{file.name}: {error}") from error
        return content

    def _open_content(self, message_id: str) -> int:
        try:
            return self._contents.open(message_id)
        except FileNotFoundError as error:
            raise Damaged("the content is missing") from error

    async def record(self, message_id: str, progress: Progress) -> QueuedMessage:
        """See `Spool.record`. Raises `NoRoom`, or `Unavailable` when the file cannot be written now."""
        return await asyncio.wrap_future(self._threads.submit(self._record, message_id, progress))

    async def remove(self, message_id: str) -> None:
        """See `Spool.remove`."""
        await asyncio.wrap_future(self._threads.submit(self._remove, message_id))

    @contextmanager
    def lock(self, message_id: str) -> Iterator[None]:
        """See `Spool.lock`."""
        # What fails in its caller's hands is no fault of the spool.
        with ExitStack() as held:
            with disk_errors("spool"):
                held.enter_context(self._open_locked(message_id, _lock_or_raise))
            yield

    def messages(self, is_wanted: Callable[[int], bool] | None = None) -> Iterator[QueuedMessage]:
        """See `Spool.messages`."""
        for bucket in self._buckets():
            if is_wanted is None or is_wanted(int(bucket.name, 16)):
                yield from self._messages_in(bucket)

    def ids(self, is_wanted: Callable[[int], bool] | None = None) -> Iterator[str]:
        """See `Spool.ids`."""
        for bucket in self._buckets():
            if is_wanted is None or is_wanted(int(bucket.name, 16)):
                with disk_errors("spool"), os.scandir(bucket) as entries:
                    names = [entry.name for entry in entries]
                for name in names:
                    self._note_place(name, bucket)
                yield from names

    def stamps(self) -> dict[int, int]:
        """Bucket -> when messages came to it or went last (ns). Raises `Unavailable`."""
        with disk_errors("spool"):
            return {int(bucket.name, 16): bucket.stat().st_mtime_ns for bucket in self._buckets()}

    # -- What dies of age

    def expired_before(self, received: float) -> Iterator[QueuedMessage]:
        """Messages received before that time (UTC, seconds since the epoch): held ones end after 30 days (15-4)."""
        return (message for message in self.messages() if message.received_at < received)

    def purge_damaged(self, before: float) -> int:
        """Delete files moved aside and not changed since then; how many. They hold bodies too (15-4)."""
        old = [path for path in self._damaged.iterdir() if path.stat().st_mtime < before]
        for path in old:
            path.unlink(missing_ok=True)
            if not self._is_kept(path.name):
                self._contents.remove(path.name)
        return len(old)

    # -- Contents that leave the disk

    def send_away(self, message_id: str) -> bool:
        """Move a sealed message's content to the store of bodies; whether it is there now: what is not sealed stays.

        The copy on the disk goes when the store has confirmed the other. Waits for the store, in the caller's thread.
        Raises `Unavailable`, also where somebody has the message in hand, and `Impossible`.
        """
        stored = self._stored(message_id)
        if stored is None or stored.is_away:
            return stored is not None
        if self._bodies is None or not stored.message.seal:
            return False
        self._bodies.keep(message_id, self.content(message_id))
        with disk_errors("spool"), self._open_locked(message_id, _lock_or_raise, os.O_RDWR) as file:
            _wait_to_write(file)
            self._replace(file, self._read_or_raise(file))
        return True

    def _replace(self, file: _OpenFile, stored: StoredMessage) -> None:
        """By a file without content. Who has the old one open reads on; who waits for its locks finds the new one."""
        draft = self._drafts / file.name
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with removed_on_error(draft):
                write_away(fd, stored)
                os.fsync(fd)
                draft.rename(file.path)
        finally:
            os.close(fd)
        sync_folder(file.folder)
        if stored.is_apart:
            self._contents.remove(file.name)

    def _content_away(self, message_id: str, stored: StoredMessage) -> FileContent:
        """The content from the store, in a file without a name. A wrong one moves nothing aside: ours is not damaged."""
        if self._bodies is None:
            raise Unavailable(f"{message_id}: its content lies in a store of bodies, and `bodies.url` names none")
        with tempfile.TemporaryFile(dir=self._drafts) as copy:
            fd = copy.fileno()
            for chunk in self._bodies.read(message_id):
                write_all(fd, chunk)
            try:
                verify_content(fd, stored)
            except Damaged as error:
                log.error("held body in the store is damaged", id=message_id, problem=str(error))
                raise Impossible(f"{message_id}: {error}, in the store of bodies") from error
            return FileContent(os.dup(fd), stored.content_size)

    # -- Finding and reading

    def _buckets(self) -> list[Path]:
        with disk_errors("spool"):
            return [path for path in self._queue.iterdir() if _BUCKET_NAME.fullmatch(path.name)]

    def _messages_in(self, bucket: Path) -> Iterator[QueuedMessage]:
        with disk_errors("spool"):
            paths = list(bucket.iterdir())
        for path in paths:
            self._note_place(path.name, bucket)
            try:
                stored = self._stored(path.name)
            except Unavailable as error:
                log.error("spooled message cannot be opened", id=path.name, problem=str(error))
                continue
            if stored is None:
                continue
            if stored.message.waiting:
                yield stored.message
            else:
                # Its end was recorded, but a crash left the name or a power cut brought it back.
                with disk_errors("spool"):
                    path.unlink(missing_ok=True)
                    self._contents.remove(path.name)

    def _stored(self, message_id: str) -> StoredMessage | None:
        """None when it is not here; a disk that cannot be read now does not say that."""
        # As `_open` under `disk_errors`, in half the time: a start reads all there is.
        try:
            file = self._find(message_id, os.O_RDONLY)
            try:
                return self._read_or_raise(file)
            finally:
                os.close(file.fd)
        except Impossible:
            return None
        except OSError as error:
            raise failure(error, "spool") from error

    def _read_or_raise(self, file: _OpenFile) -> StoredMessage:
        try:
            return read_message(file.fd)
        except (Damaged, Foreign) as error:
            self._report(file, error)
            raise Impossible(f"{file.name}: {error}") from error

    @contextmanager
    def _open(self, message_id: str, flags: int = os.O_RDONLY) -> Iterator[_OpenFile]:
        """The message's file, wherever it lies. Raises `Impossible` when it is not here, `OSError` when unsure."""
        file = self._find(message_id, flags)
        try:
            yield file
        finally:
            os.close(file.fd)

    @contextmanager
    def _open_locked(
        self, message_id: str, lock: Callable[[_OpenFile], None], flags: int = os.O_RDONLY
    ) -> Iterator[_OpenFile]:
        """As `_open`, under that lock. Where the file was replaced before we had it (`send_away`), the new one."""
        while True:
            with self._open(message_id, flags) as file:
                lock(file)
                if os.fstat(file.fd).st_nlink:
                    yield file
                    return

    def _find(self, message_id: str, flags: int) -> _OpenFile:
        if not _SAFE_ID.fullmatch(message_id):
            raise Impossible(f"{message_id!r} is no message id")
        for bucket in self._likely_buckets(message_id):
            try:
                fd = os.open(f"{bucket}/{message_id}", flags)
            except FileNotFoundError:
                continue
            self._note_place(message_id, bucket)
            return _OpenFile(fd, bucket, message_id)
        self._places.pop(message_id, None)
        raise Impossible(f"{message_id}: not in the queue")

    def _likely_buckets(self, message_id: str) -> Iterator[Path]:
        place = self._places.get(message_id)
        if place is not None:
            yield place
        yield from self._buckets()

    def _note_place(self, message_id: str, bucket: Path) -> None:
        if len(self._places) >= _PLACES_KEPT:
            del self._places[next(iter(self._places))]
        self._places[message_id] = bucket

    def _report(self, file: _OpenFile, error: Damaged | Foreign) -> None:
        """Put a damaged file where nobody will deliver it; what only another release can read stays where it is."""
        log.error("spooled message cannot be read", id=file.name, problem=str(error), kind=type(error).__name__)
        if isinstance(error, Damaged):
            with suppress(OSError):
                file.path.rename(self._damaged / file.name)

    # -- Writing, in the spool's threads

    def _require_room(self, messages: tuple[QueuedMessage, ...], content: Content) -> None:
        for message in messages:
            if not message.waiting:
                raise Impossible(f"{message.id}: nobody waits for this message")
            if not _SAFE_ID.fullmatch(message.id):
                raise Impossible(f"{message.id!r} is no message id")
        if not self._room.holds(content.size):
            raise NoRoom("spool: the disk's reserve is reached")

    async def _finish_keeping(self, job: Future[None], messages: tuple[QueuedMessage, ...]) -> None:
        try:
            await asyncio.wrap_future(job)
        except asyncio.CancelledError:
            job.add_done_callback(lambda kept: self._take_back(kept, messages))
            raise

    def _keep_parts(self, messages: tuple[QueuedMessage, ...], content: Content) -> None:
        """All drafts are on the disk before the first has its name: what fails then is only a full folder."""
        with disk_errors("spool"), ExitStack() as locks, ExitStack() as undone:
            fd, checksum = self._contents.write([message.id for message in messages], content)
            locks.callback(os.close, fd)
            for message in messages:
                undone.callback(self._contents.remove, message.id)
            drafts = [self._draft(message, (content.size, checksum), undone, locks) for message in messages]
            for draft in drafts:
                os.fsync(draft.fd)
            for message, draft in zip(messages, drafts, strict=True):
                place = self._durable_bucket(message.destination) / message.id
                _require_free(place)
                draft.path.rename(place)
                undone.callback(place.unlink, missing_ok=True)
            for bucket in {self._durable_bucket(message.destination) for message in messages}:
                sync_folder(bucket)
            undone.pop_all()
        for message in messages:
            self._note_place(message.id, self._durable_bucket(message.destination))

    def _draft(self, message: QueuedMessage, octets: tuple[int, int], undone: ExitStack, locks: ExitStack) -> _OpenFile:
        """A message without its content, given size and checksum of that; held as in `_keep`."""
        path = self._drafts / message.id
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        locks.callback(os.close, fd)
        undone.callback(path.unlink, missing_ok=True)
        fcntl.flock(fd, fcntl.LOCK_EX)
        write_without_content(fd, message, *octets)
        return _OpenFile(fd, self._drafts, message.id)

    def _keep(self, message: QueuedMessage, content: Content) -> None:
        with disk_errors("spool"):
            bucket = self._durable_bucket(message.destination)
            draft, place = self._drafts / message.id, bucket / message.id
            fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                # Held until all is durable: nobody sweeps the draft away, nobody delivers before our 250.
                fcntl.flock(fd, fcntl.LOCK_EX)
                with removed_on_error(draft):
                    write_message(fd, message, content)
                    os.fsync(fd)
                    _require_free(place)
                    draft.rename(place)
                with removed_on_error(place):
                    sync_folder(bucket)
            finally:
                os.close(fd)
        self._note_place(message.id, bucket)

    def _durable_bucket(self, destination: str) -> Path:
        bucket = self._queue / f"{bucket_of(destination):02x}"
        if bucket not in self._durable_buckets:
            # Also where it exists: another process may have made it, and not yet have synced its name.
            bucket.mkdir(mode=0o700, exist_ok=True)
            sync_folder(self._queue)
            self._durable_buckets.add(bucket)
        return bucket

    def _take_back(self, kept: Future[None], messages: tuple[QueuedMessage, ...]) -> None:
        """Nobody will say 250 for it, so its sender comes again: two copies would go out."""
        if kept.cancelled() or kept.exception() is not None:
            return
        for message in messages:
            try:
                self._remove(message.id)
            except Unavailable as error:
                log.error("cancelled message stays in the spool", id=message.id, problem=str(error))

    def _record(self, message_id: str, progress: Progress) -> QueuedMessage:
        with disk_errors("spool"), self._open_locked(message_id, _wait_to_write, os.O_RDWR) as file:
            stored = self._read_or_raise(file)
            after = advance(stored.message, progress)
            if after.waiting:
                append_progress(file.fd, stored, progress)
                os.fdatasync(file.fd)
            else:
                self._finish(file, stored, progress)
            return after

    def _finish(self, file: _OpenFile, stored: StoredMessage, progress: Progress) -> None:
        """The last step: the name's removal makes it durable, so the step itself need not be synced, nor find room."""
        with suppress(OSError):
            append_progress(file.fd, stored, progress)
        self._unlink(file)
        if stored.is_apart:
            self._contents.remove(file.name)

    def _remove(self, message_id: str) -> None:
        opened = self._open_locked(message_id, _wait_to_write, os.O_RDWR)
        with disk_errors("spool"), suppress(Impossible), opened as file:
            self._unlink(file)
            self._contents.remove(file.name)

    def _unlink(self, file: _OpenFile) -> None:
        file.path.unlink(missing_ok=True)
        sync_folder(file.folder)
        self._places.pop(file.name, None)

    def _is_kept(self, message_id: str) -> bool:
        return any((folder / message_id).exists() for folder in (*self._buckets(), self._damaged))

    def _remove_leftovers(self) -> None:
        """Delete drafts of processes that died: they are old, and nobody holds their lock."""
        oldest_live = time.time() - _LEFTOVER_AGE_S
        for draft in self._drafts.iterdir():
            with suppress(OSError):
                if draft.stat().st_mtime < oldest_live:
                    _unlink_unless_locked(draft)
        self._contents.sweep(self._is_kept, self.ids)


@dataclass(frozen=True, slots=True)
class _OpenFile:
    """A message's file under the name it had when it was opened."""

    fd: int
    folder: Path
    name: str

    @property
    def path(self) -> Path:
        """Put together where it is wanted: a start opens every message."""
        return self.folder / self.name


class _Room:
    """Whether the disk has more than its reserve left, looked at once a second at most."""

    __slots__ = ("_folder", "_free", "_looked_at", "_reserve")

    def __init__(self, folder: Path, reserve: int) -> None:
        self._folder, self._reserve = folder, reserve
        self._free = 0
        self._looked_at = float("-inf")

    def holds(self, size: int) -> bool:
        """Whether `size` octets more leave the reserve untouched."""
        now = time.monotonic()
        if now - self._looked_at >= 1.0:
            self._looked_at = now
            with disk_errors("spool"):
                self._free = free_bytes(self._folder)
        return self._free - size >= self._reserve


def _lock_or_raise(file: _OpenFile) -> None:
    try:
        fcntl.flock(file.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InUse(f"{file.name}: being delivered right now") from None


def _wait_to_write(file: _OpenFile) -> None:
    fcntl.fcntl(file.fd, fcntl.F_OFD_SETLKW, _WRITE_LOCK)


def _require_free(place: Path) -> None:
    """Raises `Unavailable` when another message has that id: those who wait for it must not be lost (1-7)."""
    if place.exists():
        raise Unavailable(f"{place.name}: kept already")


def _unlink_unless_locked(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
    finally:
        os.close(fd)
