"""The counter server of the settings, and the salt that all its nodes must share."""

from __future__ import annotations

import asyncio

import structlog

from ecluse.adapters.counters.keys import make_salt, replace_salt
from ecluse.adapters.valkey.server import CounterServer
from ecluse.adapters.valkey.sightings import agree_on_salt
from ecluse.domain.errors import Unavailable
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings

log = structlog.get_logger()

PATIENCE_S = 2.0


def counter_server(settings: Settings) -> CounterServer | None:
    """None where each node counts by itself."""
    if settings.counters.server is None:
        return None
    return CounterServer(settings.counters.server, settings.counters.password_file)


def take_over_salt(settings: Settings) -> None:
    """Before any process has read the node's salt: make it that of the other nodes. Raises `OSError`.

    What the node remembers under another one cannot be found any more, and fades. Without the server the node keeps
    its own; what it shares begins with the next start.
    """
    server, path = counter_server(settings), DataPaths(settings.data_dir).salt
    if server is None:
        return
    own = make_salt(path)
    try:
        agreed = asyncio.run(agree_on_salt(server, own, PATIENCE_S))
    except Unavailable as problem:
        log.error("the salt of the other nodes is not known", problem=str(problem))
        return
    if agreed != own:
        replace_salt(path, agreed)
        log.info("the salt of the other nodes is ours from now on")
