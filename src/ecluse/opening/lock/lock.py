"""Locks the process that it is called in, for good: what it may still do is compute, and answer."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from ecluse.opening.lock import landlock, seccomp
from ecluse.opening.lock.kernel import PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG, prctl

NOBODY = 65_534
_FREE_DESCRIPTORS = 8  # The connection, three standard ones, and a file's content.
_MAX_FD = 65_536


class Fence(StrEnum):
    """What holds a locked process."""

    NO_NEW_PRIVS = "no_new_privs"
    LANDLOCK = "landlock"
    SECCOMP = "seccomp"


_FENCES: tuple[tuple[Fence, Callable[[], None]], ...] = (
    (Fence.NO_NEW_PRIVS, lambda: prctl(PR_SET_NO_NEW_PRIVS, 1)),
    (Fence.LANDLOCK, landlock.install),
    (Fence.SECCOMP, seccomp.install),
)


def lock(connection: int, memory_octets: int, cpu_s: int) -> frozenset[Fence]:
    """Keep the descriptor `connection` and give up everything else; which fences stand.

    `memory_octets` counts all private memory, what was inherited included; more raises MemoryError or ends the process,
    as more CPU than `cpu_s` does. Who has no seccomp has no lock: it is the caller's to go on or not.
    """
    _keep_only(connection)
    _become_nobody()
    # Killed with the process that forked us; whoever opens nothing for anybody must not live on.
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    prctl(PR_SET_DUMPABLE, 0)
    _limit(memory_octets, cpu_s)
    standing = set()
    for fence, raise_it in _FENCES:
        with contextlib.suppress(OSError):
            raise_it()
            standing.add(fence)
    return frozenset(standing)


def _keep_only(connection: int) -> None:
    """Nothing inherited is left but the connection; what libraries print goes nowhere, since it may be content."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)
    os.closerange(3, connection)
    os.closerange(connection + 1, _MAX_FD)


def _become_nobody() -> None:
    """Root's rights to what no fence covers are given up; without root there is nothing to give up."""
    with contextlib.suppress(OSError):
        # Whoever is to be killed for want of memory, it is rather a helper than a worker.
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="utf-8")
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def _limit(memory_octets: int, cpu_s: int) -> None:
    limits = {
        resource.RLIMIT_DATA: memory_octets,
        resource.RLIMIT_CPU: cpu_s,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_NOFILE: _FREE_DESCRIPTORS,
    }
    for limit, most in limits.items():
        _, hard = resource.getrlimit(limit)
        lower = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (lower, lower))
