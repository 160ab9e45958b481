"""The disk: can we write, does it keep what we write, how much room is left, is anything damaged."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ecluse.adapters.folder.disk import free_bytes
from ecluse.entrypoints.doctor.diagnosis import Diagnosis, Patient, fail, ok, warn
from ecluse.entrypoints.terminal import amount

FORGETFUL = frozenset({"tmpfs", "ramfs", "overlay"})  # Gone with the machine, or with the container.
REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"})  # Locks and syncs are another's promise.
SLOW_SYNC_S = 0.05
SYNCS = 5
COMFORT = 10  # So many times the reserve should be free.


def data_folder(patient: Patient) -> Iterator[Diagnosis]:
    """The data folder: there, writable, on a file system that keeps what was synced, with room."""
    root = patient.settings.data_dir
    if not root.is_dir():
        yield warn("data folder", f"{root} is not there", "it is made at the first start")
        return
    try:
        seconds = _sync_time(root)
    except OSError as problem:
        yield fail(
            "data folder", f"{root} cannot be written to: {problem.strerror}", f"give us {root}, or run as its owner"
        )
        return
    yield ok("data folder", f"{root} can be written to")
    yield _file_system(root)
    yield _sync(seconds)
    yield _room(root, patient.settings.spool.reserve_bytes)


def journal(patient: Patient) -> Iterator[Diagnosis]:
    """The journal: without room for it MAIL is answered 452."""
    folder = patient.paths.journal
    if not folder.is_dir():
        yield warn("journal", f"{folder} is not there", "it is made at the first start")
        return
    writers = patient.settings.workers + patient.settings.delivery_processes
    needed = 2 * writers * (patient.settings.journal.segment_mib << 20)
    if not os.access(folder, os.W_OK | os.X_OK):
        yield fail("journal", f"{folder} cannot be written to", f"give us {folder}, or run as its owner")
    elif free_bytes(folder) < needed:
        advice = f"{writers} writers want {amount(needed)}: free some, or lower journal.segment_mib"
        yield fail("journal", f"{amount(free_bytes(folder))} free", advice)
    else:
        yield ok("journal", f"{folder} can be written to, with room for two files of each of {writers} writers")


def damaged(patient: Patient) -> Iterator[Diagnosis]:
    """Files set aside because they are no longer what was written: mail that somebody was promised."""
    for name, folder in (("spool", patient.paths.spool), ("quarantine", patient.paths.held)):
        aside = folder / "damaged"
        count = sum(1 for _ in aside.iterdir()) if aside.is_dir() else 0
        if count:
            advice = "look at the disk, then at the files: their ids stand in the message log; remove what is settled"
            yield fail(name, f"{count} damaged files in {aside}", advice)
        else:
            yield ok(name, "no damaged files")


def file_system_of(path: Path, mounts: str) -> str:
    """The type of the file system that holds `path`, from the text of /proc/self/mountinfo; "" when unknown."""
    best, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if " - " not in line or len(fields) < 10:
            continue
        # Blanks in names are written as \040 (proc(5)).
        point = fields[4].replace("\\040", " ")
        if len(point) >= len(best) and path.is_relative_to(point):
            best, kind = point, line.rpartition(" - ")[2].split(" ")[0]
    return kind


def _file_system(root: Path) -> Diagnosis:
    try:
        kind = file_system_of(root.resolve(), Path("/proc/self/mountinfo").read_text("utf-8", "replace"))
    except OSError:
        kind = ""
    if kind in FORGETFUL:
        advice = "put data_dir on a disk: what lies here may be gone after a restart, and with it accepted mail"
        return warn("file system", kind, advice)
    if kind in REMOTE:
        return warn("file system", kind, "put data_dir on a local disk: locks and syncs over a network are not sure")
    return ok("file system", kind or "unknown")


def _sync_time(root: Path) -> float:
    """Seconds for one synced write; the mean of a few."""
    with tempfile.TemporaryFile(dir=root) as file:
        began = time.perf_counter()
        for _ in range(SYNCS):
            file.write(b"\0" * 4_096)
            file.flush()
            os.fsync(file.fileno())
        return (time.perf_counter() - began) / SYNCS


def _sync(seconds: float) -> Diagnosis:
    found = f"{seconds * 1_000:.1f} ms for one synced write"
    if seconds > SLOW_SYNC_S:
        return warn("disk speed", found, "each accepted message waits for two: a faster disk, or less other work on it")
    return ok("disk speed", found)


def _room(root: Path, reserve: int) -> Diagnosis:
    free = free_bytes(root)
    found = f"{amount(free)} free, {amount(reserve)} in reserve"
    if free <= reserve:
        return fail("disk space", found, "free some: all mail is answered 452 until then")
    if free < COMFORT * reserve:
        return warn("disk space", found, "free some, or give it a larger disk")
    return ok("disk space", found)
