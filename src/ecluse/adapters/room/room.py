"""The port `OpeningRoom`, answered by helper processes behind a lock."""

from __future__ import annotations

import asyncio
import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

import structlog

from ecluse.adapters.room.cache import AnswerCache, Key
from ecluse.adapters.room.figures import Figures
from ecluse.adapters.room.helper import Helper, HelperDied
from ecluse.adapters.room.poison import POISON_AT, PoisonList
from ecluse.adapters.room.silent_pictures import SilentPictures
from ecluse.adapters.room.turns import Turns
from ecluse.domain.errors import EcluseError, Unavailable
from ecluse.domain.opened import Opened, Trouble
from ecluse.ports.opener import FileToOpen

log = structlog.get_logger()

_ON_THE_SPOT_OCTETS = 1_048_576  # To hash more of them takes longer than others should wait.
_LEAST_WAIT_S = 0.01
_DEATHS = frozenset({Trouble.CRASHED, Trouble.TOO_SLOW, Trouble.TOO_BIG})


@dataclass(frozen=True, slots=True)
class Pool:
    """How one process uses a room."""

    helpers: int = 2  # At once.
    files_each: int = 64  # Then a helper is replaced: no file can lie in wait for ever.
    deadline_s: float = 10.0  # For one file in one helper.
    patience_s: float = 40.0  # For one file, its helper's wait for a processor included.
    wait_s: float = 10.0  # For a helper that is free.
    cache_octets: int = 16_777_216


class HelperRoom:
    """Asks helpers that a zygote at `door` forks; usable in one event loop."""

    def __init__(
        self, door: Path, poison: PoisonList, pool: Pool | None = None, figures: Figures | None = None
    ) -> None:
        self._door, self._poison = door, poison
        self._pool, self._figures = pool or Pool(), figures or Figures()
        self._turns = Turns(self._pool.helpers)
        self._idle: list[Helper] = []
        self._cache = AnswerCache(self._pool.cache_octets)
        self._silent = SilentPictures()
        self._under_way: dict[tuple[Key, tuple[str, ...]], asyncio.Task[Opened]] = {}

    async def open(self, file: FileToOpen) -> Opened:
        """See `OpeningRoom.open`."""
        digest = await _digest(file.content)
        key = (digest, file.name)
        if (known := self._cache.find(key, file.passwords)) is not None:
            self._figures.opened("cache")
            return known
        task = self._under_way.get((key, file.passwords))
        if task is None:
            task = asyncio.create_task(self._open_once(key, file))
            self._under_way[key, file.passwords] = task
            task.add_done_callback(lambda _: self._under_way.pop((key, file.passwords), None))
        # Others may wait for the same file: who gives up does not end it for them.
        return await asyncio.shield(task)

    async def close(self) -> None:
        """End all helpers, those at work too."""
        for task in list(self._under_way.values()):
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        while self._idle:
            self._idle.pop().end()

    async def _open_once(self, key: Key, file: FileToOpen) -> Opened:
        fingerprint = key[0].hex()
        ends = self._poison.count(fingerprint)
        if ends >= POISON_AT:
            self._figures.opened(Trouble.POISON)
            return Opened("unknown", trouble=Trouble.POISON)
        opened = await self._try(file, fingerprint)
        if opened.trouble is Trouble.CRASHED and not opened.error and ends + 1 < POISON_AT:
            # A helper may die for want of memory on the machine, or with its zygote: a fresh one is asked once.
            ends += 1
            opened = await self._try(file, fingerprint)
        self._figures.opened(opened.trouble or "opened")
        if opened.trouble is Trouble.NONE:
            if ends:
                self._poison.forget(fingerprint)
            self._cache.keep(key, file.passwords, opened)
        return opened

    async def _try(self, file: FileToOpen, fingerprint: str) -> Opened:
        try:
            async with self._turns.turn(file.origin, self._pool.wait_s):
                opened = await self._ask_helper(file)
        except TimeoutError:
            return Opened("unknown", trouble=Trouble.BUSY)
        if opened.trouble in _DEATHS:
            self._note(fingerprint, opened)
        return opened

    async def _ask_helper(self, file: FileToOpen) -> Opened:
        try:
            async with asyncio.timeout(self._pool.wait_s):
                helper = self._awaiting() or await Helper.summon(self._door)
        except (TimeoutError, EcluseError) as problem:
            log.error("opening room out of reach", problem=str(problem))
            return Opened("unknown", trouble=Trouble.BUSY)
        opened = Opened("unknown", trouble=Trouble.BUSY)
        try:
            opened = self._silent.taken_from(await self._timed(helper, file))
        finally:
            # Cancelled or failed, it may still be at work.
            if opened.trouble is Trouble.NONE and helper.asked < self._pool.files_each:
                self._idle.append(helper)
            else:
                helper.end()
        return opened

    async def _timed(self, helper: Helper, file: FileToOpen) -> Opened:
        started = time.perf_counter()
        try:
            return await self._patiently(helper, file)
        except TimeoutError:
            return Opened("unknown", trouble=Trouble.TOO_SLOW)
        except HelperDied:
            return Opened("unknown", trouble=Trouble.CRASHED)
        except EcluseError as problem:
            log.error("opening room out of reach", problem=str(problem))
            return Opened("unknown", trouble=Trouble.BUSY)
        finally:
            self._figures.took(time.perf_counter() - started)

    async def _patiently(self, helper: Helper, file: FileToOpen) -> Opened:
        """A file is judged by what its helper had of a processor, or slept: what it waited for one is no reproach.

        Raises `TimeoutError` when that reaches the deadline, `Unavailable` when the machine had too little to give.
        """
        now, deadline_s = asyncio.get_running_loop().time, self._pool.deadline_s
        began, queued_before = now(), helper.queued_s
        asking = asyncio.create_task(helper.ask(file, self._silent))
        own_s = 0.0
        try:
            while own_s < deadline_s and now() - began < self._pool.patience_s:
                await asyncio.wait({asking}, timeout=max(deadline_s - own_s, _LEAST_WAIT_S))
                if asking.done():
                    return asking.result()
                own_s = now() - began - (helper.queued_s - queued_before)
        finally:
            asking.cancel()
        if own_s < deadline_s:
            raise Unavailable("no processor was free for a helper")
        raise TimeoutError

    def _awaiting(self) -> Helper | None:
        """An idle helper; those that died with their zygote are let go of."""
        while self._idle:
            helper = self._idle.pop()
            if helper.is_alive:
                return helper
            helper.end()
        return None

    def _note(self, fingerprint: str, opened: Opened) -> None:
        count = self._poison.note(fingerprint)
        self._figures.helper_ended(opened.trouble)
        log.error(
            "a file ended its helper", cause=opened.trouble, problem=opened.error, sha256=fingerprint, count=count
        )
        if count == POISON_AT:
            self._figures.poisoned(fingerprint)
            log.error("poison: this file is not opened again", sha256=fingerprint)


async def _digest(content: bytes) -> bytes:
    """SHA-256; of a large file in a thread, which lets the loop go on."""
    if len(content) <= _ON_THE_SPOT_OCTETS:
        return hashlib.sha256(content).digest()
    return (await asyncio.to_thread(hashlib.sha256, content)).digest()
