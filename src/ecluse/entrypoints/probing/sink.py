"""The sink of a node: takes the mail of the probe domain from the gateway beside it, and drops it.

It is the route of the probe domain, so that a probe's 250 means that the whole way was gone: reception, judgement, delivery.
"""

from __future__ import annotations

import asyncio
import signal

from ecluse.wire.notations import Endpoint

_SILENCE_S = 300.0
_MAX_CONNECTIONS = 100
_MAX_LINE = 65_536
_MAX_OCTETS = 1_048_576
_REPLIES = {b"MAIL": b"250 2.1.0 ok", b"RCPT": b"250 2.1.5 ok", b"RSET": b"250 2.0.0 ok", b"NOOP": b"250 2.0.0 ok"}


async def serve(listen: Endpoint) -> None:
    """Until SIGTERM. Raises `OSError` where the port is taken."""
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    places = asyncio.Semaphore(_MAX_CONNECTIONS)

    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with places:
            await _converse(reader, writer)

    server = await asyncio.start_server(met, listen.host, listen.port, limit=_MAX_LINE)
    async with server:
        await ending.wait()


async def _converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Whoever is silent for long, or breaks the rules, is left."""
    try:
        await _say(writer, b"220 sink")
        while (verb := await _line(reader)) != b"QUIT":
            await _answer(verb, reader, writer)
        await _say(writer, b"221 2.0.0 bye")
    except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def _answer(verb: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    if verb in {b"EHLO", b"HELO"}:
        await _say(writer, b"250 sink")
    elif verb == b"DATA":
        await _say(writer, b"354 go on")
        await _drop(reader)
        await _say(writer, b"250 2.0.0 dropped")
    else:
        await _say(writer, _REPLIES.get(verb, b"502 5.5.1 unknown"))


async def _drop(reader: asyncio.StreamReader) -> None:
    """A message, up to its lone dot. Raises `ValueError` for one that no probe writes."""
    octets = 0
    async with asyncio.timeout(_SILENCE_S):
        while (line := await reader.readuntil(b"\n")) != b".\r\n":
            octets += len(line)
            if octets > _MAX_OCTETS:
                raise ValueError("too large")


async def _line(reader: asyncio.StreamReader) -> bytes:
    """The verb of the next command."""
    async with asyncio.timeout(_SILENCE_S):
        line = await reader.readuntil(b"\n")
    return line.split(maxsplit=1)[0].upper() if line.strip() else b""


async def _say(writer: asyncio.StreamWriter, text: bytes) -> None:
    writer.write(text + b"\r\n")
    await writer.drain()
