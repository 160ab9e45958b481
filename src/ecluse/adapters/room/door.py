"""The door of the room: made, and the lock behind it proven, before the zygote is started."""

from __future__ import annotations

import socket
from pathlib import Path

from ecluse.adapters.room.inside import RoomRules
from ecluse.domain.errors import Impossible
from ecluse.opening.lock.lock import Fence
from ecluse.opening.lock.probe import standing_fences

BACKLOG = 256


def bind(path: Path) -> socket.socket:
    """The door to a room: connections wait there until a zygote serves them. A socket file left behind is replaced."""
    path.unlink(missing_ok=True)
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    door.bind(str(path))
    path.chmod(0o600)
    door.listen(BACKLOG)
    return door


def demand_lock(rules: RoomRules) -> None:
    """Raises `Impossible` on a machine that cannot lock the room, unless the settings allow that."""
    if not rules.allows_unlocked and Fence.SECCOMP not in standing_fences():
        raise Impossible("no seccomp here: files from outside cannot be opened safely; see opening.allow_unlocked")
