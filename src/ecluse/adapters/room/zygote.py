"""The process that has imported all openers and forks a helper for each connection.

It has one thread, so that a fork copies nothing that is half done; it looks at no file itself.
"""

from __future__ import annotations

import array
import gc
import os
import signal
import socket
import traceback
from pathlib import Path
from typing import NoReturn

import msgspec
import structlog

from ecluse.adapters.room.door import demand_lock
from ecluse.adapters.room.inside import Open, RoomRules, live
from ecluse.domain.errors import Impossible
from ecluse.opening.lock.kernel import PR_SET_PDEATHSIG, prctl
from ecluse.opening.rules.matching import renew_rules, use_rules

log = structlog.get_logger()

HELLO = b"h"


def serve(door: socket.socket, open_file: Open, rules: RoomRules) -> NoReturn:
    """Fork a helper for each connection, for ever. The openers' modules are imported by now."""
    demand_lock(rules)
    use_rules(Path(rules.rule_folder) if rules.rule_folder else None)
    _renew_rules()
    if sum(1 for _ in Path("/proc/self/task").iterdir()) > 1:
        raise Impossible("a library has started a thread: what others hold at a fork, a helper would wait for in vain")
    # The kernel buries helpers; that one died, the asking side sees at its connection.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    while True:
        connection, _ = door.accept()
        _renew_rules()
        _fork_helper(door, connection, open_file, rules)
        connection.close()


def _renew_rules() -> None:
    """New helpers inherit them; without rules files are opened all the same."""
    try:
        for broken in renew_rules():
            log.error("rules not used", path=str(broken.path), problem=broken.reason)
    except Impossible as problem:
        log.error("no rules", problem=str(problem))


def _fork_helper(door: socket.socket, connection: socket.socket, open_file: Open, rules: RoomRules) -> None:
    pid = os.fork()
    if not pid:
        _be_helper(door, connection, open_file, rules)
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    # The asking side must be able to kill it, and nobody else by mistake: a number may be another's tomorrow.
    told = array.array("i", [descriptor])
    try:
        connection.sendmsg([HELLO], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, told)])
    except OSError:
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    finally:
        os.close(descriptor)


def _be_helper(door: socket.socket, connection: socket.socket, open_file: Open, rules: RoomRules) -> NoReturn:
    try:
        door.close()
        live(connection, open_file, rules)
    except BaseException:  # noqa: BLE001 - a forked child must end here whatever happened.
        # Before the lock this is told; behind it, where it could be content, it goes nowhere.
        traceback.print_exc()
    finally:
        os._exit(0)


def main(descriptor: str, rules: str, open_file: Open) -> NoReturn:
    """A room of its own for one program: `descriptor` is the bound door, `rules` is JSON; it ends with its parent."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(socket.socket(fileno=int(descriptor)), open_file, msgspec.json.decode(rules, type=RoomRules))
