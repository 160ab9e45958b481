"""How often somebody may try: counted in the cache that all processes share."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass

from django.core.cache import cache


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries within so many seconds."""

    name: str
    most: int
    within_s: int

    def is_reached(self, who: str) -> bool:
        """Count one try of his; whether it was one too many. Two at the same instant may count as one."""
        digest = hashlib.sha256(who.encode("utf-8", "replace")).hexdigest()[:32]
        key = f"limit-{self.name}-{digest}-{int(time.time() // self.within_s)}"
        count = int(cache.get(key, 0)) + 1
        cache.set(key, count, self.within_s)
        return count > self.most
