"""The node's journal: one series of files per writer, synced for many callers at once."""

from __future__ import annotations

import asyncio
import math
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import structlog

from ecluse.adapters.folder.disk import disk_errors, failure, make_folder
from ecluse.adapters.folder.segment import OVERHEAD_BYTES, Segment, frame, recover
from ecluse.adapters.folder.syncers import Syncer, ThreadSyncer
from ecluse.domain.errors import NoRoom, Unavailable
from ecluse.domain.event import MessageEvent

SEGMENT_BYTES = 64 * 1024 * 1024
_MARGIN_BYTES = 1_048_576  # Some 3,000 records: more than all messages that may be under way when MAIL is answered.
_RETRY_S = 1.0
_WRITER = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,63}")

_encode = msgspec.msgpack.Encoder().encode

log = structlog.get_logger()


class FolderJournal:
    """See `ecluse.ports.journal.Journal`; open it after a fork, use it from one event loop.

    A record is written to its file at once, so it survives our own death; `sync` makes it survive the machine's.
    All state belongs to the loop's thread; the syncer beside it does nothing but wait for the disk.
    """

    def __init__(
        self,
        folder: Path,
        writer: str,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        waits_for_room: bool = False,
        syncer: Syncer | None = None,
    ) -> None:
        """Recover what dead writers left, then begin a file. Raises `NoRoom`, `Unavailable`.

        One that `waits_for_room` begins without a file on a full disk: a process that dies of it would answer nobody.
        Without a syncer a thread waits for the disk.
        """
        if not _WRITER.fullmatch(writer):
            raise ValueError(f"{writer!r} cannot name a file")
        self._folder, self._writer = folder, writer
        self._segment_bytes = segment_bytes
        self._margin = min(_MARGIN_BYTES, segment_bytes // 4)
        with disk_errors("journal"):
            make_folder(folder)
            recover(folder)
        self._segment = self._first(waits_for_room=waits_for_room)
        self._spare: Segment | None = None  # The next file, made in time.
        self._preparing: asyncio.Future[Segment] | None = None
        self._prepared_after: Segment | None = None  # The file that was in use when that was begun.
        self._is_broken = isinstance(
            self._segment, _NoSegment
        )  # The disk failed, and no fresh file could be had since.
        self._tried_at = -math.inf
        self._next, self._running = _Round(), _Round()
        self._syncer = syncer or ThreadSyncer()

    # -- The promises of the port

    def append(self, event: MessageEvent) -> None:
        """See `Journal.append`. Raises `Unavailable` when the disk fails."""
        self._mend_if_broken()
        framed = frame(_record(event))
        self._write(framed)
        self._next.frames.append(framed)

    async def sync(self) -> None:
        """See `Journal.sync`: one fdatasync when alone; who comes while it runs shares the next."""
        self._mend_if_broken()
        covering = self._next if self._next.frames else self._running
        if not covering.frames:
            return
        loop = asyncio.get_running_loop()
        durable: asyncio.Future[None] = loop.create_future()
        covering.waiting.append(durable)
        if not self._running.frames:
            self._begin_round(loop)
        await durable

    @property
    def has_room(self) -> bool:
        """See `Journal.has_room`."""
        if not self._is_broken and (self._segment.room >= self._margin or self._spare is not None):
            return True
        with suppress(Unavailable):
            self._mend_if_broken()
            self._prepare_now()
            return True
        return False

    # -- Beside the port

    def close(self) -> None:
        """Make all records durable and cut the files to what they hold. Raises `Unavailable`."""
        self._syncer.end()
        rounds, self._running, self._next = (self._running, self._next), _Round(), _Round()
        waiting = [durable for each in rounds for durable in each.waiting]
        try:
            with disk_errors("journal"):
                for segment in [*rounds[0].full, *rounds[1].full, self._segment]:
                    segment.close()
        except Unavailable as problem:
            _settle(waiting, problem)
            raise
        finally:
            if self._spare is not None:
                self._spare.abandon()
        _settle(waiting, None)

    # -- Rounds of syncing

    def _begin_round(self, loop: asyncio.AbstractEventLoop) -> None:
        self._running, self._next = self._next, _Round()
        self._syncer.sync(self._segment, self._running.full, self._end_round)
        if self._spare is None and self._preparing is None and self._segment.room < self._segment_bytes // 2:
            self._prepared_after = self._segment
            self._preparing = loop.run_in_executor(None, self._prepare)
            self._preparing.add_done_callback(self._keep_prepared)

    def _end_round(self, error: OSError | None) -> None:
        """The disk has answered: called in the loop's thread, once a round."""
        ended, self._running = self._running, _Round()
        problem = None
        if error is not None:
            problem = failure(error, "journal")
            self._abandon_file(ended, problem)
        _settle(ended.waiting, problem)
        if self._is_broken:
            _settle(self._next.waiting, problem)
            self._next.waiting.clear()
        if self._next.waiting:
            self._begin_round(asyncio.get_running_loop())

    def _abandon_file(self, failed: _Round, problem: Unavailable) -> None:
        """After a failed sync nobody knows what a file holds: what is not durable goes into a fresh one."""
        log.error("journal cannot be synced", file=self._segment.path.name, problem=str(problem))
        self._next.frames[:0] = failed.frames
        self._next.full[:0] = failed.full
        self._is_broken = True
        with suppress(Unavailable):
            self._mend_if_broken()

    def _mend_if_broken(self) -> None:
        """Go on in a fresh file after a failure. Raises `NoRoom` or `Unavailable` while none can be had."""
        if not self._is_broken:
            return
        self._prepare_now()
        for segment in [*self._next.full, self._segment]:
            segment.abandon()
        self._next.full.clear()
        self._take_spare()
        for framed in self._next.frames:
            self._write(framed)
        self._is_broken = False

    # -- Files

    def _write(self, framed: bytes) -> None:
        if len(framed) > self._segment.room:
            self._turn_over(len(framed))
        elif self._segment.is_old:
            self._turn_over_in_time()
        try:
            self._segment.write(framed)
        except OSError as error:
            raise failure(error, "journal") from error

    def _turn_over(self, needed: int) -> None:
        if needed > self._segment_bytes - OVERHEAD_BYTES:
            raise NoRoom(f"journal: a record of {needed} octets fits in no file")
        if self._spare is None:
            self._prepare_now()
        self._next.full.append(self._segment)
        self._take_spare()

    def _turn_over_in_time(self) -> None:
        """Without room for another file the old one goes on."""
        with suppress(Unavailable):
            self._prepare_now()
        if self._spare is not None:
            self._next.full.append(self._segment)
            self._take_spare()

    def _take_spare(self) -> None:
        if self._spare is not None:
            self._segment, self._spare = self._spare, None

    def _prepare_now(self) -> None:
        """Have a spare file. Looks once a second at most for room on a disk that had none."""
        if self._spare is not None:
            return
        now = time.monotonic()
        if now - self._tried_at < _RETRY_S:
            raise NoRoom("journal: no room for another file")
        try:
            with disk_errors("journal"):
                self._spare = self._prepare()
        except Unavailable:
            self._tried_at = now
            raise

    def _first(self, *, waits_for_room: bool) -> Segment:
        try:
            with disk_errors("journal"):
                return self._prepare()
        except NoRoom as problem:
            if not waits_for_room:
                raise
            log.error("journal cannot prepare its next file", writer=self._writer, problem=str(problem))
            return _NoSegment(self._folder)

    def _prepare(self) -> Segment:
        return Segment(self._folder, self._writer, self._segment_bytes)

    def _keep_prepared(self, prepared: asyncio.Future[Segment]) -> None:
        self._preparing = None
        if prepared.cancelled():
            return
        problem = prepared.exception()
        if problem is not None:
            log.error("journal cannot prepare its next file", writer=self._writer, problem=str(problem))
        elif self._wants_prepared():
            self._spare = prepared.result()
        else:
            prepared.result().abandon()

    def _wants_prepared(self) -> bool:
        """One that was made before the file in use cannot follow it: names, not always true to the clock, order them."""
        is_next = self._prepared_after is self._segment
        return is_next and self._spare is None and not self._syncer.has_ended


class _NoSegment(Segment):
    """In place of the first file where there is no room for it: one that is full, and closed."""

    __slots__ = ()

    def __init__(self, folder: Path) -> None:
        self.path = folder
        self._allocated = self._end = self._synced_end = 0
        self._fd = -1


@dataclass(slots=True)
class _Round:
    """What one sync makes durable, and who waits for it; without frames there is none."""

    frames: list[bytes] = field(default_factory=list)
    waiting: list[asyncio.Future[None]] = field(default_factory=list)
    full: list[Segment] = field(default_factory=list)  # Files left behind since the round before.


def _settle(waiting: list[asyncio.Future[None]], problem: Unavailable | None) -> None:
    for durable in waiting:
        if durable.done():
            continue
        if problem is None:
            durable.set_result(None)
        else:
            durable.set_exception(type(problem)(*problem.args))


def _record(event: MessageEvent) -> bytes:
    try:
        return _encode(event)
    except UnicodeEncodeError:
        # Octets that were no UTF-8, kept as lone surrogates: a hostile greeting must not stop the journal.
        return _encode(_printable(msgspec.to_builtins(event)))


def _printable(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_printable(key): _printable(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_printable(each) for each in value]
    return value
