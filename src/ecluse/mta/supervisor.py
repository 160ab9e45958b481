"""The parent of a node's processes: starts them once the ports are bound, replaces those that die, ends them all."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

import structlog

log = structlog.get_logger()

RESTART_DELAYS_S = (0.1, 1.0, 5.0, 15.0)  # By the number of deaths within `STEADY_S`.
STEADY_S = 60.0
END_WITHIN_S = 40.0  # Longer than a worker's own drain.
POLL_S = 0.05
PR_SET_PDEATHSIG = 1  # prctl(2).


@dataclass(frozen=True, slots=True)
class Job:
    """One process to keep alive."""

    name: str
    number: int  # Its row in the shared tallies.
    run: Callable[[], None]  # Runs in the child and returns when it has been told to end.
    serves_others: bool = False  # It is told to end when all others are gone.


@dataclass(slots=True)
class _Life:
    """A job's process, or the time at which it may be started again."""

    job: Job
    pid: int = 0
    started: float = 0.0
    deaths: int = 0
    not_before: float = 0.0


class Supervisor:
    """SIGTERM and SIGINT end everything, SIGHUP is passed on (certificates, policy)."""

    def __init__(
        self,
        jobs: Sequence[Job],
        *,
        on_death: Callable[[Job, int], None],
        on_ready: Callable[[], None],
        on_ending: Callable[[], None],
    ) -> None:
        self._lives = [_Life(job) for job in jobs]
        self._on_death = on_death
        self._on_ready = on_ready
        self._on_ending = on_ending
        self._is_ending = False
        self._has_hup = False

    def run(self) -> None:
        """Keep all jobs alive until told to end; returns when the last one is gone."""
        signal.signal(signal.SIGTERM, self._note_end)
        signal.signal(signal.SIGINT, self._note_end)
        signal.signal(signal.SIGHUP, self._note_hup)
        self._start_due()
        self._on_ready()
        while not self._is_ending:
            self._bury()
            self._start_due()
            self._pass_on_hup()
            time.sleep(POLL_S)
        self._end()

    def _note_end(self, number: int, frame: object) -> None:  # noqa: ARG002 - the signature of a signal handler.
        self._is_ending = True

    def _note_hup(self, number: int, frame: object) -> None:  # noqa: ARG002 - the signature of a signal handler.
        self._has_hup = True

    def _start_due(self) -> None:
        now = time.monotonic()
        for life in self._lives:
            if not life.pid and now >= life.not_before and not self._is_ending:
                life.started = now
                self._start(life)

    def _start(self, life: _Life) -> None:
        try:
            life.pid = os.fork() or _become(life.job)
        except OSError as error:
            # For want of memory or of process numbers: the others serve on, and it may pass.
            delay = RESTART_DELAYS_S[-1]
            log.error("process cannot be started", job=life.job.name, problem=error.strerror, again_in_s=delay)
            life.not_before = life.started + delay

    def _bury(self) -> None:
        for life in self._lives:
            if not life.pid:
                continue
            pid, status = os.waitpid(life.pid, os.WNOHANG)
            if pid:
                self._note_death(life, status)

    def _note_death(self, life: _Life, status: int) -> None:
        now = time.monotonic()
        life.deaths = life.deaths + 1 if now - life.started < STEADY_S else 1
        delay = RESTART_DELAYS_S[min(life.deaths, len(RESTART_DELAYS_S)) - 1]
        log.error(
            "process died", job=life.job.name, pid=life.pid, status=os.waitstatus_to_exitcode(status), again_in_s=delay
        )
        pid, life.pid, life.not_before = life.pid, 0, now + delay
        self._on_death(life.job, pid)

    def _pass_on_hup(self) -> None:
        if self._has_hup:
            self._has_hup = False
            _tell(self._lives, signal.SIGHUP)

    def _end(self) -> None:
        self._on_ending()
        _end_all([life for life in self._lives if not life.job.serves_others])
        _end_all([life for life in self._lives if life.job.serves_others])


def _end_all(lives: list[_Life]) -> None:
    """Tell them to end, wait, and kill those that do not."""
    _tell(lives, signal.SIGTERM)
    deadline = time.monotonic() + END_WITHIN_S
    while any(life.pid for life in lives):
        if time.monotonic() > deadline:
            log.error("processes killed at shutdown", jobs=[life.job.name for life in lives if life.pid])
            _tell(lives, signal.SIGKILL)
            deadline += END_WITHIN_S
        for life in lives:
            if life.pid and os.waitpid(life.pid, os.WNOHANG)[0]:
                life.pid = 0
        time.sleep(POLL_S)


def _tell(lives: list[_Life], number: signal.Signals) -> None:
    for life in lives:
        if life.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(life.pid, number)


def _become(job: Job) -> NoReturn:
    """The child's life: run the job and never return into the supervisor's code."""
    status = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        # Ctrl-C goes to the whole group: whoever is in the midst of a message waits for the supervisor's SIGTERM.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # One that comes before the job listens for it would end the job; what it reads at start is fresh anyway.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        # A supervisor that is killed outright must not leave workers behind that hold its ports.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        job.run()
        status = 0
    except BaseException:
        log.exception("a process ended by a fault of ours", job=job.name)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
