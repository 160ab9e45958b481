"""The sink of a node: takes the mail of the probe domain from the gateway beside it, and drops it.

It is the route of the probe domain, so that a probe's 250 means that the whole way was gone: reception, judgement, delivery.
Of outbound mail, which is queued, a 250 does not mean that: the sink remembers what came, for whoever knows its Message-ID.
"""

from __future__ import annotations

import asyncio
import re
import signal
from contextlib import AsyncExitStack

from ecluse.entrypoints.probing.arrivals import MAX_LINE, Arrivals
from ecluse.wire.notations import Endpoint

_SILENCE_S = 300.0
_MAX_CONNECTIONS = 100
_MAX_LINE = 65_536
_MAX_OCTETS = 1_048_576
_QUESTION_S = 10.0
_BREACHES = (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
_MESSAGE_ID = re.compile(rb"message-id:\s*<([0-9a-f]{32})@[^>]*>\s*", re.IGNORECASE)  # As probes write them.
_REPLIES = {b"MAIL": b"250 2.1.0 ok", b"RCPT": b"250 2.1.5 ok", b"RSET": b"250 2.0.0 ok", b"NOOP": b"250 2.0.0 ok"}


async def serve(listen: Endpoint, answer: Endpoint | None = None) -> None:
    """Until SIGTERM; vantage points ask at the second place what has come. Raises `OSError` where a port is taken."""
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    places, arrivals = asyncio.Semaphore(_MAX_CONNECTIONS), Arrivals()
    askers = asyncio.Semaphore(_MAX_CONNECTIONS)  # Of their own: strangers who ask keep no mail waiting.

    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with places:
            await _converse(reader, writer, arrivals)

    async def asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with askers:
            await _tell(reader, writer, arrivals)

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(await asyncio.start_server(met, listen.host, listen.port, limit=_MAX_LINE))
        if answer is not None:
            server = await asyncio.start_server(asked, answer.host, answer.port, limit=MAX_LINE)
            await stack.enter_async_context(server)
        await ending.wait()


async def _tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, arrivals: Arrivals) -> None:
    """One question, one answer; who asks nothing is left."""
    try:
        async with asyncio.timeout(_QUESTION_S):
            writer.write(arrivals.answer(await reader.readuntil(b"\n")))
            await writer.drain()
    except _BREACHES:
        pass
    finally:
        writer.close()


async def _converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, arrivals: Arrivals) -> None:
    """Whoever is silent for long, or breaks the rules, is left."""
    try:
        await _say(writer, b"220 sink")
        while (verb := await _line(reader)) != b"QUIT":
            await _answer(verb, reader, writer, arrivals)
        await _say(writer, b"221 2.0.0 bye")
    except _BREACHES:
        pass
    finally:
        writer.close()


async def _answer(verb: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, arrivals: Arrivals) -> None:
    if verb in {b"EHLO", b"HELO"}:
        await _say(writer, b"250 sink")
    elif verb == b"DATA":
        await _say(writer, b"354 go on")
        mail = await _drop(reader)
        if mail:
            arrivals.note(mail)
        await _say(writer, b"250 2.0.0 dropped")
    else:
        await _say(writer, _REPLIES.get(verb, b"502 5.5.1 unknown"))


async def _drop(reader: asyncio.StreamReader) -> str:
    """A message, up to its lone dot: its id, if a probe wrote it. Raises `ValueError` for one that no probe writes."""
    octets, mail, is_header = 0, "", True
    async with asyncio.timeout(_SILENCE_S):
        while (line := await reader.readuntil(b"\n")) != b".\r\n":
            octets += len(line)
            if octets > _MAX_OCTETS:
                raise ValueError("too large")
            is_header = is_header and line != b"\r\n"
            if is_header and (found := _MESSAGE_ID.fullmatch(line)):
                mail = found[1].decode("ascii")
    return mail


async def _line(reader: asyncio.StreamReader) -> bytes:
    """The verb of the next command."""
    async with asyncio.timeout(_SILENCE_S):
        line = await reader.readuntil(b"\n")
    return line.split(maxsplit=1)[0].upper() if line.strip() else b""


async def _say(writer: asyncio.StreamWriter, text: bytes) -> None:
    writer.write(text + b"\r\n")
    await writer.drain()
