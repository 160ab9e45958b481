"""The machine: the lock of the opening room, open files, and the clock."""

from __future__ import annotations

import ctypes
import resource
import time
from collections.abc import Iterator

from ecluse.entrypoints.doctor.diagnosis import Diagnosis, Patient, fail, ok, warn
from ecluse.entrypoints.terminal import span
from ecluse.opening.lock.lock import Fence
from ecluse.opening.lock.probe import standing_fences

SPARE_FILES = 500  # Spool, journal, next hops, clamd.
CLOCK_SLACK_S = 120.0
TIMEX_BYTES = 512  # struct timex has 208 octets; the kernel writes no more than it knows.
TIME_ERROR = 5  # adjtimex(2): not synchronised.


def opening_room(patient: Patient) -> Iterator[Diagnosis]:
    """Files from outside are opened by processes that can do nothing else: which fences stand around them here."""
    standing = standing_fences()
    found = ", ".join(f"{fence}: {'yes' if fence in standing else 'no'}" for fence in Fence)
    if Fence.SECCOMP not in standing:
        advice = "take a kernel with seccomp; opening.allow_unlocked starts without, at your peril"
        yield (warn if patient.settings.opening.allow_unlocked else fail)("opening room", found, advice)
    elif Fence.LANDLOCK not in standing:
        yield warn("opening room", found, "boot with lsm=landlock,… for a second fence; the first stands")
    else:
        yield ok("opening room", found)


def open_files(patient: Patient) -> Iterator[Diagnosis]:
    """Each connection is an open file, and the workers share the connections allowed among them."""
    settings = patient.settings
    needed = settings.inbound.max_connections // settings.workers + SPARE_FILES
    _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY or limit >= needed:
        yield ok("open files", "no limit" if limit == resource.RLIM_INFINITY else f"at most {limit}")
    else:
        advice = "raise it (LimitNOFILE= of the unit, ulimit -n), or lower inbound.max_connections"
        yield fail("open files", f"at most {limit} here, and each worker wants {needed}", advice)


def clock(patient: Patient) -> Iterator[Diagnosis]:
    """The clock is kept right, and not behind what we have already written."""
    newest = max((path.stat().st_mtime for path in patient.paths.journal.glob("*.journal")), default=0.0)
    behind = newest - time.time()
    if behind > CLOCK_SLACK_S:
        yield fail(
            "clock",
            f"{span(behind)} behind the newest record of the journal",
            "set it right: nothing is due until then",
        )
    elif _is_unsynchronised():
        yield warn("clock", "the kernel does not know of a time service", "run chrony, ntpd or systemd-timesyncd")
    else:
        yield ok("clock", "kept by a time service")


def _is_unsynchronised() -> bool:
    state = ctypes.create_string_buffer(TIMEX_BYTES)  # Zeros: nothing is set, only read.
    return int(ctypes.CDLL(None).adjtimex(state)) == TIME_ERROR
