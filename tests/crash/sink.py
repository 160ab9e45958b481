"""The next hop of a crash run: an SMTP server of its own that writes down all it takes, and fails as it is told.

Each message is one line of the record file, written before it is answered. One word a line on standard input changes
what it does from then on; see `MODES`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import random
import sys
import time
from pathlib import Path

from tests.crash.traffic import NEVER, SLOW, identify, number_of

MODES = ("normal", "closed", "defer", "cut-in-content", "cut-after-dot")
LIMIT = 8 * 1024 * 1024
DELAYS_S = (0.0, 0.0, 0.0, 0.02, 0.1, 0.3)  # Before the answer to the dot: time for somebody to die in.


class Sink:
    def __init__(self, port: int, record: Path, seed: int) -> None:
        self._port = port
        self._record = os.open(record, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.dice = random.Random(seed)
        self.mode = "normal"
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._put_off: set[tuple[int, str]] = set()

    async def run(self) -> None:
        """Serve until standard input ends."""
        await self._listen()
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            await self._change(line.decode().strip())

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port, limit=LIMIT)

    async def _change(self, mode: str) -> None:
        self.mode = mode
        if mode == "closed" and self._server:
            self._server.close()
            self._server = None
            for writer in tuple(self._open):
                writer.transport.abort()
        elif mode != "closed" and self._server is None:
            await self._listen()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError):
            await _Dialog(self, reader, writer).run()
        self._open.discard(writer)
        writer.transport.abort()

    def refusal(self, sender: str, recipient: str) -> bytes:
        """What the local part asks for; b"" to accept."""
        if recipient.startswith(NEVER):
            return b"550 5.1.1 Never\r\n"
        key = (number_of(sender), recipient)
        if recipient.startswith(SLOW) and key not in self._put_off:
            self._put_off.add(key)
            return b"450 4.2.1 Come again\r\n"
        return b""

    def write_down(self, content: bytes, recipients: list[str], answer: str) -> None:
        found = identify(content)
        line = {
            "at": time.time(),
            "number": found.number,
            "own_id": found.own_id,
            "digest": found.digest,
            "is_notice": found.is_notice,
            "told_about": found.told_about,
            "recipients": recipients,
            "answer": answer,
        }
        os.write(self._record, json.dumps(line).encode() + b"\n")


class _Dialog:
    """One connection."""

    def __init__(self, sink: Sink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._sink, self._reader, self._writer = sink, reader, writer
        self._offers_chunking = sink.dice.random() < 0.5
        self._begin()

    def _begin(self) -> None:
        self._sender = ""
        self._recipients: list[str] = []
        self._content = b""
        # Where this transaction is put off, should the mode say so; mostly at the dot.
        self._puts_off_at = self._sink.dice.choices(("MAIL", "RCPT", "DOT"), (1, 3, 6))[0]

    def _is_put_off_at(self, step: str) -> bool:
        return self._sink.mode == "defer" and self._puts_off_at == step

    async def run(self) -> None:
        self._say(b"220 sink.example ESMTP\r\n")
        while line := await self._reader.readuntil(b"\r\n"):
            verb = line[:4].upper().decode("latin-1")
            if verb == "QUIT":
                self._say(b"221 2.0.0 Bye\r\n")
                return
            await getattr(self, f"_on_{verb.lower().strip()}", self._on_other)(line)

    def _say(self, reply: bytes) -> None:
        self._writer.write(reply)

    async def _on_other(self, _line: bytes) -> None:
        self._say(b"250 2.0.0 OK\r\n")

    async def _on_ehlo(self, _line: bytes) -> None:
        extra = b"250-CHUNKING\r\n" if self._offers_chunking else b""
        self._say(
            b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 50000000\r\n" + extra + b"250 HELP\r\n"
        )

    async def _on_rset(self, _line: bytes) -> None:
        self._begin()
        self._say(b"250 2.0.0 Reset\r\n")

    async def _on_mail(self, line: bytes) -> None:
        self._begin()
        if self._is_put_off_at("MAIL"):
            self._say(b"450 4.3.2 Not now\r\n")
            return
        self._sender = _path(line)
        self._say(b"250 2.1.0 OK\r\n")

    async def _on_rcpt(self, line: bytes) -> None:
        recipient = _path(line)
        refusal = self._sink.refusal(self._sender, recipient)
        if self._is_put_off_at("RCPT"):
            refusal = b"451 4.3.2 Not now\r\n"
        if not refusal:
            self._recipients.append(recipient)
        self._say(refusal or b"250 2.1.5 OK\r\n")

    async def _on_data(self, _line: bytes) -> None:
        if not self._recipients:
            self._say(b"554 5.5.1 Nobody\r\n")
            return
        self._say(b"354 Go on\r\n")
        start = await self._reader.readexactly(3)
        if start == b".\r\n":
            await self._end(b"")
            return
        if self._sink.mode == "cut-in-content":
            await self._reader.readexactly(500)
            self._writer.transport.abort()
            return
        # The line end of DATA itself stands before the content, so that a dot can begin it.
        stuffed = b"\r\n" + start + await self._reader.readuntil(b"\r\n.\r\n")
        await self._end(stuffed[:-3].replace(b"\r\n.", b"\r\n")[2:])

    async def _on_bdat(self, line: bytes) -> None:
        _, size, *last = line.split()
        chunk = await self._reader.readexactly(int(size))
        if self._sink.mode == "cut-in-content":
            self._writer.transport.abort()
        elif not self._recipients:
            self._say(b"554 5.5.1 Nobody\r\n")
        elif not last:
            self._content += chunk
            self._say(b"250 2.0.0 More\r\n")
        else:
            await self._end(self._content + chunk)

    async def _end(self, content: bytes) -> None:
        if self._is_put_off_at("DOT"):
            self._say(b"451 4.3.0 Not now\r\n")
        elif self._sink.mode == "cut-after-dot":
            if self._sink.dice.random() < 0.5:
                self._sink.write_down(content, self._recipients, "")
            self._writer.transport.abort()
        else:
            self._sink.write_down(content, self._recipients, "250")
            await asyncio.sleep(self._sink.dice.choice(DELAYS_S))
            self._say(b"250 2.0.0 Kept\r\n")
        self._begin()


def _path(line: bytes) -> str:
    return line.partition(b"<")[2].partition(b">")[0].decode("utf-8", "replace")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.disable()  # What asyncio says about connections that we break on purpose.
    asyncio.run(Sink(options.port, options.record, options.seed).run())


if __name__ == "__main__":
    main()
