"""One TCP connection to a next hop: writes commands and content, waits for replies, never hangs."""

from __future__ import annotations

import asyncio
import socket
import ssl
from _ssl import ENCODING_DER
from collections.abc import Callable, Iterable
from typing import cast

from ecluse.domain.reply import Reply
from ecluse.wire.smtp.client import QUIT, ProtocolTrouble, SendingSession

FAREWELL_S = 5.0  # So long we wait for the reply to QUIT.
CLOSED = "connection closed by the next hop"
OUT_OF_TIME = "out of time"


class Connection(asyncio.Protocol):
    """The replies that came, and the one caller that waits for the next.

    Nothing is raised for what the other side does: a wait that brings fewer replies than asked for leaves the
    reason in `trouble`, and the connection is then of no more use.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.session = SendingSession()
        self.trouble = ""  # One clause; "" while the connection is good.
        self.is_dead = False  # The other side ended it: what was not yet sent may be tried on another one.
        self.transactions = 0  # Begun so far.
        self.idle_since = 0.0  # By the clock.
        self.tls = ""  # How it came to encryption, a word of `tls_words`; "" where none was wanted.
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._clock = clock
        self._transport: asyncio.Transport | None = None
        self._replies: list[Reply] = []
        self._wanted = 0
        self._waiter: asyncio.Future[None] | None = None
        self._last_heard = 0.0
        self._patience_s = 0.0
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._is_paused = False
        self._awaits_room = False
        self._is_leaving = False

    @property
    def is_usable(self) -> bool:
        """Whether another command may be sent: no trouble, and all that was asked has been answered."""
        return not self.trouble and not self.session.awaited and not self._is_leaving

    @property
    def own_address(self) -> str:
        """Our IP address on it; "" where there is none."""
        name = self._transport.get_extra_info("sockname") if self._transport else None
        return str(name[0]).partition("%")[0] if name else ""

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """Those that the other side has shown, in DER, its own first; none without TLS."""
        secured = self._transport.get_extra_info("ssl_object") if self._transport else None
        if secured is None:
            return ()
        # Python shows a chain that nobody has verified from 3.13 on; the method under it is older (3.10).
        shown = secured._sslobj.get_unverified_chain() or ()  # noqa: SLF001 - see above.
        return tuple(each.public_bytes(ENCODING_DER) for each in shown)

    @property
    def unsent_octets(self) -> int:
        """What the transport holds because the other side is slow."""
        return self._transport.get_write_buffer_size() if self._transport else 0

    async def ask(self, commands: Iterable[bytes], timeout_s: float, deadline: float) -> list[Reply]:
        """Send the commands in one write and return their replies, or fewer when there is trouble."""
        commands = tuple(commands)
        self.write(self.session.ask(*commands))
        return await self.replies(len(commands), timeout_s, deadline)

    def write(self, octets: bytes) -> None:
        """Hand octets to the transport; into a connection in trouble they vanish."""
        if self._transport is not None and not self.trouble:
            self._transport.write(octets)

    async def replies(self, count: int, timeout_s: float, deadline: float) -> list[Reply]:
        """The next `count` replies, or fewer when there is trouble.

        Trouble is also `timeout_s` seconds without a whole reply, and `deadline` on the clock.
        """
        if len(self._replies) < count and not self.trouble:
            self._wanted = count
            await self._wait(timeout_s, deadline)
        taken, self._replies = self._replies[:count], self._replies[count:]
        return taken

    async def make_room(self, timeout_s: float, deadline: float) -> bool:
        """Return once the transport takes more; False when a reply or trouble came instead (limits as `replies`)."""
        await asyncio.sleep(0)  # A fast reader never pauses us: look up from the content to see an early reply.
        if self._clock() >= deadline:
            self._fail(OUT_OF_TIME)
        if self._is_paused and self.is_silent:
            self._wanted, self._awaits_room = 1, True
            await self._wait(timeout_s, deadline)
            self._awaits_room = False
        return self.is_silent

    @property
    def is_silent(self) -> bool:
        """Whether neither a reply nor trouble waits to be looked at."""
        return not self._replies and not self.trouble

    async def start_tls(self, context: ssl.SSLContext, hostname: str, timeout_s: float) -> None:
        """Begin TLS after the 220 to STARTTLS; failure is trouble. What came in the clear is forgotten."""
        loop = asyncio.get_running_loop()
        clear = cast("asyncio.Transport", self._transport)
        if self.trouble:
            return
        try:
            secured = await loop.start_tls(
                clear, self, context, server_hostname=hostname, ssl_handshake_timeout=timeout_s
            )
        except OSError as error:
            # The transport in the clear lost its way to us: nobody else would tell that it is gone.
            self._fail(f"TLS failed: {_reason(error)}")
            clear.abort()
            self._end()
            return
        if secured is None:  # It was closed meanwhile.
            self._fail(CLOSED)
            self._end()
            return
        self._transport = secured
        self.session.restart()

    def leave(self) -> None:
        """Say QUIT and go once it is answered, or after a few seconds (RFC 5321 section 4.1.1.10)."""
        if self._transport is None or not self.is_usable:
            self.abort()
            return
        self.write(self.session.ask(QUIT))
        self._is_leaving = True
        self._timer = asyncio.get_running_loop().call_later(FAREWELL_S, self.abort)

    def abort(self) -> None:
        """Break the connection off; a message whose end was not sent is none (RFC 5321 section 4.1.1.10)."""
        self._fail("connection given up")
        if self._transport is not None:
            self._transport.abort()

    # --- What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        plug = transport.get_extra_info("socket")
        if plug is not None:
            plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, octets: bytes) -> None:
        if self.trouble:
            return
        seen = len(self._replies)
        try:
            self._replies.extend(self.session.receive(octets))
        except ProtocolTrouble as trouble:
            # The replies before it stand: a 250 to the dot is one, whatever comes behind it.
            self._fail(str(trouble))
            return
        if len(self._replies) > seen:
            self._note_replies()

    def _note_replies(self) -> None:
        self._last_heard = self._clock()
        if self._is_leaving:
            cast("asyncio.Transport", self._transport).close()
        elif self._replies[-1].code == 421:
            # RFC 5321 section 3.8: the server closes the channel, whatever else it was asked.
            self.is_dead = True
            self._fail(CLOSED)
        elif len(self._replies) >= self._wanted:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_dead = self.is_dead or not self.trouble
        self._fail(f"connection lost: {_reason(exc)}" if exc else CLOSED)
        self._end()

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        if self._awaits_room:
            self._wake()

    # --- Waiting.

    async def _wait(self, timeout_s: float, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        now = self._clock()
        self._last_heard, self._patience_s, self._deadline = now, timeout_s, deadline
        self._waiter = loop.create_future()
        self._timer = loop.call_later(min(timeout_s, deadline - now), self._look_at_the_clock)
        try:
            await self._waiter
        finally:
            self._timer.cancel()
            self._waiter = None

    def _look_at_the_clock(self) -> None:
        # One timer serves the whole wait: a reply that came meanwhile does not move it, so it looks again here.
        now = self._clock()
        left = min(self._last_heard + self._patience_s, self._deadline) - now
        if left > 0.001:
            self._timer = asyncio.get_running_loop().call_later(left, self._look_at_the_clock)
        elif now >= self._deadline - 0.001:
            self._fail(OUT_OF_TIME)
        else:
            self._fail(f"no {'progress' if self._awaits_room else 'reply'} within {self._patience_s:g} s")

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, trouble: str) -> None:
        self.trouble = self.trouble or trouble
        self._wake()

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if not self.closed.done():
            self.closed.set_result(None)


def _reason(error: Exception) -> str:
    """What the system says of an error, without its numbers, in at most 200 characters."""
    text = getattr(error, "verify_message", "") or getattr(error, "strerror", "") or str(error) or type(error).__name__
    return str(text)[:200]
