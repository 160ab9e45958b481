"""A helper's life: behind the lock, one file after the other, until the connection ends or a limit does."""

from __future__ import annotations

import array
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from ecluse.adapters.room.frames import LENGTH, MAX_QUESTION_OCTETS, Question, pack_answer, unpack_question
from ecluse.domain.opened import Opened, Trouble
from ecluse.opening.budget import Limits
from ecluse.opening.lock.lock import Fence, lock
from ecluse.opening.pictures.memory import MEMORY
from ecluse.opening.pieces import File

Open: TypeAlias = Callable[[File, Limits], Opened]

CPU_S = 120  # Of a helper's whole life; the asking side replaces it long before.
_READ_OCTETS = 1 << 24


@dataclass(frozen=True, slots=True)
class RoomRules:
    """What holds for every helper."""

    memory_octets: int = 805_306_368
    allows_unlocked: bool = False  # True: helpers work on a machine without seccomp.
    limits: Limits = field(default_factory=Limits)
    rule_folder: str = ""  # YARA rules of the house; "" for ours alone.


def live(connection: socket.socket, open_file: Open, rules: RoomRules) -> None:
    """Lock this process, then answer until the other side hangs up; runs in a forked child that ends with it."""
    standing = lock(connection.fileno(), rules.memory_octets, CPU_S)
    if Fence.SECCOMP not in standing and not rules.allows_unlocked:
        return
    while (asked := _receive(connection)) is not None:
        question, content = asked
        if not _answer(connection, question, content, open_file, rules.limits):
            return


def _answer(connection: socket.socket, question: Question, content: int, open_file: Open, limits: Limits) -> bool:
    """Whether this helper is good for another file."""
    MEMORY.take_over(question.silent)
    try:
        file = File(_read(content, question.size), question.name, passwords=question.passwords)
        opened = open_file(file, limits)
        frame = pack_answer(opened)
    except MemoryError:
        opened = Opened("unknown", trouble=Trouble.TOO_BIG)
        frame = pack_answer(opened)
    except Exception as problem:  # noqa: BLE001 - an opener that raises is a fault of ours, told by its class alone.
        opened = Opened("unknown", error=type(problem).__name__, trouble=Trouble.CRASHED)
        frame = pack_answer(opened)
    _send(connection, frame)
    return opened.trouble is Trouble.NONE


def _receive(connection: socket.socket) -> tuple[Question, int] | None:
    """The next question and the descriptor of its content; None when the other side has hung up."""
    descriptors = array.array("i")
    received, ancillary, _, _ = connection.recvmsg(
        LENGTH.size + MAX_QUESTION_OCTETS, socket.CMSG_SPACE(descriptors.itemsize)
    )
    for _, _, data in ancillary:
        descriptors.frombytes(data[: descriptors.itemsize])
    if len(received) <= LENGTH.size or not descriptors:
        return None
    return unpack_question(received[LENGTH.size :]), descriptors[0]


def _read(descriptor: int, size: int) -> bytes:
    try:
        return b"".join(
            os.pread(descriptor, min(_READ_OCTETS, size - start), start) for start in range(0, size, _READ_OCTETS)
        )
    finally:
        os.close(descriptor)


def _send(connection: socket.socket, frame: bytes) -> None:
    rest = memoryview(frame)
    while rest:
        rest = rest[os.write(connection.fileno(), rest) :]
