"""Whose file is opened next: that of whoever has used the room least, so that one sender's files make none wait."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import exp2

HALF_LIFE_S = 60.0  # In which half of a debt is forgotten.
MAX_ORIGINS = 10_000


@dataclass(frozen=True, slots=True)
class _Debt:
    seconds: float
    at: float  # Monotonic.

    def now(self, at: float) -> float:
        return self.seconds * exp2((self.at - at) / HALF_LIFE_S)


@dataclass(frozen=True, slots=True)
class _Waiting:
    origin: str
    granted: asyncio.Future[None]


class Turns:
    """Gives out `free` places. Among those who wait, first comes who has held them for the fewest seconds lately."""

    def __init__(self, free: int) -> None:
        self._free = free
        self._waiting: list[_Waiting] = []  # In the order of coming, which decides among equals.
        self._debts: OrderedDict[str, _Debt] = OrderedDict()

    @asynccontextmanager
    async def turn(self, origin: str, wait_s: float) -> AsyncIterator[None]:
        """A place, counted for `origin`. Raises `TimeoutError` when none came free within `wait_s`."""
        async with asyncio.timeout(wait_s):
            await self._enter(origin)
        began = time.monotonic()
        try:
            yield
        finally:
            self._charge(origin, began)
            self._pass_on()

    async def _enter(self, origin: str) -> None:
        if self._free and not self._waiting:
            self._free -= 1
            return
        one = _Waiting(origin, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        try:
            await one.granted
        except asyncio.CancelledError:
            if one in self._waiting:
                self._waiting.remove(one)
            elif not one.granted.cancelled():
                # Given up in the very moment in which its turn had come.
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        now = time.monotonic()
        if not self._waiting:
            self._free += 1
            return
        following = min(self._waiting, key=lambda one: self._debt(one.origin, now))
        self._waiting.remove(following)
        if following.granted.cancelled():
            self._pass_on()
        else:
            following.granted.set_result(None)

    def _debt(self, origin: str, now: float) -> float:
        debt = self._debts.get(origin)
        return debt.now(now) if debt else 0.0

    def _charge(self, origin: str, began: float) -> None:
        now = time.monotonic()
        self._debts[origin] = _Debt(self._debt(origin, now) + now - began, now)
        self._debts.move_to_end(origin)
        if len(self._debts) > MAX_ORIGINS:
            self._debts.popitem(last=False)
