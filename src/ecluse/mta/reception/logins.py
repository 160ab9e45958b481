"""AUTH at the outbound doors: whose login the peer proves to have, at the same cost whether there is such a login."""

from __future__ import annotations

import asyncio
import base64
import hmac
import secrets
import time
from collections import OrderedDict, deque
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv6Address, IPv6Network

import structlog

from ecluse.domain.connector import Connector, ScramKey
from ecluse.domain.reply import Reply
from ecluse.mta import metrics
from ecluse.mta.reception import answers
from ecluse.mta.reception.networks import counts_from, plain_address
from ecluse.ports.connectors import Connectors
from ecluse.ports.tallies import Tallies
from ecluse.wire.sasl import scram
from ecluse.wire.sasl.exchange import Challenge, Claim, Exchange, SaslTrouble
from ecluse.wire.sasl.mechanisms import MECHANISMS
from ecluse.wire.smtp import replies

log = structlog.get_logger()

MAX_FAILURES_PER_IP = 20  # In `FAILURES_COUNT_FOR_S`, over all workers and nodes; then nothing more is tried.
NOTABLE_FAILURES = 100  # Of one login, from anywhere: each worker says so once in `FAILURES_COUNT_FOR_S`.
FAILURES_COUNT_FOR_S = 900.0
MAX_FAILURES_KEPT = 10_000  # In one worker; beyond, the oldest are forgotten early.
IPV6_PREFIX = 64  # One subscriber has all addresses of it.
MAX_PROVEN_KEPT = 10_000
DERIVING_THREADS = 2


class Logins:
    """What all connections of a worker share about AUTH."""

    def __init__(self, connectors: Connectors, tallies: Tallies, salt: bytes) -> None:
        """`salt` is the installation's: by it, unknown logins look the same on all nodes."""
        self._connectors = connectors
        self._tallies = tallies
        self._salt = salt
        self._threads = ThreadPoolExecutor(DERIVING_THREADS, "login")
        self._proof_key = secrets.token_bytes(32)
        self._proven: OrderedDict[str, bytes] = OrderedDict()  # Login -> what was right before.
        self._failures: deque[tuple[str, asyncio.TimerHandle]] = deque()  # What is counted, the oldest first.
        self._told_at: dict[str, float] = {}  # Login of ours -> when its many failures were told.

    def begin(self, mechanism: str) -> Exchange:
        """One attempt of one of `MECHANISMS`."""
        return MECHANISMS[mechanism](self._key)

    async def respond(self, exchange: Exchange, response: bytes | None, ip: str) -> Reply | Connector:
        """The next challenge (334), the connector whose login is proven, or a refusal. Raises `Unavailable`."""
        if await self._is_barred(ip):
            return answers.TOO_MANY_FAILED_LOGINS
        try:
            step = exchange.respond(response)
        except SaslTrouble as trouble:
            return await self._fail(ip, trouble.login)
        if isinstance(step, Challenge):
            return Reply(334, "", base64.b64encode(step.octets).decode())
        if isinstance(step, Claim) and not await self._fits(step):
            return await self._fail(ip, step.login)
        connector = self._connectors.with_login(step.login)
        if connector is None or not counts_from(connector, ip):  # Gone since, or used from elsewhere.
            return await self._fail(ip, step.login)
        metrics.LOGINS.labels("proven").inc()
        return connector

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _key(self, login: str) -> ScramKey:
        """The login's key; one that no secret fits where there is no such login."""
        connector = self._connectors.with_login(login)
        if connector is not None and connector.key is not None:
            return connector.key
        salt, stored, server = (self._unknown(login, part) for part in ("salt", "stored", "server"))
        return ScramKey(salt[: scram.SALT_OCTETS], scram.ITERATIONS, stored, server)

    def _unknown(self, login: str, part: str) -> bytes:
        return hmac.digest(self._salt, f"{part}\0{login}".encode("utf-8", "surrogatepass"), "sha256")

    async def _fits(self, claim: Claim) -> bool:
        """Derived in a thread, once for each secret that is right."""
        key = self._key(claim.login)
        proof = hmac.digest(self._proof_key, key.stored_key + claim.secret.encode(), "sha256")
        if hmac.compare_digest(self._proven.get(claim.login, b""), proof):
            self._proven.move_to_end(claim.login)
            return True
        loop = asyncio.get_running_loop()
        if not await loop.run_in_executor(self._threads, scram.fits, key, claim.secret):
            return False
        self._proven[claim.login] = proof
        if len(self._proven) > MAX_PROVEN_KEPT:
            self._proven.popitem(last=False)
        return True

    # -- failures

    async def _fail(self, ip: str, login: str) -> Reply:
        """What was said as the login may have been a secret: it is named only where it is one of ours."""
        metrics.LOGINS.labels("failed").inc()
        await self._count(_origin(ip), MAX_FAILURES_PER_IP)
        known = self._connectors.with_login(login) if login else None
        if (
            known is not None
            and not await self._count(f"failed-login:{login}", NOTABLE_FAILURES)
            and self._is_new(login)
        ):
            log.warning("many failed logins", client=known.client, connector=known.name, ip=ip)
        log.info("login failed", ip=ip, client=known.client if known else "", connector=known.name if known else "")
        return replies.LOGIN_FAILED

    def _is_new(self, login: str) -> bool:
        """Whether this one of ours was not told of for a while."""
        now = time.monotonic()
        is_new = now - self._told_at.get(login, float("-inf")) >= FAILURES_COUNT_FOR_S
        if is_new:
            self._told_at[login] = now
        return is_new

    async def _is_barred(self, ip: str) -> bool:
        key = _origin(ip)
        has_place = await self._enter(key, MAX_FAILURES_PER_IP)
        if has_place:
            self._tallies.leave(key)
        return not has_place

    async def _count(self, key: str, limit: int) -> bool:
        """Count it for a while; False when `limit` of them are counted already."""
        if not await self._enter(key, limit):
            return False
        timer = asyncio.get_running_loop().call_later(FAILURES_COUNT_FOR_S, self._forget_oldest)
        self._failures.append((key, timer))
        if len(self._failures) > MAX_FAILURES_KEPT:
            self._forget_oldest()
        return True

    async def _enter(self, key: str, limit: int) -> bool:
        asked = self._tallies.enter(key, limit)
        return asked if isinstance(asked, bool) else await asked

    def _forget_oldest(self) -> None:
        """All count equally long: whose time is over is the oldest."""
        key, timer = self._failures.popleft()
        timer.cancel()
        self._tallies.leave(key)


def _origin(ip: str) -> str:
    """What failures from there are counted under."""
    address = plain_address(ip)
    if isinstance(address, IPv6Address):
        ip = str(IPv6Network((int(address), IPV6_PREFIX), strict=False))
    return f"failed-login-from:{ip}"
