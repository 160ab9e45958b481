"""What is open on all nodes of an installation, counted by the counter server; on this node alone while it is away.

Each process has a field of its own in the hash of a key, named after its *stay*: the time in which it and the server have
been in touch without a break. A stay that is not renewed is over for all others, and its fields count no more. So a
process that dies takes its part with it, and one that returns begins a new stay with what it has open then.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from valkey.asyncio import Valkey

from ecluse.adapters.memory.tallies import ProcessTallies
from ecluse.adapters.valkey.server import PREFIX, CounterServer, failures, go_on
from ecluse.domain.errors import Unavailable

log = structlog.get_logger()

PATIENCE_S = 0.25  # A sender waits for the answer; a server that takes longer is away.
RENEW_EVERY_S = 2.0
STAY_S = 10  # A process that was not heard of for so long counts no more.
AGAIN_S = 1.0  # Between attempts to reach the server.
AT_ONCE = 500  # Questions in one round trip.
KEY_S = 2 * 86_400  # What is forgotten on the server dies: nothing is open for longer (`inbound.session_timeout_s`).

# KEYS: the count. ARGV: our stay, the limit (0 for none), the prefix of stays, `KEY_S`. 1 = there was a place.
_ENTER = """
local open = 0
local counts = redis.call('HGETALL', KEYS[1])
for at = 1, #counts, 2 do
  if counts[at] == ARGV[1] or redis.call('EXISTS', ARGV[3] .. counts[at]) == 1 then
    open = open + tonumber(counts[at + 1])
  else
    redis.call('HDEL', KEYS[1], counts[at])
  end
end
if tonumber(ARGV[2]) > 0 and open >= tonumber(ARGV[2]) then return 0 end
redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1
"""
_LEAVE = "if redis.call('HINCRBY', KEYS[1], ARGV[1], -1) <= 0 then redis.call('HDEL', KEYS[1], ARGV[1]) end return 1"
_STAYS, _OPEN = f"{PREFIX}stay:", f"{PREFIX}open:"


@dataclass(frozen=True, slots=True)
class _Question:
    """One that wants in, and who waits for the answer."""

    key: str
    limit: int
    answer: asyncio.Future[bool]


@dataclass(frozen=True, slots=True)
class _Leaving:
    """One that is gone."""

    key: str


class ClusterTallies:
    """The port `Tallies` over all nodes: the node's own count comes first, so that it alone holds when the server is away.

    What is asked goes to the server in its order, over one connection, many in one round trip.
    """

    def __init__(self, node: ProcessTallies, server: CounterServer, tell_away: Callable[[bool], None]) -> None:
        """`tell_away` hears true when the server is lost, and false when it is there."""
        self._node = node
        self._server = server
        self._tell_away = tell_away
        self._open = Counter[str]()  # Of this process.
        self._stay = ""  # "" while the server is away.
        self._former = ""  # The last one that the server may still know.
        self._waiting: list[_Question | _Leaving] = []
        self._bell = asyncio.Event()
        self._renewed_at = 0.0  # Monotonic.
        self._is_away: bool | None = None

    def enter(self, key: str, limit: int) -> bool | Coroutine[Any, Any, bool]:
        """See `Tallies.enter`."""
        if not self._node.enter(key, limit):
            return False
        if not self._stay:
            self._open[key] += 1
            return True
        question = _Question(key, limit, asyncio.get_running_loop().create_future())
        self._ask(question)
        return _answer_to(question)

    def leave(self, key: str) -> None:
        """See `Tallies.leave`."""
        self._node.leave(key)
        self._open[key] -= 1
        if self._open[key] <= 0:
            del self._open[key]
        if self._stay:
            self._ask(_Leaving(key))

    async def serve(self) -> None:
        """Speak with the server, and look for it while it is away; for ever."""
        while True:
            try:
                client = self._server.connect(PATIENCE_S)
                async with client:
                    await self._begin_stay(client)
                    while go_on():
                        await self._pass_on(client)
            except Unavailable as problem:
                self._end_stay(problem)
                await asyncio.sleep(AGAIN_S)

    async def close(self) -> None:
        """Say good-bye: what this process has open counts no more. The task of `serve` has been cancelled before."""
        stay, self._stay = self._stay, ""
        self._settle_all()
        if stay:
            with suppress(Unavailable), failures():
                async with self._server.connect(PATIENCE_S) as client:
                    await client.delete(_STAYS + stay)

    def _ask(self, what: _Question | _Leaving) -> None:
        self._waiting.append(what)
        self._bell.set()

    async def _begin_stay(self, client: Valkey) -> None:
        stay = secrets.token_hex(8)
        await _call(client, [("DEL", _STAYS + self._former), ("SET", _STAYS + stay, 1, "EX", STAY_S)])
        # From this instant on what comes and goes waits in line behind the count of what is open now.
        self._stay = self._former = stay
        self._renewed_at = time.monotonic()
        calls: list[tuple[Any, ...]] = [("HINCRBY", _name(key), stay, count) for key, count in self._open.items()]
        calls += [("EXPIRE", _name(key), KEY_S) for key in self._open]
        await _call(client, calls)
        if self._is_away is not False:
            log.info("limits are counted with the other nodes")
        self._note_away(is_away=False)

    async def _pass_on(self, client: Valkey) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(RENEW_EVERY_S):
                await self._bell.wait()
        batch = self._waiting[:AT_ONCE]
        answers = await _call(client, [self._call_for(each) for each in batch])
        del self._waiting[: len(batch)]
        if not self._waiting:
            self._bell.clear()
        for each, has_place in zip(batch, answers, strict=True):
            if isinstance(each, _Question):
                self._settle(each, has_place=has_place == 1)
        if time.monotonic() - self._renewed_at >= RENEW_EVERY_S:
            await self._renew(client)

    def _call_for(self, what: _Question | _Leaving) -> tuple[Any, ...]:
        if isinstance(what, _Leaving):
            return ("EVAL", _LEAVE, 1, _name(what.key), self._stay)
        return ("EVAL", _ENTER, 1, _name(what.key), self._stay, what.limit, _STAYS, KEY_S)

    async def _renew(self, client: Valkey) -> None:
        """A server that has forgotten us may have forgotten our counts, too."""
        with failures():
            is_known = await client.set(_STAYS + self._stay, 1, ex=STAY_S, xx=True)
        if not is_known:
            raise Unavailable("the counter server: it has forgotten this process")
        self._renewed_at = time.monotonic()

    def _settle(self, question: _Question, *, has_place: bool) -> None:
        if has_place:
            self._open[question.key] += 1
        else:
            self._node.leave(question.key)
        if not question.answer.cancelled():
            question.answer.set_result(has_place)
        elif has_place:
            self.leave(question.key)

    def _end_stay(self, problem: Unavailable) -> None:
        self._stay = ""
        self._settle_all()
        if self._is_away is not True:
            log.error("limits are counted on this node alone", problem=str(problem))
        self._note_away(is_away=True)

    def _settle_all(self) -> None:
        """Who waits for an answer has his place here already; nobody is turned away because a server is."""
        waiting, self._waiting = self._waiting, []
        self._bell.clear()
        for each in waiting:
            if isinstance(each, _Question):
                self._settle(each, has_place=True)

    def _note_away(self, *, is_away: bool) -> None:
        self._is_away = is_away
        self._tell_away(is_away)


async def _answer_to(question: _Question) -> bool:
    return await question.answer


async def _call(client: Valkey, calls: Iterable[tuple[Any, ...]]) -> list[Any]:
    """The answers, in their order, within our patience. Raises `Unavailable`, also when one of them is an error."""
    with failures():
        pipeline = client.pipeline(transaction=False)
        for call in calls:
            pipeline.execute_command(*call)
        async with asyncio.timeout(PATIENCE_S):
            answers: list[Any] = await pipeline.execute()
    return answers


def _name(key: str) -> str:
    """Of bounded length, whatever the key; an address is there as long as it is connected, and no longer."""
    return _OPEN + hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
