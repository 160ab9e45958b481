"""The server that takes what the worker mails: a real one on loopback, that is away or refuses when it is told to."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property

from ecluse.wire.notations import Endpoint


@dataclass(frozen=True)
class Taken:
    """One letter as it came."""

    at: datetime
    recipient: str
    octets: bytes

    has_file: bool

    @cached_property
    def mail(self) -> EmailMessage:
        """Read."""
        return message_from_bytes(self.octets, policy=policy.default)

    @cached_property
    def subject(self) -> str:
        """As people read it."""
        return str(self.mail["Subject"])

    @property
    def words(self) -> str:
        """What it says, without what makes each mail another one."""
        return self.mail.get_body(("plain",)).get_content()


_EVENTS = {
    "suspendu": "suspended",
    "is suspended": "suspended",
    "est terminé": "ended",
    "is over": "ended",
    "rétabli": "resumed",
    "served again": "resumed",
    "Rappel": "ends-soon",
    "Reminder": "ends-soon",
    "prend fin": "ends",
    "ends with": "ends",
}


def event_in(subject: str) -> str:
    """What a letter about the service tells."""
    return next(event for words, event in _EVENTS.items() if words in subject)


class MailServer(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as `smtplib` asks for."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.taken: list[Taken] = []
        self.looked_at = 0  # So many of them were looked through.
        self.is_away = False
        self.refuses: set[str] = set()

    @property
    def endpoint(self) -> Endpoint:
        """Where it listens."""
        return Endpoint("{}:{}".format(*self.server_address))

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is none of ours."""


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        if self.server.is_away:
            return
        recipient = ""
        self._say("220 sink.example")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"RCPT":
                recipient = line.partition(b"<")[2].partition(b">")[0].decode()
                self._say("550 5.1.1 nobody here" if recipient in self.server.refuses else "250 ok")
            elif verb == b"DATA":
                self._say("354 go on")
                octets = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.taken.append(Taken(datetime.now(UTC), recipient, octets, b"application/pdf" in octets))
                self._say("250 taken")
            elif verb == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())


@contextlib.contextmanager
def mail_server() -> Iterator[MailServer]:
    """In a thread of its own."""
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
