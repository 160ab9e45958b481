"""Plays text dialogs (style: tests/dialogs/README.md) against the receiving engine, without a socket."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from ecluse.domain.reply import Reply
from ecluse.wire.smtp import replies
from ecluse.wire.smtp.data import Newlines
from ecluse.wire.smtp.events import (
    AuthBegins,
    AuthResponse,
    Closing,
    ContentBegins,
    ContentDropped,
    ContentEnds,
    ContentPiece,
    Event,
    MailBegins,
    RecipientNamed,
    TlsAsked,
    TransactionReset,
)
from ecluse.wire.smtp.server import ReceivingSession
from ecluse.wire.smtp.server_options import ServerOptions

CLIENTS = {"one.example": "One", "two.example": "Two"}
KINDS: dict[str, Callable[[str], object]] = {
    "int": int,
    "bool": bool,
    "Newlines": Newlines,
    "tuple[str, ...]": lambda text: tuple(text.split()),
}
KNOWN = {"ann@one.example", "bob@one.example", "bob@two.example"}


class Application:
    """A gateway in a few lines: who is served and who is known, as above; all messages are taken."""

    def __init__(self, options: ServerOptions, *, is_tls: bool = False) -> None:
        self.session = ReceivingSession(options, is_tls=is_tls)
        self.sent = b""
        self.events: list[Event] = []
        self.messages: list[bytes] = []
        self.clients: set[str] = set()
        self.content: list[bytes] = []
        self.session.greet()
        self.run()

    def say(self, octets: bytes) -> None:
        self.session.feed(octets)
        self.run()

    def run(self) -> None:
        while (event := self.session.next_event()) is not None:
            self.events.append(event)
            answer = self.take(event)
            assert self.session.awaits_answer == (answer is not None)
            if answer is not None:
                self.session.answer(answer)
        self.sent += self.session.take_output()

    def take(self, event: Event) -> Reply | None:
        match event:
            case AuthBegins(_, initial):
                return Reply(334, "", "") if initial is None else _login(initial)
            case AuthResponse(octets):
                return _login(octets)
            case MailBegins():
                self.clients, self.content = set(), []
                return replies.SENDER_OK
            case RecipientNamed(recipient):
                return self.take_recipient(recipient.address.domain, recipient.address.key)
            case ContentBegins():
                return replies.OK
            case ContentPiece(octets):
                self.content.append(octets)
            case ContentEnds(size):
                message = b"".join(self.content)
                assert len(message) == size
                self.messages.append(message)
                return replies.OK
            case ContentDropped() | TransactionReset():
                self.content = []
        return None

    def take_recipient(self, domain: str, key: str) -> Reply:
        if key == "postmaster":
            return replies.RECIPIENT_OK
        if domain not in CLIENTS:
            return replies.UNKNOWN_DOMAIN
        if key not in KNOWN:
            return replies.UNKNOWN_ADDRESS
        if self.clients - {CLIENTS[domain]}:
            return replies.SECOND_CLIENT
        self.clients.add(CLIENTS[domain])
        return replies.RECIPIENT_OK


def _login(response: bytes) -> Reply:
    return replies.LOGGED_IN if response == b"\0ann\0secret" else replies.LOGIN_FAILED


def play(path: Path) -> None:
    """Fails with the file's line that did not come true."""
    lines = [(number, line) for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)]
    spoken = [(number, line) for number, line in lines if line.strip() and not line.startswith("#")]
    settings = [line.removeprefix("with ") for _, line in spoken if line.startswith("with ")]
    is_tls = "tls" in settings
    application = Application(options_of([each for each in settings if each != "tls"]), is_tls=is_tls)
    for number, line in spoken:
        if not line.startswith("with "):
            step(application, line, f"{path.name}:{number}: {line}")
    assert application.sent == b"", f"{path.name}: left unread at the end"


def options_of(settings: list[str]) -> ServerOptions:
    kinds = {field.name: field.type for field in fields(ServerOptions)}
    values: dict[str, object] = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        values[name] = KINDS[str(kinds[name])](value or True)
    return ServerOptions("gateway.test", **values)


def step(application: Application, line: str, place: str) -> None:
    word, _, text = line.partition(" ")
    match word:
        case "C:" | "C>":
            assert application.sent == b"", f"{place}: unread: {application.sent!r}"
            application.say(unescape(text) + (b"\r\n" if word == "C:" else b""))
        case "S:":
            got, found, application.sent = application.sent.partition(b"\r\n")
            assert found, f"{place}: got nothing"
            pattern = ".*".join(re.escape(part) for part in text.split("~"))
            assert re.fullmatch(pattern, got.decode()), f"{place}: got {got!r}"
        case "message":
            assert application.messages, f"{place}: there is none"
            assert application.messages.pop(0) == unescape(text), place
        case "silence":
            assert application.sent == b"", f"{place}: got {application.sent!r}"
        case "dropped":
            assert ContentDropped() in application.events, place
        case "tls":
            assert application.events[-1] == TlsAsked(), place
            application.session.tls_started()
            application.run()
        case "closed":
            assert application.events[-1] == Closing(), place
        case _:
            raise AssertionError(f"{place}: no such step")


def unescape(text: str) -> bytes:
    return re.sub(rb"\\(x[0-9a-f]{2}|[rn0\\])", _escaped, text.encode("utf-8"))


def _escaped(match: re.Match[bytes]) -> bytes:
    word = match[1]
    return (
        bytes([int(word[1:], 16)])
        if word.startswith(b"x")
        else {b"r": b"\r", b"n": b"\n", b"0": b"\0"}.get(word, b"\\")
    )
