"""Waiting for the disk beside the event loop: by a thread, or by a small process of its own.

A thread that comes back from `fdatasync` has to win the interpreter from a busy loop, again and again; measured on small
messages, that costs a third of a worker's time. A process costs one octet each way.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import os
import queue
import signal
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, NoReturn, Protocol

import structlog

from ecluse.adapters.folder.segment import Segment

log = structlog.get_logger()

Told = Callable[[OSError | None], None]

_ANSWER = struct.Struct("=i")  # 0, or the errno of the failure.
_SYNC = b"s"
_MAX_FD = 65_536
_PR_SET_PDEATHSIG = 1  # prctl(2).


class Syncer(Protocol):
    """Makes one round of records durable at a time."""

    has_ended: bool

    def sync(self, segment: Segment, full: list[Segment], tell: Told) -> None:
        """Sync `segment` and close the `full` ones durably, then call `tell` in the loop's thread."""
        ...

    def end(self) -> None:
        """Finish what was handed over, then return."""
        ...


class _Job(NamedTuple):
    loop: asyncio.AbstractEventLoop
    segment: Segment
    full: list[Segment]
    tell: Told


class ThreadSyncer:
    """A thread that waits: for commands, for tests, and where the process has died."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self.has_ended = False

    def sync(self, segment: Segment, full: list[Segment], tell: Told) -> None:
        """See `Syncer.sync`."""
        if not self._thread.is_alive():
            self._thread.start()
        self._jobs.put(_Job(asyncio.get_running_loop(), segment, full, tell))

    def end(self) -> None:
        """See `Syncer.end`."""
        self.has_ended = True
        if self._thread.is_alive():
            self._jobs.put(None)
            self._thread.join()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            error = _make_durable(job)
            # A loop that was closed has nobody left who waits.
            with suppress(RuntimeError):
                job.loop.call_soon_threadsafe(job.tell, error)


class ProcessSyncer:
    """A forked process that knows nothing but `fdatasync`. Make it before threads and the event loop are started."""

    def __init__(self) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.pid = os.fork() or _serve(theirs)
        theirs.close()
        self._channel.setblocking(False)  # noqa: FBT003 - the standard library's signature.
        self._thread = ThreadSyncer()
        self._is_dead = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._known: Segment | None = None  # Whose descriptor the process has.
        self._waiting: tuple[Segment, int, Told] | None = None
        self.has_ended = False

    def sync(self, segment: Segment, full: list[Segment], tell: Told) -> None:
        """See `Syncer.sync`; the rare round that closes files goes to a thread."""
        if full or self._is_dead:
            self._thread.sync(segment, full, tell)
            return
        self._listen()
        self._waiting = (segment, segment.end, tell)
        try:
            if segment is self._known:
                self._channel.send(_SYNC)
            else:
                socket.send_fds(self._channel, [_SYNC], [segment.fd])
                self._known = segment
        except OSError as error:
            self._note_death(error)

    def end(self) -> None:
        """See `Syncer.end`: the process ends when its channel does."""
        self.has_ended = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._channel.fileno())
        self._channel.close()
        self._thread.end()

    def _listen(self) -> None:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._channel.fileno(), self._hear)

    def _hear(self) -> None:
        try:
            answer = self._channel.recv(_ANSWER.size)
        except BlockingIOError:
            return
        except OSError as error:
            self._note_death(error)
            return
        if len(answer) != _ANSWER.size:
            self._note_death(BrokenPipeError(errno.EPIPE, "the syncing process has died"))
            return
        (code,) = _ANSWER.unpack(answer)
        self._tell(OSError(code, os.strerror(code)) if code else None)

    def _tell(self, error: OSError | None) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return
        segment, end, tell = waiting
        if error is None:
            segment.note_synced(end)
        tell(error)

    def _note_death(self, error: OSError) -> None:
        """From here on the thread does it, beginning with what the process was asked last."""
        log.error("the syncing process has died", problem=str(error))
        self._is_dead = True
        with suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)
        if self._loop is not None:
            self._loop.remove_reader(self._channel.fileno())
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            segment, _, tell = waiting
            self._thread.sync(segment, [], tell)


def _make_durable(job: _Job) -> OSError | None:
    try:
        for segment in job.full:
            segment.close()
        job.segment.sync()
    except OSError as error:
        return error
    return None


def _serve(channel: socket.socket) -> NoReturn:
    """The process: sync on demand until the worker closes its end, which it also does by dying."""
    try:
        # A group's Ctrl-C or SIGTERM must not end what the worker still needs for its last messages.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.closerange(3, channel.fileno())
        os.closerange(channel.fileno() + 1, _MAX_FD)
        _sync_on_demand(channel)
    finally:
        os._exit(0)


def _sync_on_demand(channel: socket.socket) -> None:
    fd = -1
    while True:
        octets, passed, _, _ = socket.recv_fds(channel, len(_SYNC), 1)
        if not octets:
            return
        if passed:
            if fd >= 0:
                os.close(fd)
            fd = passed[0]
        code = 0
        try:
            os.fdatasync(fd)
        except OSError as error:
            code = error.errno or errno.EIO
        channel.send(_ANSWER.pack(code))
