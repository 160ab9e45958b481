"""The client's mail server of the demonstration: takes everything, on our own SMTP engine, and keeps it as files."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import cast

from ecluse.wire.smtp import replies
from ecluse.wire.smtp.events import Closing, ContentBegins, ContentEnds, ContentPiece, MailBegins, RecipientNamed
from ecluse.wire.smtp.server import ReceivingSession
from ecluse.wire.smtp.server_options import ServerOptions

KEPT = 100  # The last messages.


class ClientServer:
    """Listens on loopback in a thread of its own."""

    def __init__(self, mailbox: Path) -> None:
        """Messages are kept in the folder `mailbox`, which is made, the last `KEPT` of them."""
        mailbox.mkdir(parents=True, exist_ok=True)
        self._mailbox = mailbox
        self._files: deque[Path] = deque()
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="client-server", daemon=True)
        self._is_ready = threading.Event()

    def start(self) -> None:
        """Listen; `port` is set afterwards."""
        self._thread.start()
        self._is_ready.wait()

    def stop(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _keep(self, message: bytes) -> None:
        file = self._mailbox / f"{time.time_ns()}.eml"
        draft = file.with_suffix(".part")
        draft.write_bytes(message)
        draft.replace(file)
        self._files.append(file)
        while len(self._files) > KEPT:
            self._files.popleft().unlink(missing_ok=True)

    def _run(self) -> None:
        server = self._loop.run_until_complete(self._loop.create_server(lambda: _Session(self._keep), "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._is_ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.close()


class _Session(asyncio.Protocol):
    def __init__(self, keep: Callable[[bytes], None]) -> None:
        self._keep = keep
        self._session = ReceivingSession(ServerOptions(hostname="mail.demo.example"))
        self._pieces: list[bytes] = []
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._session.greet()
        self._transport.write(self._session.take_output())

    def data_received(self, data: bytes) -> None:
        self._session.feed(data)
        is_closing = False
        while (event := self._session.next_event()) is not None:
            if isinstance(event, ContentPiece):
                self._pieces.append(event.octets)
            elif isinstance(event, ContentEnds):
                self._keep(b"".join(self._pieces))
                self._pieces.clear()
            if isinstance(event, MailBegins | RecipientNamed | ContentBegins | ContentEnds):
                self._session.answer(replies.OK)
            is_closing = isinstance(event, Closing)
        if self._transport is not None:
            self._transport.write(self._session.take_output())
            if is_closing:
                self._transport.close()
