"""The life of a probe: each minute all doors at once, what was found onto disk, and all that is kept to the console.

Outbound mail that was taken is looked for at the sinks in the same minute and in those that follow.
"""

from __future__ import annotations

import asyncio
import signal
import time

import structlog

from ecluse.adapters.folder.probe_results import KeptResults
from ecluse.domain.errors import Unavailable
from ecluse.domain.incoming import Direction
from ecluse.domain.probe_result import ProbeResult, Step
from ecluse.entrypoints.probing.asking import MINUTE_S, ask, doors
from ecluse.entrypoints.probing.following import Following, Sent
from ecluse.entrypoints.probing.reporting import report
from ecluse.entrypoints.probing.settings import ProbeSettings, secret_in

_LOOK_S = 1.0  # Between two looks, where one is waited for.
_EVENTS = {Step.REPLY: "probe missed", Step.ARRIVAL: "probe mail astray"}

log = structlog.get_logger()


async def run(settings: ProbeSettings, *, once: bool) -> tuple[ProbeResult, ...]:
    """Until SIGTERM, or once; what was found last. Raises `Unavailable` for files that it cannot do without."""
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    password = "" if settings.password_file is None else secret_in(settings.password_file)
    kept = KeptResults(settings.state_dir)
    following = Following(settings.sinks, settings.arrives_within_s)
    found: tuple[ProbeResult, ...] = ()
    while not ending.is_set():
        found = await _one_minute(settings, kept, password, following, waits=once)
        if once:
            break
        await _until_next_minute(ending)
    return found


async def _one_minute(
    settings: ProbeSettings, kept: KeptResults, password: str, following: Following, *, waits: bool
) -> tuple[ProbeResult, ...]:
    """With `waits`, until what was handed in has arrived, or has not."""
    now = time.time()
    asked = await asyncio.gather(*(ask(door, settings, password, now) for door in doors(settings)))
    for each in asked:
        if each.result.service is Direction.OUTBOUND and not each.result.is_missed:
            following.add(Sent(each.result.server, each.result.minute, each.mail, each.at))
    found = (*(each.result for each in asked), *await following.look())
    while waits and following.is_awaiting:
        await asyncio.sleep(_LOOK_S)
        found += await following.look()
    for one in found:
        if one.is_missed:
            log.warning(_EVENTS[one.step], server=one.server, service=one.service.value, reason=one.reason)
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
