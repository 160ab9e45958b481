"""Where the processes of a node keep their counters: in memory.

They are written through memory maps, and where a full disk has no room for a page of one, the kernel ends the writer.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from ecluse.adapters.folder.disk import disk_errors, make_folder
from ecluse.entrypoints.paths import DataPaths

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - what others may have put there is not used.


def prepare(paths: DataPaths) -> Path:
    """The node's own folder, without the counters of a former life: they would be added. Raises `Unavailable`."""
    with disk_errors("metrics"):
        folder = _make(paths)
        for old in folder.glob("*.db"):
            old.unlink(missing_ok=True)
    return folder


def _make(paths: DataPaths) -> Path:
    """One in systemd's folder or in shared memory, and on the disk only where neither can be had."""
    memory = Path(os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0] or SHARED_MEMORY)
    folder = memory / f"ecluse-metrics-{sha256(bytes(paths.root.resolve())).hexdigest()[:16]}"
    if _is_ours(folder, paths):
        return folder
    make_folder(paths.metrics)
    return paths.metrics


def _is_ours(folder: Path, paths: DataPaths) -> bool:
    """Make it, or find it as we or the node's user have left it: in shared memory anybody may take our name."""
    try:
        owners = {os.geteuid(), paths.root.stat().st_uid} if paths.root.exists() else {os.geteuid()}
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        state = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(state.st_mode) and state.st_uid in owners and stat.S_IMODE(state.st_mode) == 0o700
