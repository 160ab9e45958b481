"""`ecluse mta`: one node of the data plane. Everything is checked before a port is bound, and bound before a fork."""

from __future__ import annotations

import codecs
import contextlib
import gc
import grp
import importlib
import os
import pwd
import resource
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import sdnotify
import structlog
from prometheus_client import multiprocess

from ecluse.adapters.folder.disk import make_folder
from ecluse.adapters.lmdb.policies import LmdbPolicies
from ecluse.adapters.memory.tallies import SharedTallies
from ecluse.adapters.room.door import bind, demand_lock
from ecluse.adapters.room.private import become_zygote
from ecluse.domain.errors import Impossible
from ecluse.entrypoints import agent_process, control_jobs, delivery_process, logs, reception_process
from ecluse.entrypoints.classifier_loops import classifier_loops
from ecluse.entrypoints.counter_server import take_over_salt
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.reception_process import BoundDoor, DoorKind
from ecluse.entrypoints.room_settings import room_rules
from ecluse.entrypoints.settings import effective
from ecluse.entrypoints.settings_tables import Settings
from ecluse.filtering.fusion import fusion
from ecluse.mta import metrics
from ecluse.mta.supervisor import Job, Supervisor
from ecluse.wire.names.registrable import registrable_domain
from ecluse.wire.notations import Endpoint

log = structlog.get_logger()

BACKLOG = 1_024
SWITCH_INTERVAL_S = 0.0001
FIRST_SYSTEMD_FD = 3  # sd_listen_fds(3).


def run(settings: Settings, metrics_folder: Path) -> None:
    """Serve until SIGTERM or SIGINT. Raises `BadConfig` or `Impossible` before any port is opened."""
    logs.configure(settings.log_level)
    paths = DataPaths(settings.data_dir)
    for folder in (
        paths.root,
        paths.run,
        paths.journal,
        paths.buffers,
        paths.outages,
        paths.policy,
        paths.report_inbox,
    ):
        make_folder(folder)
    if settings.filtering.enabled:
        demand_lock(room_rules(settings.opening))
    agent_process.publish_policy(settings)
    control_jobs.meet(settings)
    _demand_policy(paths)
    # Loaded late by whoever uses them first, when our processes may no longer read Python's own files.
    importlib.import_module("_strptime")
    codecs.lookup("ascii")
    # Read once, and shared by all who would else read it at their first message: the list of suffixes takes 0.4 s.
    fusion()
    classifier_loops(compiled=settings.filtering.enabled and settings.filtering.compiled)
    registrable_domain("example.com")
    user = _prepare_user(settings, metrics_folder)
    with _as_user(user):
        _demand_access(settings)
    doors = _bind(settings)
    # Ports are bound: from here on nothing needs root.
    os.setuid(user)
    take_over_salt(settings)
    _raise_open_files()
    room = bind(paths.room) if settings.filtering.enabled else None
    log.info("starting", settings=effective(settings))
    tallies = SharedTallies(rows=settings.workers)
    Supervisor(
        [*_jobs(settings, doors, tallies), *_room_jobs(settings, doors, room)],
        on_death=partial(_note_death, tallies, settings.workers),
        on_ready=_notify_ready,
        on_ending=partial(_close, doors),
    ).run()
    log.info("ended")


def _demand_policy(paths: DataPaths) -> None:
    """A node refuses to serve only if it has never had a policy (design 3)."""
    if not LmdbPolicies(paths.policy).has_policy:
        raise Impossible("no policy: set policy.file in the settings, or control.database, from which one can be had")


def _jobs(settings: Settings, doors: list[BoundDoor], tallies: SharedTallies) -> Sequence[Job]:
    receptions = [
        Job(f"reception-{number}", number, _child(partial(reception_process.run, settings, doors, tallies, number)))
        for number in range(settings.workers)
    ]
    others = settings.workers
    deliveries = [
        Job(f"delivery-{number}", others + number, _child(partial(delivery_process.run, settings, number), doors))
        for number in range(settings.delivery_processes)
    ]
    agent = Job("agent", others + settings.delivery_processes, _child(partial(agent_process.run, settings), doors))
    return [*receptions, *deliveries, agent]


def _room_jobs(settings: Settings, doors: list[BoundDoor], room: socket.socket | None) -> Iterator[Job]:
    """The room in which files are opened; without filtering none is."""
    if room is not None:
        number = settings.workers + settings.delivery_processes + 1
        become = partial(become_zygote, room, room_rules(settings.opening))
        yield Job("room", number, _child(become, doors), serves_others=True)


def _child(run: Callable[[], None], foreign_doors: Sequence[BoundDoor] = ()) -> Callable[[], None]:
    """What a forked process does first: let go of doors that are not its own, and leave shared memory shared."""

    def begin() -> None:
        _close(foreign_doors)
        gc.freeze()
        # Threads that wait for the disk must get the interpreter back from a busy loop: with the usual 5 ms the
        # journal's sync was seen to stall for seconds.
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        run()

    return begin


def _close(doors: Sequence[BoundDoor]) -> None:
    """Who connects to a door that no process holds is refused; else it would wait in the queue for nobody."""
    for door in doors:
        door.socket.close()


def _note_death(tallies: SharedTallies, workers: int, job: Job, pid: int) -> None:
    if job.number < workers:
        tallies.clear(job.number)
    metrics.PROCESS_DEATHS.labels(job.name.partition("-")[0]).inc()
    multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]  # the library has no types here.


def _notify_ready() -> None:
    sdnotify.SystemdNotifier().notify("READY=1")


def _bind(settings: Settings) -> list[BoundDoor]:
    """The listening sockets, made once: from systemd where it passed some, else bound here."""
    places = [(DoorKind.INBOUND, place) for place in settings.inbound.listen]
    places += [(DoorKind.OUTBOUND, place) for place in settings.outbound.listen]
    places += [(DoorKind.OUTBOUND_TLS, place) for place in settings.outbound.listen_tls]
    passed = _passed_by_systemd()
    doors = []
    try:
        for kind, place in places:
            address = (place.host, place.port)
            doors.append(BoundDoor(kind, passed.pop(address) if address in passed else _listen(place)))
    except OSError as problem:
        _close(doors)
        raise Impossible(f"cannot listen on {place}: {problem.strerror or problem}") from problem
    if passed:
        # Nobody would ever accept there: senders would wait for a greeting until they give up.
        names = ", ".join(":".join(map(str, address)) for address in passed)
        raise Impossible(f"systemd passed a socket that no listen names: {names}; the addresses must be the same")
    return doors


def _listen(place: Endpoint) -> socket.socket:
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    # The protocol is named so that asyncio sets TCP_NODELAY: without it each reply waits for a delayed ACK.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    bound.bind((place.host, place.port))
    bound.listen(BACKLOG)
    bound.setblocking(False)  # noqa: FBT003 - the standard library's signature.
    return bound


def _passed_by_systemd() -> dict[tuple[str, int], socket.socket]:
    """Sockets of a systemd .socket unit, by address (sd_listen_fds(3))."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return {}
    passed = {}
    for fd in range(FIRST_SYSTEMD_FD, FIRST_SYSTEMD_FD + int(os.environ.get("LISTEN_FDS", "0"))):
        bound = socket.socket(fileno=fd)
        bound.setblocking(False)  # noqa: FBT003 - the standard library's signature.
        passed[bound.getsockname()[:2]] = bound
    return passed


def _prepare_user(settings: Settings, metrics_folder: Path) -> int:
    """The user id to run as; its groups are entered, and what is written to is its own, when this returns."""
    if settings.user is None:
        return os.getuid()
    try:
        user = pwd.getpwnam(settings.user)
        group = grp.getgrnam(settings.group).gr_gid if settings.group else user.pw_gid
    except KeyError as problem:
        raise Impossible(f"no such user or group: {problem}") from problem
    for folder in (settings.data_dir.resolve(), metrics_folder):
        _hand_over(folder, user.pw_uid, group)
    os.initgroups(settings.user, group)
    os.setgid(group)
    return user.pw_uid


def _hand_over(folder: Path, user: int, group: int) -> None:
    """Give away all that lies in `folder`. Links are not followed: whoever may write here must not gain other files."""
    os.chown(folder, user, group)
    for _, folders, files, fd in os.fwalk(folder):
        for name in (*folders, *files):
            with contextlib.suppress(FileNotFoundError):
                os.chown(name, user, group, dir_fd=fd, follow_symlinks=False)


@contextlib.contextmanager
def _as_user(user: int) -> Iterator[None]:
    """For a while, with the rights of `user`."""
    before = os.geteuid()
    os.seteuid(user)
    try:
        yield
    finally:
        os.seteuid(before)


def _demand_access(settings: Settings) -> None:
    """What the processes open as the user they run as, at start and at SIGHUP. Raises `Impossible`."""
    who = settings.user or "this user"
    for file in (settings.tls.certificate, settings.tls.key, settings.policy.file):
        if file is not None and not os.access(file, os.R_OK, effective_ids=True):
            raise Impossible(f"{file} cannot be read by {who}: the certificate and the policy are read again at SIGHUP")
    if not os.access(settings.data_dir, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
        raise Impossible(f"{settings.data_dir} cannot be entered by {who}: look at the folders above it")


def _raise_open_files() -> None:
    """Each connection is an open file, and a shell's or systemd's usual 1,024 are not enough."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
