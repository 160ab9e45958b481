"""The asking side of one helper: its connection, and the means to end it."""

from __future__ import annotations

import array
import asyncio
import contextlib
import fcntl
import os
import signal
import socket
from collections.abc import Iterable
from pathlib import Path

import msgspec

from ecluse.adapters.room.frames import LENGTH, MAX_ANSWER_OCTETS, Question, pack_question, unpack_answer
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.opened import Opened
from ecluse.ports.opener import FileToOpen

_SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
_READ_OCTETS = 1 << 18
_PIECE_OCTETS = 1 << 20
_SCHEDSTAT_OCTETS = 100


class HelperDied(Exception):
    """The helper ended, or talks nonsense, before it had answered."""


class Helper:
    """One process of the room; `ask` one question at a time, `end` when any of them fails."""

    __slots__ = ("_connection", "_pidfd", "_queue", "asked")

    def __init__(self, connection: socket.socket, pidfd: int) -> None:
        self._connection, self._pidfd, self._queue = connection, pidfd, _queue_of(pidfd)
        self.asked = 0

    @classmethod
    async def summon(cls, path: Path) -> Helper:
        """A fresh helper from the room whose door is `path`. Raises `Unavailable`."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            await asyncio.get_running_loop().sock_connect(connection, str(path))
            pidfd = await _greeted(connection)
        except OSError as problem:
            connection.close()
            raise Unavailable(f"the opening room cannot be reached: {problem.strerror}") from problem
        except BaseException:
            connection.close()
            raise
        return cls(connection, pidfd)

    @property
    def is_alive(self) -> bool:
        """Whether it waits for a question."""
        try:
            return bool(self._connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return True
        except OSError:
            return False

    @property
    def queued_s(self) -> float:
        """How long it has waited for a processor since it began (proc(5), schedstat); 0 where the kernel keeps it secret."""
        try:
            return int(os.pread(self._queue, _SCHEDSTAT_OCTETS, 0).split()[1]) / 1e9
        except (OSError, IndexError):
            return 0.0

    async def ask(self, file: FileToOpen, silent: Iterable[bytes] = ()) -> Opened:
        """Its answer. Raises `HelperDied`; the deadline is the caller's. What `silent` holds it is told at first alone."""
        told = () if self.asked else tuple(silent)
        self.asked += 1
        question = pack_question(Question(file.name, file.passwords, len(file.content), told))
        content = _unnamed()
        try:
            await _fill(content, file.content)
            descriptors = array.array("i", [content])
            self._connection.sendmsg([question], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
            payload = await self._frame()
            return unpack_answer(payload)
        except (OSError, EOFError, msgspec.MsgspecError) as problem:
            raise HelperDied(type(problem).__name__) from problem
        finally:
            os.close(content)

    def end(self) -> None:
        """Kill it, whatever it does, and let go of it."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        os.close(self._pidfd)
        if self._queue >= 0:
            os.close(self._queue)
        self._connection.close()

    async def _frame(self) -> bytes:
        (size,) = LENGTH.unpack(await self._exactly(LENGTH.size))
        if size > MAX_ANSWER_OCTETS:
            raise EOFError
        return await self._exactly(size)

    async def _exactly(self, size: int) -> bytes:
        loop = asyncio.get_running_loop()
        received = bytearray()
        while len(received) < size:
            piece = await loop.sock_recv(self._connection, min(_READ_OCTETS, size - len(received)))
            if not piece:
                raise EOFError
            received += piece
        return bytes(received)


def _queue_of(pidfd: int) -> int:
    """The file that says how long a process waits for processors, open for all files of its life; -1 where there is none."""
    try:
        return os.open(f"/proc/{_number(pidfd)}/schedstat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1


def _number(pidfd: int) -> int:
    """The process behind a descriptor; -1 for one that has ended."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines())
    return int(fields["Pid"])


async def _greeted(connection: socket.socket) -> int:
    """The descriptor of the helper's process, which comes with the greeting. Raises `OSError`."""
    await _readable(connection)
    descriptors = array.array("i")
    _, ancillary, _, _ = connection.recvmsg(1, socket.CMSG_SPACE(descriptors.itemsize))
    for _, _, data in ancillary:
        descriptors.frombytes(data[: descriptors.itemsize])
    if not descriptors:
        raise ConnectionAbortedError
    return descriptors[0]


async def _readable(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(connection, _tell, ready)
    try:
        await ready
    finally:
        loop.remove_reader(connection)


def _tell(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _unnamed() -> int:
    """A file without a name, in memory. Raises `Impossible`."""
    try:
        return os.memfd_create("content", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    except OSError as problem:
        raise Impossible(f"no room for a file's content: {problem.strerror}") from problem


async def _fill(descriptor: int, content: bytes) -> None:
    """Put the content there, where nobody can change it any more. Raises `Impossible`."""
    rest = memoryview(content)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest[:_PIECE_OCTETS]) :]
            if rest:
                # Copying 50 MB takes a tenth of a second, and others are waiting. No thread does it: whoever is
                # cancelled would close a descriptor that it still writes to.
                await asyncio.sleep(0)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
    except OSError as problem:
        raise Impossible(f"no room for a file's content: {problem.strerror}") from problem
