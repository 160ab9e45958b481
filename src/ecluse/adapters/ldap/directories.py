"""Reads a client's directory: TLS always, to addresses that may be asked alone, bounded in time, entries and octets.

The connection goes to the very address that was looked at (CWE-918). Referrals are not followed. A list that is not
whole is none.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from ecluse.adapters.guarded.plugs import NoPlug, Outside, left, secured
from ecluse.domain.directory import DirectoryEntry, DirectoryFailed, DirectoryQuestion, DirectoryTrouble
from ecluse.domain.printable import printable
from ecluse.wire.ldap import messages
from ecluse.wire.ldap.ber import BadBer, size_of_first
from ecluse.wire.ldap.filters import BadFilter, encode_filter
from ecluse.wire.ldap.messages import Message, Search

WITHIN_S = 30.0  # All together.
MAX_ENTRIES = 20_000
MAX_OCTETS = 33_554_432
MAX_MESSAGE_OCTETS = 1_048_576
PAGE = 500
_PIECE = 65_536
_MAX_SAID = 200
_TROUBLE_OF = {
    messages.BAD_CREDENTIALS: DirectoryTrouble.CREDENTIALS,
    messages.NO_SUCH_OBJECT: DirectoryTrouble.NO_BASE,
    messages.SIZE_LIMIT: DirectoryTrouble.TOO_LARGE,
    messages.TIME_LIMIT: DirectoryTrouble.TOO_LARGE,
    messages.ADMIN_LIMIT: DirectoryTrouble.TOO_LARGE,
}


@dataclass(frozen=True, slots=True)
class LdapDirectories:
    """Reads; it never writes anything there."""

    resolve: Callable[[str], tuple[str, ...]]  # Name -> IP addresses; none where it leads nowhere.
    is_allowed: Callable[[str], bool]
    within_s: float = WITHIN_S
    most: int = MAX_ENTRIES

    def read(self, question: DirectoryQuestion) -> tuple[DirectoryEntry, ...]:
        """All entries that fit. Raises `DirectoryFailed`."""
        deadline = time.monotonic() + self.within_s
        try:
            wanted = encode_filter(question.filter)
        except BadFilter as problem:
            raise DirectoryFailed(DirectoryTrouble.REFUSED, str(problem)) from problem
        with _broken_off(), self._connected(question, deadline) as talk:
            talk.demand(messages.BIND, lambda number: messages.bind(number, question.bind_dn, question.password))
            search = Search(question.base, wanted, question.attributes, self.most + 1, int(self.within_s))
            return tuple(talk.search(search, self.most))

    @contextmanager
    def _connected(self, question: DirectoryQuestion, deadline: float) -> Iterator[_Talk]:
        with Outside(self.resolve, self.is_allowed).connect(question.host, question.port, deadline) as plain:
            talk = _Talk(plain, deadline)
            if question.starts_tls:
                talk.demand(messages.EXTENDED, messages.start_tls, DirectoryTrouble.NOT_ENCRYPTED)
            with secured(plain, question.host, question.authority, deadline) as secure:
                yield _Talk(secure, deadline)


@dataclass(slots=True)
class _Talk:
    """One conversation, with its limits."""

    plug: socket.socket
    deadline: float  # Monotonic.
    _number: int = 0
    _octets: int = 0
    _buffer: bytearray = field(default_factory=bytearray)

    def demand(
        self,
        kind: int,
        made: Callable[[int], bytes],
        trouble: DirectoryTrouble = DirectoryTrouble.REFUSED,
    ) -> None:
        """Ask, and hear that it was done. Raises `DirectoryFailed`."""
        answer = self._ask(made)
        if answer.kind != kind:
            raise DirectoryFailed(DirectoryTrouble.BROKEN_OFF)
        _demand_success(answer, trouble)
        if self._buffer:
            # What came in the clear after the answer must not be taken for what is said in secret (RFC 4513 section 3.1.1).
            raise DirectoryFailed(DirectoryTrouble.BROKEN_OFF)

    def search(self, wanted: Search, most: int) -> Iterator[DirectoryEntry]:
        """Entry by entry, page by page."""
        cookie, count = b"", 0
        while True:
            message = self._ask(partial(messages.search, wanted=wanted, page=PAGE, cookie=cookie))
            while message.kind != messages.DONE:
                if message.kind == messages.ENTRY:
                    count += 1
                    if count > most:
                        raise DirectoryFailed(DirectoryTrouble.TOO_LARGE)
                    yield messages.read_entry(message.content)
                elif message.kind != messages.REFERENCE:
                    raise DirectoryFailed(DirectoryTrouble.BROKEN_OFF)
                message = self._receive()
            _demand_success(message, DirectoryTrouble.REFUSED)
            cookie = messages.next_cookie(message.controls)
            if not cookie:
                self.plug.sendall(messages.unbind(self._number + 1))
                return

    def _ask(self, made: Callable[[int], bytes]) -> Message:
        self._number += 1
        self.plug.settimeout(left(self.deadline))
        self.plug.sendall(made(self._number))
        return self._receive()

    def _receive(self) -> Message:
        """The next message about what was asked last."""
        size = size_of_first(self._buffer)
        while size is None or len(self._buffer) < size:
            if (size or 0) > MAX_MESSAGE_OCTETS or self._octets > MAX_OCTETS:
                raise DirectoryFailed(DirectoryTrouble.TOO_LARGE)
            self.plug.settimeout(left(self.deadline))
            piece = self.plug.recv(_PIECE)
            if not piece:
                raise DirectoryFailed(DirectoryTrouble.BROKEN_OFF)
            self._octets += len(piece)
            self._buffer += piece
            size = size_of_first(self._buffer)
        message = messages.read_message(bytes(self._buffer[:size]))
        del self._buffer[:size]
        if message.id != self._number:  # 0 says farewell (RFC 4511 section 4.4.1).
            raise DirectoryFailed(DirectoryTrouble.BROKEN_OFF)
        return message


def _demand_success(message: Message, otherwise: DirectoryTrouble) -> None:
    result = messages.read_result(message.content)
    if result.code != messages.SUCCESS:
        said = printable(result.said)[:_MAX_SAID]
        raise DirectoryFailed(_TROUBLE_OF.get(result.code, otherwise), f"{result.code} {said}".strip())


@contextmanager
def _broken_off() -> Iterator[None]:
    try:
        yield
    except NoPlug as problem:
        raise DirectoryFailed(DirectoryTrouble(problem.trouble), problem.said) from problem
    except (OSError, BadBer) as problem:
        raise DirectoryFailed(DirectoryTrouble.BROKEN_OFF) from problem
