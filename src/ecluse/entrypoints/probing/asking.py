"""One synthetic session with one door of a server, to its end: the mail is taken, or the final reply was missed."""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from dataclasses import dataclass
from email.utils import formatdate

from ecluse.domain.ids import new_id
from ecluse.domain.incoming import Direction
from ecluse.domain.policy import Tls
from ecluse.domain.probe_result import MAX_REASON, ProbeResult
from ecluse.entrypoints.probing.settings import ProbeSettings
from ecluse.mta.delivery.connecting import Connector, NoConnection
from ecluse.mta.delivery.connection import Connection
from ecluse.mta.delivery.limits import NextHopLimits
from ecluse.mta.delivery.tls import TlsContexts
from ecluse.wire.notations import NextHop
from ecluse.wire.smtp.client import DATA

MINUTE_S = 60
_TLS = {Direction.INBOUND: Tls.MAY, Direction.OUTBOUND: Tls.MUST}  # A password goes to nobody in the clear.


class _Missed(Exception):
    """Another reply than the expected one, or none."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where one service of a server is asked."""

    server: str
    service: Direction
    place: NextHop


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of it."""

    result: ProbeResult
    mail: str  # The id of what was handed in.
    at: float  # When it ended, by the monotonic clock.


def doors(settings: ProbeSettings) -> tuple[Door, ...]:
    """All that are named."""
    places = ((each, service, getattr(each, service)) for each in settings.servers for service in Direction)
    return tuple(Door(each.name.lower(), service, place) for each, service, place in places if place is not None)


async def ask(door: Door, settings: ProbeSettings, password: str, now: float) -> Asked:
    """Within the deadline, whatever the server does."""
    reason, mail = "", new_id()
    try:
        async with asyncio.timeout(settings.deadline_s):
            await _hand_in(door, settings, password, _mail(settings, mail, now))
    except TimeoutError:
        reason = f"no final reply within {settings.deadline_s:g} s"
    except (NoConnection, _Missed) as trouble:
        reason = str(trouble)
    result = ProbeResult(door.server, door.service, int(now // MINUTE_S), bool(reason), reason[:MAX_REASON])
    return Asked(result, mail, time.monotonic())


async def _hand_in(door: Door, settings: ProbeSettings, password: str, mail: bytes) -> None:
    """Raises `NoConnection`, `_Missed`."""
    deadline = time.monotonic() + settings.deadline_s
    connection = await _connector(settings).connect(door.place.route(tls=_TLS[door.service]), deadline)
    try:
        if door.service is Direction.OUTBOUND:
            await _expect(connection, 235, _login(settings.login, password), deadline)
        await _expect(connection, 250, f"MAIL FROM:<{settings.sender}>\r\n".encode("ascii"), deadline)
        await _expect(connection, 250, f"RCPT TO:<{settings.recipient}>\r\n".encode("ascii"), deadline)
        await _expect(connection, 354, DATA, deadline)
        await _expect(connection, 250, mail, deadline)
        connection.leave()
    except BaseException:
        connection.abort()
        raise


async def _expect(connection: Connection, code: int, octets: bytes, deadline: float) -> None:
    replies = await connection.ask((octets,), deadline - time.monotonic(), deadline)
    if not replies:
        raise _Missed(connection.trouble or "no reply")
    if replies[0].code != code:
        raise _Missed(str(replies[0]))


def _connector(settings: ProbeSettings) -> Connector:
    patience_s = settings.deadline_s
    limits = NextHopLimits(
        connect_timeout_s=patience_s,
        greeting_timeout_s=patience_s,
        ehlo_timeout_s=patience_s,
        tls_timeout_s=patience_s,
    )
    return Connector(settings.hostname, limits, TlsContexts(), time.monotonic)


def _login(login: str, password: str) -> bytes:
    """AUTH PLAIN (RFC 4616)."""
    return b"AUTH PLAIN " + b64encode(f"\0{login}\0{password}".encode()) + b"\r\n"


def _mail(settings: ProbeSettings, mail: str, now: float) -> bytes:
    """With its final dot. It says what it is: whoever meets it in a log knows it."""
    domain = settings.sender.rpartition("@")[2]
    lines = (
        f"From: <{settings.sender}>",
        f"To: <{settings.recipient}>",
        "Subject: probe",
        f"Date: {formatdate(now)}",
        f"Message-ID: <{mail}@{domain}>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        f"A probe of {settings.hostname}: this server is asked each minute whether it takes mail.",
        ".",
        "",
    )
    return "\r\n".join(lines).encode("ascii")
