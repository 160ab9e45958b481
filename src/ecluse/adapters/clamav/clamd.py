"""Asks ClamAV's daemon, over pooled sessions, whether a message holds a virus."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import socket
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ecluse.domain.errors import Unavailable
from ecluse.domain.evidence import ScanFacts, ScanState, gravest
from ecluse.ports.scanner import Stream

VERSION_AGE_S = 60.0  # How long a known signature version is believed.
# Signatures from other makers than ClamAV's change without a new version, so no answer is believed for long.
VERDICT_AGE_S = 300.0
MAX_REPLY_BYTES = 4_096
SENT_AT_ONCE_BYTES = 131_072
END_OF_STREAM = b"\0\0\0\0"
VERSION = re.compile(rb"ClamAV [\w.+-]+(?:/\d+)?")
# "ExtendedDetectionInfo yes" appends the hash and size of what was found.
EXTENDED_INFO = re.compile(r"\([0-9a-f]+:\d+\)$")
LIMIT_SIGNATURE = "Heuristics.Limits.Exceeded"
VERSION_COMMAND, SCAN_COMMAND = b"zVERSION\0", b"zINSTREAM\0"


class ClamdScanner:
    """The port `Scanner`, answered by clamd.

    `doctor` demands clamd limits of at least our own message size, and AlertExceedsMax: without it clamd calls clean
    what it did not look at.
    """

    def __init__(
        self,
        address: str,
        *,
        pool_size: int = 8,
        timeout_s: float = 50.0,
        cache_size: int = 10_000,
    ) -> None:
        """`address` is "unix:/path", "tcp:host:port" or "host:port"; raises ValueError for anything else.

        `timeout_s` holds for one scan from its first octet to the answer, the wait for a free session included.
        `cache_size` counts verdicts that are kept; 0 switches the cache off.
        """
        self._endpoint = _endpoint(address)
        self._timeout_s = timeout_s
        self._slots = asyncio.Semaphore(pool_size)
        self._idle: list[_Session] = []
        self._engine = ""
        self._engine_due = 0.0
        self._verdicts = _Verdicts(cache_size)

    async def scan(self, *streams: Stream) -> ScanFacts:
        """See `Scanner.scan`; the files of one call share a session, and clamd looks at them side by side."""
        try:
            async with asyncio.timeout(self._timeout_s), self._slots:
                engine = await self._current_engine()
                facts = await self._scan_all(streams, engine)
        except (OSError, Unavailable):  # TimeoutError is an OSError.
            return ScanFacts(ScanState.UNAVAILABLE, engine=self._engine)
        return gravest(facts)

    async def version(self) -> str:
        """Engine and signature version, "ClamAV 1.4.3/27461". Raises `Unavailable`."""
        try:
            async with asyncio.timeout(self._timeout_s), self._slots:
                reply = await self._ask_version()
        except OSError as problem:
            raise Unavailable(f"clamd at {self._endpoint}: {str(problem) or 'no answer in time'}") from problem
        return _read_version(reply)

    def close(self) -> None:
        """End all idle sessions."""
        while self._idle:
            self._idle.pop().close()

    async def _current_engine(self) -> str:
        now = time.monotonic()
        if now >= self._engine_due:
            # Set before the question, so that only one of many scans asks it.
            self._engine_due = now + VERSION_AGE_S
            try:
                self._engine = _read_version(await self._ask_version())
            except BaseException:
                self._engine_due = 0.0
                raise
        return self._engine

    async def _scan_all(self, streams: Sequence[Stream], engine: str) -> list[ScanFacts]:
        """What clamd says, or has lately said, about each."""
        keys = [self._verdicts.key(stream, engine) for stream in streams]
        known = [self._verdicts.find(key) for key in keys]
        asked = [stream for stream, facts in zip(streams, known, strict=True) if facts is None]
        answers = iter(await self._answers(asked))
        facts = [one or _read_reply(next(answers), engine) for one in known]
        for key, one in zip(keys, facts, strict=True):
            self._verdicts.keep(key, one)
        return facts

    async def _answers(self, streams: Sequence[Stream]) -> list[bytes]:
        """One reply to each stream; where one of several ends the session for all, each is asked about by itself."""
        questions = [_Question(SCAN_COMMAND, stream) for stream in streams]
        with contextlib.suppress(ConnectionError, Unavailable):
            replies = await self._ask(questions) if questions else []
            if not any(reply.endswith(b"ERROR") for reply in replies):
                return replies
        return [(await self._ask([question]))[0] for question in questions]

    async def _ask_version(self) -> bytes:
        return (await self._ask([_Question(VERSION_COMMAND)]))[0]

    async def _ask(self, questions: Sequence[_Question]) -> list[bytes]:
        """The replies, in the order of the questions. Raises OSError or `Unavailable`.

        clamd ends sessions that idle and all of them when it restarts, so a pooled one may be dead: a fresh one is
        then tried, once.
        """
        while self._idle:
            session = self._idle.pop()
            try:
                return await self._converse(session, questions)
            except (ConnectionError, Unavailable):
                self.close()
        return await self._converse(await _Session.open(self._endpoint), questions)

    async def _converse(self, session: _Session, questions: Sequence[_Question]) -> list[bytes]:
        try:
            replies = await session.ask(questions)
        except BaseException:
            # Also when cancelled: what is still to come would be taken for the answer to the next question.
            session.close()
            raise
        if any(reply.endswith(b"ERROR") for reply in replies):
            session.close()  # clamd hangs up after most errors.
        else:
            self._idle.append(session)
        return replies


@dataclass(frozen=True, slots=True)
class _Question:
    """One command, with the octets that it is about where it has some."""

    command: bytes
    stream: Stream | None = None

    def octets(self) -> Iterator[bytes]:
        """As INSTREAM wants them: each chunk after its length in four octets, an empty one at the end."""
        yield self.command
        if self.stream is not None:
            for chunk in filter(None, self.stream.chunks()):
                yield len(chunk).to_bytes(4, "big")
                yield chunk
            yield END_OF_STREAM


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """Where clamd listens."""

    path: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"unix:{self.path}" if self.path else f"tcp:{self.host}:{self.port}"


def _endpoint(address: str) -> _Endpoint:
    if address.startswith("unix:/"):
        return _Endpoint(address.removeprefix("unix:"), "", 0)
    host, _, port = address.removeprefix("tcp:").rpartition(":")
    if not host or not port.isascii() or not port.isdecimal() or not 0 < int(port) < 65_536 or "/" in host:
        raise ValueError(f"{address!r} is none of unix:/path, tcp:host:port and host:port")
    return _Endpoint("", host.removeprefix("[").removesuffix("]"), int(port))


class _Session:
    """One connection with IDSESSION: many commands, whose answers come in any order.

    A bare socket, not a transport: when clamd refuses a stream it answers and hangs up, and a transport whose write
    fails then throws that answer away unread.
    """

    __slots__ = ("_asked", "_received", "_socket")

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._asked = 0
        self._received = b""

    @classmethod
    async def open(cls, endpoint: _Endpoint) -> _Session:
        """Connect and begin a session. Raises OSError."""
        if endpoint.path:
            return cls(await _connect(socket.AF_UNIX, endpoint.path))
        loop = asyncio.get_running_loop()
        infos = await loop.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
        for family, _, _, _, target in infos[:-1]:
            with contextlib.suppress(OSError):
                return cls(await _connect(family, target))
        return cls(await _connect(infos[-1][0], infos[-1][4]))

    async def ask(self, questions: Sequence[_Question]) -> list[bytes]:
        """Send the questions; their replies in the same order, each without its number and NUL.

        A reply that ends in ERROR may stand for all that were not answered before it. Raises OSError, and
        `Unavailable` when clamd hangs up or answers another question.
        """
        first = self._asked + 1
        # A stream that is too long is answered and cut while we still send: the answer then waits to be read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            await self._send(questions)
        self._asked = first + len(questions) - 1
        numbers = [b"%d" % one for one in range(first, self._asked + 1)]
        replies: dict[bytes, bytes] = {}
        while len(replies) < len(questions):
            line = await self._read_line()
            number, _, reply = line.partition(b": ")
            if number in numbers:
                replies[number] = reply
            elif line.endswith(b"ERROR") and not number.isdigit():
                return [replies.get(one, line) for one in numbers]
            else:
                raise Unavailable("clamd answered another question")
        return [replies[one] for one in numbers]

    async def _send(self, questions: Sequence[_Question]) -> None:
        loop = asyncio.get_running_loop()
        waiting = bytearray(b"" if self._asked else b"zIDSESSION\0")
        for question in questions:
            for octets in question.octets():
                waiting += octets
                if len(waiting) >= SENT_AT_ONCE_BYTES:
                    await loop.sock_sendall(self._socket, waiting)
                    waiting = bytearray()
        await loop.sock_sendall(self._socket, waiting)

    async def _read_line(self) -> bytes:
        loop = asyncio.get_running_loop()
        while b"\0" not in self._received:
            piece = await loop.sock_recv(self._socket, MAX_REPLY_BYTES)
            if not piece or len(self._received) > MAX_REPLY_BYTES:
                raise Unavailable("clamd hung up")
            self._received += piece
        line, _, self._received = self._received.partition(b"\0")
        return line

    def close(self) -> None:
        """Hang up; clamd ends the session by itself."""
        self._socket.close()


async def _connect(family: socket.AddressFamily, target: Any) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(0)
        if family != socket.AF_UNIX:
            # Our last piece of a stream must not wait for the acknowledgement of the one before.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(connection, target)
    except BaseException:
        connection.close()
        raise
    return connection


def _read_reply(reply: bytes, engine: str) -> ScanFacts:
    """What a reply to INSTREAM means. Raises `Unavailable` for errors of clamd's own."""
    text = reply.removeprefix(b"stream: ").decode("utf-8", "replace")
    if text == "OK":
        return ScanFacts(ScanState.CLEAN, engine=engine)
    if text.startswith("INSTREAM size limit exceeded"):
        return ScanFacts(ScanState.TOO_LARGE, engine=engine)
    if not text.endswith(" FOUND"):
        raise Unavailable("clamd answered with an error")
    signature = EXTENDED_INFO.sub("", text.removesuffix(" FOUND"))
    # A limit that was reached is no virus: clamd says that it did not look at everything.
    state = ScanState.TOO_LARGE if signature.startswith(LIMIT_SIGNATURE) else ScanState.INFECTED
    return ScanFacts(state, signature, engine)


def _read_version(reply: bytes) -> str:
    """Of "ClamAV 1.4.3/27461/Mon Nov 18 09:23:41 2026" all but the date; "" where clamd is told to keep it secret."""
    match = VERSION.match(reply)
    return match[0].decode("ascii", "replace") if match else ""


class _Verdicts:
    """Recent answers by content and signature version; only those that are final: clean and infected."""

    __slots__ = ("_kept", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[bytes, tuple[float, ScanFacts]] = OrderedDict()

    def key(self, stream: Stream, engine: str) -> bytes:
        """What stands for these octets under these signatures; b"" when nothing is cached."""
        if not self._size or not engine:
            return b""
        digest = hashlib.sha256(engine.encode())
        for chunk in stream.chunks():
            digest.update(chunk)
        return digest.digest()

    def find(self, key: bytes) -> ScanFacts | None:
        """The answer given not long ago."""
        until, facts = self._kept.get(key, (0.0, None))
        return facts if time.monotonic() < until else None

    def keep(self, key: bytes, facts: ScanFacts) -> None:
        """Remember a final answer and forget the oldest."""
        if not key or facts.state not in {ScanState.CLEAN, ScanState.INFECTED}:
            return
        self._kept[key] = (time.monotonic() + VERDICT_AGE_S, facts)
        self._kept.move_to_end(key)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
