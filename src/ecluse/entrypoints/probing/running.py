"""The life of a probe: each minute all doors at once, what was found onto disk, and all that is kept to the console."""

from __future__ import annotations

import asyncio
import signal
import time

import structlog

from ecluse.adapters.folder.probe_results import KeptResults
from ecluse.domain.errors import Unavailable
from ecluse.domain.probe_result import ProbeResult
from ecluse.entrypoints.probing.asking import MINUTE_S, ask, doors
from ecluse.entrypoints.probing.reporting import report
from ecluse.entrypoints.probing.settings import ProbeSettings, secret_in

log = structlog.get_logger()


async def run(settings: ProbeSettings, *, once: bool) -> tuple[ProbeResult, ...]:
    """Until SIGTERM, or once; what was found last. Raises `Unavailable` for files that it cannot do without."""
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    password = "" if settings.password_file is None else secret_in(settings.password_file)
    kept = KeptResults(settings.state_dir)
    found: tuple[ProbeResult, ...] = ()
    while not ending.is_set():
        found = await _one_minute(settings, kept, password)
        if once:
            break
        await _until_next_minute(ending)
    return found


async def _one_minute(settings: ProbeSettings, kept: KeptResults, password: str) -> tuple[ProbeResult, ...]:
    now = time.time()
    found = tuple(await asyncio.gather(*(ask(door, settings, password, now) for door in doors(settings))))
    for each in found:
        if each.is_missed:
            log.warning("probe missed", server=each.server, service=each.service.value, reason=each.reason)
    try:
        kept.keep(int(now // MINUTE_S), found)
    except Unavailable as problem:  # The point says nothing of this minute.
        log.error("probe results not kept", problem=str(problem))
    await asyncio.to_thread(report, kept, settings)
    return found


async def _until_next_minute(ending: asyncio.Event) -> None:
    wait_s = MINUTE_S - time.time() % MINUTE_S
    try:
        async with asyncio.timeout(wait_s):
            await ending.wait()
    except TimeoutError:
        return
