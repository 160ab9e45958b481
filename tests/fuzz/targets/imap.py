"""IMAP as clients' servers speak it to us."""

from __future__ import annotations

import socket
import time

from ecluse.adapters.imap.lesson_folders import MAX_MESSAGE_OCTETS, _Talk
from ecluse.domain.lesson_folder import FolderFailed
from ecluse.wire.imap.responses import MAX_NUMBER, BadImap, exists_in, fetched_in, validity_in
from tests.fuzz.target import Choices, Target, seed


class _Said:
    """A connection on which so much is said, in pieces, and then no more."""

    def __init__(self, choices: Choices) -> None:
        self._pieces = choices.pieces()

    def settimeout(self, _seconds: float) -> None: ...

    def sendall(self, _octets: bytes) -> None: ...

    def recv(self, _most: int) -> bytes:
        return next(self._pieces, b"")


def imap(data: bytes) -> None:
    """Whatever is said ends, in an answer or in a failure that is named; numbers are such as can be."""
    plug: socket.socket = _Said(Choices(data))  # type: ignore[assignment]  # as far as it is used
    talk = _Talk(plug, time.monotonic() + 60)
    try:
        heard = talk.ask(b"X", b"more")
        told = fetched_in(heard)
    except (FolderFailed, BadImap):
        return
    assert heard[-1].first.partition(b" ")[0] == b"e1"
    assert all(0 < each.number <= MAX_NUMBER and (each.uid is None or 0 < each.uid <= MAX_NUMBER) for each in told)
    assert all(len(each.body or b"") <= MAX_MESSAGE_OCTETS for each in told)
    assert (exists_in(heard) or 0) >= 0
    assert (validity_in(heard) or 1) > 0


_ANSWERS = (
    b"* OK [UIDVALIDITY 7] x\r\n* 2 EXISTS\r\ne1 OK open\r\n",
    b"* 1 FETCH (UID 4 BODY[]<0> {5}\r\na\r\nb})\r\ne1 OK\r\n",
    b"* 1 FETCH (BODY[] {1}\r\nx UID 4 RFC822.SIZE 9)\r\n+ go on\r\ne1 NO {2}\r\nab\r\n",
    b"* BYE\r\n",
)

TARGETS = (Target("imap", imap, tuple(map(seed, _ANSWERS)), 2_048),)
