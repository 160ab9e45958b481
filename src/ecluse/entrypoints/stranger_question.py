"""One bounded SMTP question to a client's server, as a stranger would ask it: whether it takes mail for this address."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ecluse.domain.address import Address
from ecluse.domain.policy import Route, Tls
from ecluse.domain.public_address import is_public_address
from ecluse.domain.stranger import Ending, Heard
from ecluse.mta.delivery.connecting import Connector, NoAddress, NoConnection
from ecluse.mta.delivery.limits import NextHopLimits
from ecluse.mta.delivery.probe import probe
from ecluse.mta.delivery.tls import TlsContexts

WITHIN_S = 20.0  # All together: somebody waits for the page.
_PATIENCE_S = 8.0  # For each step.
_LIMITS = NextHopLimits(
    connect_timeout_s=_PATIENCE_S,
    greeting_timeout_s=_PATIENCE_S,
    ehlo_timeout_s=_PATIENCE_S,
    tls_timeout_s=_PATIENCE_S,
    mail_timeout_s=_PATIENCE_S,
    rcpt_timeout_s=_PATIENCE_S,
    data_timeout_s=_PATIENCE_S,
)


@dataclass(frozen=True, slots=True)
class StrangersQuestion:
    """Asks in the name of this machine."""

    hostname: str
    find_addresses: Callable[[str], Awaitable[tuple[str, ...]]]  # Where a name leads; within some seconds.
    # Addresses of ours in the Internet, where we stand behind a translation of addresses.
    seen_as: tuple[str, ...] = ()
    is_vouched: bool = False  # True leads to any address: never for what a client has named.

    def ask(self, host: str, port: int, address: Address) -> Heard:
        """No message is sent: the transaction ends before DATA. Takes `WITHIN_S` at most, and raises nothing."""
        return asyncio.run(self._ask(Route(host, port, tls=Tls.MAY, is_vouched=self.is_vouched), address))

    async def _ask(self, route: Route, address: Address) -> Heard:
        deadline = time.monotonic() + WITHIN_S
        try:
            connection = await self._connector().connect(route, deadline)
        except NoConnection as trouble:
            return Heard(_ending_of(trouble), trouble.said)
        try:
            seen_as = self._seen_as(connection.own_address)
            said = await probe(connection, address, _LIMITS, deadline)
        finally:
            connection.abort()
        return Heard(Ending.BROKEN_OFF if said is None else Ending.ANSWERED, said, seen_as)

    def _connector(self) -> Connector:
        """With bounded look-ups: one in the system's library outlasts its caller, in a thread that is waited for."""
        return Connector(
            self.hostname, _LIMITS, TlsContexts(), time.monotonic, lambda route: self.find_addresses(route.host)
        )

    def _seen_as(self, own: str) -> str:
        """As whom the server saw us; "" where that is another address than our socket's, and nobody has told us which."""
        of_family = [each for each in self.seen_as if (":" in each) == (":" in own)]
        if of_family:
            return of_family[0]
        return own if self.is_vouched or is_public_address(own) else ""


def _ending_of(trouble: NoConnection) -> Ending:
    if trouble.said is not None:
        return Ending.ANSWERED
    if isinstance(trouble, NoAddress):
        return Ending.NOT_PUBLIC
    is_refused = isinstance(trouble.__cause__, ConnectionRefusedError)
    return Ending.NOBODY_LISTENS if is_refused else Ending.NO_CONNECTION
