"""Tries the lock in a child of its own: which fences this machine can raise."""

from __future__ import annotations

import os

from ecluse.opening.lock.lock import Fence, lock

_BITS = {fence: 1 << place for place, fence in enumerate(Fence)}
_MEMORY_OCTETS = 1 << 30
_CPU_S = 5


def standing_fences() -> frozenset[Fence]:
    """The fences that stand around a locked process here; none where locking fails outright."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _try_the_lock(writing)
    os.close(writing)
    told = os.read(reading, 1)
    os.close(reading)
    os.waitpid(child, 0)
    return frozenset(fence for fence, bit in _BITS.items() if told and told[0] & bit)


def _try_the_lock(writing: int) -> None:
    try:
        standing = lock(writing, _MEMORY_OCTETS, _CPU_S)
        os.write(writing, bytes([sum(_BITS[fence] for fence in standing)]))
    finally:
        os._exit(0)
