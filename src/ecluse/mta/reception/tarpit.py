"""Keeping back the answer to certain spam, so that a burst costs its sender time (market 2.2, 12)."""

from __future__ import annotations

import asyncio

MAX_INSIDE = 200  # In one worker; beyond it nobody else is delayed.


class Tarpit:
    """Delays answers by a fixed time, a bounded number at once."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._inside = 0

    async def delay(self) -> None:
        """Wait, unless delaying is off or too many wait already."""
        if not self._seconds or self._inside >= MAX_INSIDE:
            return
        self._inside += 1
        try:
            await asyncio.sleep(self._seconds)
        finally:
            self._inside -= 1
