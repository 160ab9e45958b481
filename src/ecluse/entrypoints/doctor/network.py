"""The others: name servers, and the servers that mail is handed to."""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import Iterator

from ecluse.domain.errors import BadConfig
from ecluse.domain.policy import Route
from ecluse.entrypoints.doctor.diagnosis import Diagnosis, Patient, fail, ok, warn
from ecluse.entrypoints.policy_file import load_policy
from ecluse.entrypoints.terminal import amount
from ecluse.mta.delivery.connecting import Connector, NoConnection
from ecluse.mta.delivery.limits import NextHopLimits
from ecluse.mta.delivery.tls import TlsContexts
from ecluse.wire.notations import NameServer

DNS_PATIENCE_S = 3.0
ROUTE_PATIENCE_S = 5.0
ROUTES_AT_ONCE = 50
NO_ERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5  # RFC 1035 section 4.1.1.
RCODES = {SERVFAIL: "SERVFAIL", REFUSED: "REFUSED"}


def name_servers(patient: Patient) -> Iterator[Diagnosis]:
    """Each name server answers a question for our own name."""
    for server in patient.settings.dns.nameservers:
        began = time.perf_counter()
        try:
            code = ask(server, patient.settings.hostname)
        except OSError as problem:
            found = f"{server} does not answer: {problem.strerror or 'no reply in time'}"
            yield fail("name server", found, "start a resolver there, or mend dns.nameservers")
            continue
        if code in {NO_ERROR, NXDOMAIN}:
            yield ok("name server", f"{server} answers in {(time.perf_counter() - began) * 1_000:.0f} ms")
        else:
            found = f"{server} answers {RCODES.get(code, f'with error {code}')}"
            yield fail("name server", found, "use a resolver that serves this machine")


def routes(patient: Patient) -> Iterator[Diagnosis]:
    """Each next hop answers EHLO; only when asked for, since it bothers others."""
    if not patient.asks_routes:
        return
    places = _places(patient)
    if not places:
        yield warn("routes", "none is known here", "only routes of a policy file and of outbound.route can be tried")
        return
    yield from asyncio.run(_try_all(places, patient.settings.hostname))


def ask(server: NameServer, name: str) -> int:
    """The RCODE to one question for the address of `name`. Raises `OSError`."""
    number = secrets.token_bytes(2)
    labels = b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.split("."))
    question = number + b"\x01\0\0\x01\0\0\0\0\0\0" + labels + b"\0\0\x01\0\x01"
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as plug:
        plug.settimeout(DNS_PATIENCE_S)
        # Connected, so that only this server's answers are heard and a closed port is an error.
        plug.connect((server.host, server.port))
        plug.send(question)
        reply = plug.recv(4_096)
    if len(reply) < 12 or reply[:2] != number or not reply[2] & 0x80:
        raise OSError(0, "what it sent is no answer")
    return reply[3] & 0x0F


def _places(patient: Patient) -> dict[Route, str]:
    """Each next hop once, with the domains that it serves."""
    domains: dict[Route, list[str]] = {}
    file = patient.settings.policy.file
    try:
        policies = load_policy(file).policies if file else ()
    except BadConfig:
        policies = ()  # The check of the policy file says so.
    for policy in policies:
        for route in policy.routes:
            domains.setdefault(route, []).append(policy.domain)
    outbound = patient.settings.outbound.route
    if outbound is not None:
        domains.setdefault(outbound.route(), []).append("outbound mail")
    return {
        route: names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
        for route, names in domains.items()
    }


async def _try_all(places: dict[Route, str], hostname: str) -> list[Diagnosis]:
    slots = asyncio.Semaphore(ROUTES_AT_ONCE)
    connector = Connector(hostname, NextHopLimits(), TlsContexts(), time.monotonic)

    async def attempt(route: Route, served: str) -> Diagnosis:
        async with slots:
            return await _try(connector, route, served)

    return await asyncio.gather(*(attempt(route, served) for route, served in places.items()))


async def _try(connector: Connector, route: Route, served: str) -> Diagnosis:
    subject = f"route of {served}"
    try:
        connection = await connector.connect(route, time.monotonic() + ROUTE_PATIENCE_S)
    except NoConnection as problem:
        return fail(subject, f"{route}: {problem}", "start that server, or mend the route: its mail waits in the queue")
    offered = connection.session.capabilities
    connection.leave()
    await connection.closed
    limit = f", messages up to {amount(offered.size)}" if offered.size else ""
    return ok(subject, f"{route} answers{', offers STARTTLS' if offered.starttls else ''}{limit}")
