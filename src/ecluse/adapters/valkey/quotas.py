"""The port `Quotas` over all nodes: each counts by itself, too, and by itself alone while the counter server is away."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any, Protocol

import structlog
from valkey.asyncio import Valkey

from ecluse.adapters.valkey.server import PREFIX, CounterServer, failures
from ecluse.domain.errors import Unavailable
from ecluse.domain.quota import DAY_S, HISTORY_DAYS, MAX_MEMBERS, Bucket, Charge, Crowd, Grant, Sum
from ecluse.ports.quotas import Quotas

log = structlog.get_logger()

PATIENCE_S = 0.5  # A sender waits for the answer; a server that takes longer is away.
AGAIN_S = 1.0  # Between attempts to reach it.

# KEYS: sums, then crowds, then buckets. ARGV: JSON of what `_question` makes. The answer: 0 and how things stand, or the
# place of the first that is beyond its limit. Numbers with a fraction are texts: the protocol has whole ones only.
_TAKE = """
local asked = cjson.decode(ARGV[1])
local at, sums, crowds = asked.at, asked.sums, asked.crowds
local amounts, sizes, levels = {}, {}, {}
for i, one in ipairs(sums) do
  amounts[i] = tonumber(redis.call('GET', KEYS[i]) or 0) + one.amount
  if one.most > 0 and amounts[i] > one.most then return {i} end
end
for i, one in ipairs(crowds) do
  local key = KEYS[#sums + i]
  redis.call('ZREMRANGEBYSCORE', key, '-inf', at - one.kept)
  local size = redis.call('ZCARD', key)
  for _, member in ipairs(one.members) do
    if not redis.call('ZSCORE', key, member) then size = size + 1 end
  end
  if one.most > 0 and size > one.most then return {#sums + i} end
  sizes[i] = size
end
for i, one in ipairs(sums) do
  redis.call('SET', KEYS[i], amounts[i])
  redis.call('EXPIRE', KEYS[i], one.expires)
end
for i, one in ipairs(crowds) do
  local key = KEYS[#sums + i]
  for _, member in ipairs(one.members) do redis.call('ZADD', key, at, member) end
  redis.call('ZREMRANGEBYRANK', key, 0, -asked.remembered - 1)
  redis.call('EXPIRE', key, math.ceil(one.kept))
end
for i, one in ipairs(asked.buckets) do
  local key = KEYS[#sums + #crowds + i]
  local level = tonumber(redis.call('HGET', key, 'level') or 0)
  local since = tonumber(redis.call('HGET', key, 'at') or at)
  level = math.max(0, level - math.max(0, at - since) * one.leak) + one.points
  redis.call('HSET', key, 'level', string.format('%.6f', level), 'at', string.format('%.3f', math.max(at, since)))
  redis.call('EXPIRE', key, asked.history)
  levels[i] = string.format('%.6f', level)
end
return {0, amounts, sizes, levels}
"""


class NodeQuotas(Quotas, Protocol):
    """The counts of one node, which can be looked at, too."""

    async def denied(self, charge: Charge) -> Sum | Crowd | None:
        """The first limit that it would pass; nothing is counted. Raises `Unavailable`."""
        ...


class ClusterQuotas:
    """What the node would deny is denied; for all else the server is asked, in one step for all nodes.

    The node counts what was granted, and nothing else: it may know more than a server that has just begun anew, and goes on
    alone from there while the server is away.
    """

    def __init__(self, node: NodeQuotas, server: CounterServer, salt: bytes) -> None:
        """`salt` is that of all nodes."""
        self._node, self._server, self._salt = node, server, salt
        self._client: Valkey | None = None
        self._away_until = 0.0  # Monotonic.

    async def take(self, charge: Charge) -> Grant:
        """See `Quotas.take`."""
        if not (charge.sums or charge.crowds or charge.buckets):
            return Grant()
        if denied := await self._node.denied(charge):
            return Grant(denied)
        answer = await self._ask("EVAL", _TAKE, *self._question(charge))
        if answer is None:
            return await self._node.take(charge)
        grant = _grant(charge, answer)
        if grant.denied is None:
            await self._node.take(_without_limits(charge))
        return grant

    async def days(self, name: str, days: Sequence[int]) -> tuple[int, ...]:
        """See `Quotas.days`; what the server has forgotten the node may know in part."""
        own = await self._node.days(name, days)
        if not own:
            return own
        answer = await self._ask("MGET", *[self._key("s", f"{name}\0{day * DAY_S}") for day in days])
        return own if answer is None else tuple(max(one, int(of or 0)) for one, of in zip(own, answer, strict=True))

    async def empty(self, names: Sequence[str]) -> None:
        """See `Quotas.empty`."""
        await self._node.empty(names)
        if names:
            await self._ask("DEL", *[self._key("b", name) for name in names])

    async def close(self) -> None:
        """Let go of the connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _ask(self, *words: Any) -> Any:
        """None while the server is away."""
        if time.monotonic() < self._away_until:
            return None
        try:
            with failures():
                self._client = self._client or self._server.connect(PATIENCE_S)
                async with asyncio.timeout(PATIENCE_S):
                    answer = await self._client.execute_command(*words)  # type: ignore[no-untyped-call]  # the driver has no type
        except Unavailable as problem:
            if not self._away_until:
                log.error("limits of accounts are counted on this node alone", problem=str(problem))
            self._away_until = time.monotonic() + AGAIN_S
            return None
        self._away_until = 0.0
        return answer

    def _question(self, charge: Charge) -> tuple[Any, ...]:
        keys = [self._key("s", f"{one.name}\0{one.starts_at(charge.at)}") for one in charge.sums]
        keys += [self._key("c", one.name) for one in charge.crowds]
        keys += [self._key("b", one.name) for one in charge.buckets]
        asked = {
            "at": charge.at,
            "sums": [_as_sum(one, charge.at) for one in charge.sums],
            "crowds": [self._as_crowd(one) for one in charge.crowds],
            "buckets": [_as_bucket(one) for one in charge.buckets],
            "remembered": MAX_MEMBERS,
            "history": HISTORY_DAYS * DAY_S,
        }
        return (len(keys), *keys, json.dumps(asked))

    def _as_crowd(self, one: Crowd) -> dict[str, Any]:
        members = [self._digest(member, 8) for member in one.members]
        return {"members": members, "most": one.most, "kept": one.kept_s}

    def _key(self, kind: str, name: str) -> str:
        return f"{PREFIX}quota:{kind}:{self._digest(name, 16)}"

    def _digest(self, text: str, octets: int) -> str:
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=octets, key=self._salt).hexdigest()


def _without_limits(charge: Charge) -> Charge:
    """Of two workers that ask at once neither is denied what the server has granted."""
    return replace(
        charge,
        sums=tuple(replace(one, most=0) for one in charge.sums),
        crowds=tuple(replace(one, most=0) for one in charge.crowds),
    )


def _as_sum(one: Sum, at: float) -> dict[str, Any]:
    return {"amount": one.amount, "most": one.most, "expires": int(one.kept_until(at) - at) + 1}


def _as_bucket(one: Bucket) -> dict[str, Any]:
    return {"points": one.points, "leak": one.leak_per_s}


def _grant(charge: Charge, answer: list[Any]) -> Grant:
    if answer[0]:
        return Grant((*charge.sums, *charge.crowds)[answer[0] - 1])
    _, amounts, sizes, levels = answer
    return Grant(None, tuple(map(int, amounts)), tuple(map(int, sizes)), tuple(map(float, levels)))
