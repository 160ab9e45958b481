"""A small receiving server whose every answer can be chosen, on real loopback sockets."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field

OK = b"250 2.0.0 ok\r\n"
CLOSE = "close"  # End the connection in good order.
RESET = "reset"  # End it with a TCP reset.
HANG = "hang"  # Say nothing more.

PLAIN = ("PIPELINING", "SIZE 52428800", "8BITMIME", "ENHANCEDSTATUSCODES")


class _End(Exception):
    """The script ends the connection."""


@dataclass
class Receiver:
    """Answers as a good server does, except where `says` has something else for a verb.

    Keys are verbs, "RCPT bob@b.example" for one recipient, "greeting", "." for the end of the content, "content" for
    its first octets. Values are what to do, one after the other: octets to write, seconds to wait, or how to end.
    """

    says: dict[str, tuple[bytes | float | str, ...]] = field(default_factory=dict)
    keywords: tuple[str, ...] = PLAIN
    tls: ssl.SSLContext | None = None
    reads_slowly: bool = False  # Stops reading the content until `may_read` is set.
    may_read: asyncio.Event = field(default_factory=asyncio.Event)
    content_begins: asyncio.Event = field(default_factory=asyncio.Event)
    connections: int = 0
    commands: list[str] = field(default_factory=list)
    reads: list[bytes] = field(default_factory=list)  # Each arrival outside the content, to see what came together.
    messages: list[bytes] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task] = field(default_factory=set)

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, limit=2**16)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        await asyncio.sleep(0.01)  # asyncio loses a connection that is accepted while its server closes.
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0.01)  # What was aborted is closed a moment later.

    async def _accept(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        self.connections += 1
        session = _Session(self, reader, writer)
        try:
            await session.run()
        except (_End, OSError, asyncio.CancelledError):
            pass
        finally:
            session.writer.close()
            with contextlib.suppress(OSError, TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(session.writer.wait_closed(), 5)
            session.writer.transport.abort()


@dataclass
class _Session:
    receiver: Receiver
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    held: bytes = b""

    async def run(self):
        await self._say("greeting", b"220 mx.test ESMTP\r\n")
        while True:
            line = await self._line()
            verb = line[:4].upper()
            self.receiver.commands.append(line)
            await getattr(self, f"_{verb.lower()}", self._other)(line)

    async def _other(self, line):
        await self._say(line[:4].upper(), OK)

    async def _ehlo(self, line):
        lines = ["mx.test", *self.receiver.keywords]
        text = "".join(f"250-{one}\r\n" for one in lines[:-1]) + f"250 {lines[-1]}\r\n"
        await self._say("EHLO", text.encode())

    async def _rcpt(self, line):
        address = line[line.index("<") + 1 : line.index(">")]
        await self._say(f"RCPT {address}" if f"RCPT {address}" in self.receiver.says else "RCPT", OK)

    async def _star(self, line):
        await self._say("STAR", b"220 go\r\n")
        if not self.receiver.says.get("STAR", (b"220",))[0].startswith(b"220"):
            return
        self.held = b""
        await self.writer.start_tls(self.receiver.tls)
        self.receiver.commands.append("(TLS)")

    async def _quit(self, line):
        await self._say("QUIT", b"221 bye\r\n")
        raise _End

    async def _data(self, line):
        await self._say("DATA", b"354 go\r\n")
        if not self.receiver.says.get("DATA", (b"354",))[0].startswith(b"354"):
            return
        self.receiver.content_begins.set()
        body = self.held
        self.held = b""
        if not body:
            body = await self._content()
        await self._say("content", b"")
        while not (b"\r\n" + body).endswith(b"\r\n.\r\n"):
            body += await self._content()
        self.receiver.messages.append((b"\r\n" + body)[2:-3].replace(b"\r\n..", b"\r\n."))
        await self._say(".", OK)

    async def _bdat(self, line):
        self.receiver.content_begins.set()
        await self._say("content", b"")
        size = int(line.split()[1])
        body = self.held[:size]
        self.held = self.held[size:]
        while len(body) < size:
            body += await self._content()
        self.receiver.messages.append(body)
        await self._say(".", OK)

    async def _content(self):
        if self.receiver.reads_slowly:
            await self.receiver.may_read.wait()
        octets = await self.reader.read(2**18)
        if not octets:
            raise _End
        return octets

    async def _line(self):
        while b"\r\n" not in self.held:
            octets = await self.reader.read(65_536)
            if not octets:
                raise _End
            self.receiver.reads.append(octets)
            self.held += octets
        line, self.held = self.held.split(b"\r\n", 1)
        return line.decode()

    async def _say(self, key, usual):
        for act in self.receiver.says.get(key, (usual,)):
            if isinstance(act, bytes):
                self.writer.write(act)
                await self.writer.drain()
            elif act == CLOSE:
                raise _End
            elif act == RESET:
                self.writer.transport.abort()
                raise _End
            elif act == HANG:
                await asyncio.sleep(3_600)
            else:
                await asyncio.sleep(act)
