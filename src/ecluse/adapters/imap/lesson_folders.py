"""Reads folders of a client's mailbox: TLS always, to addresses that may be asked alone, bounded in time, messages and octets.

`imaplib` reads literals of any length before anybody can refuse them, so that the reader is our own. It marks and moves
nothing. What is left over is read at the next time.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from ecluse.adapters.guarded.plugs import NoPlug, Outside, left, secured
from ecluse.domain.lesson_folder import FolderFailed, FolderNews, FolderPlace, FolderQuestion, FolderTrouble
from ecluse.wire.imap import commands
from ecluse.wire.imap.responses import (
    BadImap,
    Fetched,
    Response,
    exists_in,
    fetched_in,
    literal_size,
    said_by,
    status_of,
    validity_in,
)

WITHIN_S = 30.0  # All together.
NEWEST = 500  # Of what lies there when a folder is read first.
MAX_MESSAGE_OCTETS = 1_048_576
MAX_FETCHED_OCTETS = 16_777_216  # Bodies of one reading.
MAX_OCTETS = MAX_FETCHED_OCTETS + 4_194_304
MAX_LINE = 16_384
MAX_RESPONSES = 2_000  # To one command.
MAX_LITERALS = 4  # In one response.
_PIECE = 65_536
_MAX_SAID = 200
_OK, _NO = b"OK", b"NO"


@dataclass(frozen=True, slots=True)
class ImapFolders:
    """Reads; it never writes anything there."""

    resolve: Callable[[str], tuple[str, ...]]  # Name -> IP addresses; none where it leads nowhere.
    is_allowed: Callable[[str], bool]
    within_s: float = WITHIN_S
    newest: int = NEWEST
    most_octets: int = MAX_FETCHED_OCTETS

    def read(self, question: FolderQuestion) -> tuple[FolderNews, ...]:
        """What is new in each folder. Raises `FolderFailed`."""
        began = time.monotonic()
        with _broken_off(), self._connected(question, began + self.within_s) as talk:
            _sign_in(talk, question)
            # A slow line brings some messages at each reading, not none.
            room = _Room(self.most_octets, began + self.within_s / 2)
            found = tuple(self._read_folder(talk, each, question.most, room) for each in question.folders)
            talk.leave()
            return found

    @contextmanager
    def _connected(self, question: FolderQuestion, deadline: float) -> Iterator[_Talk]:
        with Outside(self.resolve, self.is_allowed).connect(question.host, question.port, deadline) as plain:
            if question.starts_tls:
                _start_tls(_Talk(plain, deadline))
            with secured(plain, question.host, question.authority, deadline) as secure:
                talk = _Talk(secure, deadline)
                if not question.starts_tls:
                    talk.greeted()
                yield talk

    def _read_folder(self, talk: _Talk, folder: tuple[str, FolderPlace], most: int, room: _Room) -> FolderNews:
        name, place = folder
        opened = talk.demand(commands.examine(name), FolderTrouble.NO_FOLDER)
        exists, validity = exists_in(opened), validity_in(opened)
        if exists is None or validity is None:
            raise BadImap("a folder without UIDs")
        # By another validity UIDs mean other messages, and all that lies there is new.
        is_new = validity != place.validity
        first = max(1, exists - self.newest + 1) if is_new else _first_after(talk, place.uid, exists)
        last = min(exists, first + most - 1)
        if last < first:
            return FolderNews(place, exists, (), 0)
        told = fetched_in(talk.demand(commands.fetch_sizes(first, last)))
        sizes = _in_order(told, 0 if is_new else place.uid)
        if is_new and sizes:
            place = FolderPlace(validity, sizes[0][0] - 1)
        return _fetch(talk, place, exists, sizes, room)


@dataclass(slots=True)
class _Room:
    """What may be fetched still."""

    octets: int
    until: float  # Monotonic.

    def has(self, size: int) -> bool:
        """Whether one more of this size fits."""
        return size <= self.octets and time.monotonic() < self.until


@dataclass(slots=True)
class _Talk:
    """One conversation, with its limits."""

    plug: socket.socket
    deadline: float  # Monotonic.
    _number: int = 0
    _octets: int = 0
    _buffer: bytearray = field(default_factory=bytearray)

    def greeted(self) -> None:
        """Hear that somebody is there. Raises `BadImap` for whoever takes us for signed in, or wants nothing of us."""
        if status_of(self._response(), b"*") != _OK:
            raise BadImap("no greeting")

    def demand(self, command: bytes, trouble: FolderTrouble = FolderTrouble.REFUSED) -> tuple[Response, ...]:
        """Ask, and hear that it was done, and what else was said. Raises `FolderFailed`."""
        return _demand_ok(self.ask(command), trouble)

    def ask(self, command: bytes, more: bytes | None = None) -> tuple[Response, ...]:
        """What is answered, the end of it last; `more` is sent when the server asks for it."""
        self._number += 1
        tag = b"e%d" % self._number
        self._send(tag + b" " + command)
        heard: list[Response] = []
        while len(heard) < MAX_RESPONSES:
            response = self._response()
            heard.append(response)
            if status_of(response, tag) is not None:
                return tuple(heard)
            if response.first[:1] == b"+":
                if more is None:
                    raise BadImap("asked for more")
                self._send(more)
                more = None
            elif status_of(response, b"*") == b"BYE":
                raise FolderFailed(FolderTrouble.BROKEN_OFF, said_by(response, _MAX_SAID))
        raise FolderFailed(FolderTrouble.TOO_LARGE)

    def leave(self) -> None:
        """All was said; whether it is heard makes no difference."""
        with suppress(OSError):
            self._send(b"e0 " + commands.LOGOUT)

    def demand_silence(self) -> None:
        """What came in the clear must not be taken for what is said in secret (RFC 3501 section 6.2.1)."""
        if self._buffer:
            raise BadImap("said before TLS")

    def _send(self, line: bytes) -> None:
        self.plug.settimeout(left(self.deadline))
        self.plug.sendall(line + b"\r\n")

    def _response(self) -> Response:
        lines = [self._line()]
        literals: list[bytes] = []
        while (size := literal_size(lines[-1])) is not None:
            if size > MAX_MESSAGE_OCTETS or len(literals) == MAX_LITERALS:
                raise FolderFailed(FolderTrouble.TOO_LARGE)
            literals.append(self._take(size))
            lines.append(self._line())
        return Response(tuple(lines), tuple(literals))

    def _line(self) -> bytes:
        seen = 0
        while (end := self._buffer.find(b"\r\n", seen)) < 0:
            if len(self._buffer) > MAX_LINE:
                raise FolderFailed(FolderTrouble.TOO_LARGE)
            seen = max(0, len(self._buffer) - 1)
            self._receive()
        return self._take(end + 2)[:-2]

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._receive()
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _receive(self) -> None:
        self.plug.settimeout(left(self.deadline))
        piece = self.plug.recv(_PIECE)
        if not piece:
            raise FolderFailed(FolderTrouble.BROKEN_OFF)
        self._octets += len(piece)
        if self._octets > MAX_OCTETS:
            raise FolderFailed(FolderTrouble.TOO_LARGE)
        self._buffer += piece


def _start_tls(talk: _Talk) -> None:
    talk.greeted()
    talk.demand(commands.STARTTLS, FolderTrouble.NOT_ENCRYPTED)
    talk.demand_silence()


def _sign_in(talk: _Talk, question: FolderQuestion) -> None:
    told = talk.demand(commands.CAPABILITY)
    words = {word for each in told for word in each.first.upper().split()}
    if b"AUTH=PLAIN" in words:
        response = commands.plain_response(question.user, question.password)
        answer = talk.ask(commands.AUTHENTICATE_PLAIN, response)
    else:
        login = commands.login(question.user, question.password)
        if login is None or b"LOGINDISABLED" in words:
            raise FolderFailed(FolderTrouble.REFUSED, "it takes no password")
        answer = talk.ask(login)
    _demand_ok(answer, FolderTrouble.CREDENTIALS)


def _demand_ok(answer: tuple[Response, ...], trouble: FolderTrouble) -> tuple[Response, ...]:
    """NO is the trouble, BAD is ours: it does not know what we say."""
    end = answer[-1]
    if _status(end) == _OK:
        return answer[:-1]
    raise FolderFailed(trouble if _status(end) == _NO else FolderTrouble.REFUSED, said_by(end, _MAX_SAID))


def _status(end: Response) -> bytes:
    return status_of(end, end.first.partition(b" ")[0]) or b""


def _first_after(talk: _Talk, uid: int, exists: int) -> int:
    """The position of the first message after this UID: UIDs rise with positions, so that it is found by halves."""
    low, high = 1, exists + 1
    while low < high:
        middle = (low + high) // 2
        told = [each for each in fetched_in(talk.demand(commands.fetch_uid(middle))) if each.number == middle]
        if not told or told[0].uid is None:
            raise BadImap("a message without a UID")
        if told[0].uid <= uid:
            low = middle + 1
        else:
            high = middle
    return low


def _in_order(told: tuple[Fetched, ...], after: int) -> list[tuple[int, int]]:
    """UID and size of each, as they lie there. Raises `BadImap` for UIDs that do not rise."""
    found: list[tuple[int, int]] = []
    for each in told:
        if each.uid is None or each.size is None:  # What is told of its own accord, as of changed flags.
            continue
        if each.uid <= after:
            raise BadImap("UIDs that do not rise")
        found.append((each.uid, each.size))
        after = each.uid
    return found


def _fetch(talk: _Talk, place: FolderPlace, exists: int, sizes: list[tuple[int, int]], room: _Room) -> FolderNews:
    messages: list[bytes] = []
    passed_over = 0
    for uid, size in sizes:
        if size > MAX_MESSAGE_OCTETS:
            passed_over += 1
        elif room.has(size):
            body = _body(talk, uid)
            if body is None:
                passed_over += 1
            else:
                room.octets -= len(body)
                messages.append(body)
        else:
            break
        place = FolderPlace(place.validity, uid)
    return FolderNews(place, exists, tuple(messages), passed_over)


def _body(talk: _Talk, uid: int) -> bytes | None:
    """None for one that was taken away meanwhile, or that the server itself cannot read: it would stop all others for ever."""
    answer = talk.ask(commands.fetch_body(uid, MAX_MESSAGE_OCTETS))
    if _status(answer[-1]) == _NO:
        return None
    told = fetched_in(_demand_ok(answer, FolderTrouble.REFUSED))
    bodies = [each for each in told if each.body is not None]
    if not bodies:
        return None
    if len(bodies) > 1 or bodies[0].uid != uid:
        raise BadImap("another message than was asked for")
    return bodies[0].body


@contextmanager
def _broken_off() -> Iterator[None]:
    try:
        yield
    except NoPlug as problem:
        raise FolderFailed(FolderTrouble(problem.trouble), problem.said) from problem
    except (OSError, BadImap) as problem:
        said = str(problem) if isinstance(problem, BadImap) else ""
        raise FolderFailed(FolderTrouble.BROKEN_OFF, said) from problem
