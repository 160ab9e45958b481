"""A sending server under full control: raw octets out, replies in, pipelined as the test likes."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import struct
from dataclasses import dataclass

MAIL = "MAIL FROM:<ann@sender.test>"
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Reply:
    """One reply: its code, and all its lines without codes."""

    code: int
    text: str

    def __str__(self):
        return f"{self.code} {self.text}"

    @property
    def id(self):
        """The message id that stands in parentheses at the end of our answers to messages."""
        return re.search(r"\(([0-9a-f]{32})\)", self.text)[1]


class Gone(Exception):
    """The node has closed the connection."""


class Sender:
    """One connection to a node. Use it with `async with`."""

    def __init__(self, host, port, *, ip="127.0.0.1"):
        self._place = (host, port)
        self._ip = ip
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection(*self._place, local_addr=(self._ip, 0), limit=2**20)
        return self

    async def __aexit__(self, *_):
        self.writer.transport.abort()
        # The socket is closed in the loop's next turn: a node that is ended before waits for the transaction on it.
        await asyncio.sleep(0)

    def reset(self):
        """Leave without a word: a reset, where a mere end could still listen."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def greeted(self, name="client.test", verb="EHLO"):
        """Hear the greeting and introduce ourselves; the reply to EHLO."""
        assert (await self.reply()).code == 220
        return await self.ask(f"{verb} {name}")

    def write(self, octets):
        self.writer.write(octets)

    async def ask(self, line):
        """One command, one reply."""
        return (await self.pipeline(line))[0]

    async def pipeline(self, *lines):
        """All commands in one write; their replies."""
        self.write("".join(f"{line}\r\n" for line in lines).encode())
        return [await self.reply() for _ in lines]

    async def reply(self, within_s=PATIENCE_S):
        """The next reply. Raises `Gone` when the node closed the connection instead."""
        texts = []
        async with asyncio.timeout(within_s):
            while True:
                try:
                    line = await self.reader.readline()
                except ConnectionResetError as error:
                    raise Gone from error
                if not line.endswith(b"\r\n"):
                    raise Gone
                texts.append(line[4:-2].decode())
                if line[3:4] != b"-":
                    return Reply(int(line[:3]), "\n".join(texts))

    async def is_closed(self, within_s=PATIENCE_S):
        """Whether the node closes the connection without another word."""
        async with asyncio.timeout(within_s):
            try:
                return await self.reader.read(1) == b""
            except ConnectionResetError:
                return True

    async def transact(self, recipients, content, mail=MAIL):
        """One pipelined transaction; the replies to MAIL, each RCPT, and the dot (DATA's, when that is refused)."""
        replies = await self.pipeline(mail, *[f"RCPT TO:<{one}>" for one in recipients], "DATA")
        if replies[-1].code != 354:
            return replies
        self.write(content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        return [*replies[:-1], await self.reply()]

    async def start_tls(self, context=None):
        """STARTTLS and the handshake, without a look at the certificate."""
        assert (await self.ask("STARTTLS")).code == 220
        await self.writer.start_tls(context or unverified())


def unverified():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def message(subject="hello", body="How are you?\r\n", **fields):
    """A harmless message; CRLF line ends."""
    head = {"From": "ann@sender.test", "To": "bob@b.example", "Date": "Wed, 25 Nov 2026 08:00:00 +0000"} | fields
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"{lines}Subject: {subject}\r\n\r\n{body}".encode()
