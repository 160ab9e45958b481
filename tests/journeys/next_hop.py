"""A client's server whose every answer can be chosen, on real sockets; it keeps every octet it took."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

OK = "250 2.0.0 ok"
CLOSE = "close"  # End the connection in good order.
RESET = "reset"  # End it with a TCP reset.
HANG = "hang"  # Say nothing more.
KEYWORDS = ("PIPELINING", "SIZE 52428800", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES")

Act = str | float
"""What to do at one point: a reply line, seconds to wait, or `CLOSE`, `RESET`, `HANG`."""


@dataclass(frozen=True)
class Taken:
    """One message that was answered 250."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes  # Without dot-stuffing and final dot.
    mail: str  # The whole MAIL command.
    rcpts: tuple[str, ...]  # The whole RCPT commands.


class _End(Exception):
    """The script ends the connection."""


@dataclass
class NextHop:
    """Answers as a good server does, except where `says` has something else.

    Keys: "banner", a verb, "RCPT ann@one.example" for one recipient, "content" when its first octets have come, "."
    for its end. A value is one act, several one after the other, or a function of the number of earlier times.
    """

    host: str
    port: int
    says: dict[str, Act | tuple[Act, ...] | Callable[[int], Act]] = field(default_factory=dict)
    keywords: tuple[str, ...] = KEYWORDS
    tls: ssl.SSLContext | None = None
    connections: int = 0
    open: int = 0
    most_open: int = 0
    commands: list[str] = field(default_factory=list)
    octets: bytearray = field(default_factory=bytearray)
    taken: list[Taken] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)
    peers: list[str] = field(default_factory=list)  # Addresses that connections came from.
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task] = field(default_factory=set)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self):
        # A small window: a large message cannot lie whole, its dot included, in the kernel before it is read.
        bound = socket.create_server((self.host, self.port))
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        self._server = await asyncio.start_server(self._serve, sock=bound, limit=2**18)
        return self

    async def stop(self):
        """Refuse new connections and break off those that are open."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        await asyncio.sleep(0.01)  # A connection that was just accepted shows up as a task.
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def takes(self, count, *, within_s=60.0):
        """Return the messages taken once there are `count`."""
        await self.until(lambda: len(self.taken) >= count, within_s=within_s)
        return self.taken

    async def until(self, is_so, *, within_s=60.0):
        """Return once the condition holds; it is looked at whenever something happens here."""
        async with asyncio.timeout(within_s):
            while not is_so():
                self._changed.clear()
                await self._changed.wait()

    async def __aenter__(self):
        return await self.start()

    async def __aexit__(self, *_):
        await self.stop()

    def note(self, octets=b""):
        self.octets += octets
        self._changed.set()

    async def _serve(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        self.connections += 1
        self.peers.append(writer.get_extra_info("peername")[0])
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        self.note()
        session = _Session(self, reader, writer)
        try:
            await session.run()
        except (_End, OSError, asyncio.CancelledError):
            pass
        finally:
            self.open -= 1
            self.note()
            session.writer.close()
            with contextlib.suppress(OSError, TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(session.writer.wait_closed(), 5)
            session.writer.transport.abort()
            self._tasks.discard(asyncio.current_task())


class _Session:
    def __init__(self, server, reader, writer):
        self.server, self.reader, self.writer = server, reader, writer
        self.held = b""
        self._begin()

    def _begin(self):
        self.mail, self.rcpts, self.accepted, self.content = "", [], [], b""

    async def run(self):
        await self._say("banner", "220 mx.test ESMTP")
        while True:
            line = await self._line()
            verb = line[:4].upper()
            self.server.commands.append(line)
            await getattr(self, f"_{verb.lower()}", self._other)(line)

    async def _other(self, line):
        await self._say(line[:4].upper(), OK)

    async def _ehlo(self, line):
        lines = ["mx.test", *self.server.keywords, *["STARTTLS"] * (self.server.tls is not None)]
        await self._say("EHLO", "\r\n".join([*[f"250-{one}" for one in lines[:-1]], f"250 {lines[-1]}"]))

    async def _mail(self, line):
        self._begin()
        if (await self._say("MAIL", OK)).startswith("2"):
            self.mail = line

    async def _rcpt(self, line):
        if not self.mail:
            await self._write("503 5.5.1 no MAIL")
            return
        address = _path(line)
        said = await self._say(f"RCPT {address}" if f"RCPT {address}" in self.server.says else "RCPT", OK)
        if said.startswith("2"):
            self.rcpts.append(line)
            self.accepted.append(address)

    async def _rset(self, line):
        self._begin()
        await self._say("RSET", OK)

    async def _star(self, line):
        await self._say("STARTTLS", "220 go")
        self.held = b""
        await self.writer.start_tls(self.server.tls)
        self.server.commands.append("(TLS)")

    async def _quit(self, line):
        await self._say("QUIT", "221 bye")
        raise _End

    async def _data(self, line):
        if not self.accepted:
            await self._write("554 5.5.1 no valid recipients")
            return
        if not (await self._say("DATA", "354 go")).startswith("354"):
            return
        body, self.held = b"\r\n" + self.held, b""
        if body == b"\r\n":
            body += await self._read()
        await self._say("content", "")
        while not body.endswith(b"\r\n.\r\n"):
            body += await self._read()
        await self._end_content(body[2:-3].replace(b"\r\n..", b"\r\n.").removeprefix(b"."))

    async def _bdat(self, line):
        size = int(line.split()[1])
        body, self.held = self.held[:size], self.held[size:]
        while len(body) < size:
            body += await self._read()
        if not self.accepted:
            await self._write("554 5.5.1 no valid recipients")
            return
        self.content += body
        if line.upper().endswith("LAST"):
            await self._end_content(self.content)
        else:
            await self._write(OK)

    async def _end_content(self, content):
        taken = Taken(_path(self.mail), tuple(self.accepted), content, self.mail, tuple(self.rcpts))
        self.accepted = []
        if (await self._say(".", OK)).startswith("2"):
            self.server.taken.append(taken)
            self.server.note()

    async def _read(self):
        octets = await self.reader.read(2**18)
        if not octets:
            raise _End
        self.server.note(octets)
        return octets

    async def _line(self):
        while b"\r\n" not in self.held:
            self.held += await self._read()
        line, self.held = self.held.split(b"\r\n", 1)
        return line.decode()

    async def _say(self, key, usual):
        """Play the script's acts and return the last reply line."""
        times = self.server.asked.get(key, 0)
        self.server.asked[key] = times + 1
        self.server.note()
        chosen = self.server.says.get(key, usual)
        chosen = chosen(times) if callable(chosen) else chosen
        said = ""
        for act in chosen if isinstance(chosen, tuple) else (chosen,):
            if act == CLOSE:
                raise _End
            if act == RESET:
                self.writer.transport.abort()
                raise _End
            if act == HANG:
                await asyncio.sleep(3_600)
            elif isinstance(act, asyncio.Event):
                await act.wait()
            elif isinstance(act, float | int):
                await asyncio.sleep(act)
            else:
                said = act
                await self._write(act)
        return said

    async def _write(self, text):
        if text:
            self.writer.write(text.encode() + b"\r\n")
            await self.writer.drain()


def _path(line):
    return line[line.index("<") + 1 : line.index(">")]
