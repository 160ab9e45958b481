"""How a node follows its control plane: published policy comes down (design 3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import structlog

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.publications import ControlPublications
from ecluse.adapters.lmdb import policies
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.entrypoints.held_jobs import tell_held
from ecluse.entrypoints.lesson_jobs import tell_lessons
from ecluse.entrypoints.lock_jobs import tell_locks
from ecluse.entrypoints.node_report_jobs import tell_state
from ecluse.entrypoints.order_jobs import follow_orders
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.route_jobs import tell_routes
from ecluse.entrypoints.settings_tables import Settings
from ecluse.entrypoints.shared_lesson_jobs import follow_lessons
from ecluse.mta import metrics
from ecluse.ports.publications import Publications

log = structlog.get_logger()

LOOK_EVERY_S = 0.5


def meet(settings: Settings) -> None:
    """At start: a node that has no policy yet takes it now; one that has needs no database to serve."""
    if settings.control.database is None:
        return
    database = Database(settings.control.database)
    try:
        catch_up(ControlPublications(database), DataPaths(settings.data_dir).policy)
    except Unavailable as problem:
        log.warning("control plane out of reach; policy stays as it is", problem=str(problem))
    finally:
        # The processes that we fork must not share a connection.
        database.close()


async def follow_policy(settings: Settings) -> None:
    """A change is live on this node within two seconds; while the database is away the node keeps what it has."""
    if settings.control.database is None:
        raise Impossible("no control database is set")
    follower = _Follower(ControlPublications(Database(settings.control.database)), DataPaths(settings.data_dir).policy)
    while True:
        await asyncio.to_thread(follower.look)
        await asyncio.sleep(LOOK_EVERY_S)


JOBS: tuple[Callable[[Settings], Coroutine[Any, Any, None]], ...] = (
    follow_policy,
    follow_orders,
    tell_held,
    tell_routes,
    tell_locks,
    tell_lessons,
    follow_lessons,
    tell_state,
)


def catch_up(publications: Publications, store: Path) -> int:
    """Bring the node's policy up to date; its position. Raises `Unavailable`."""
    position = policies.position(store)
    while True:
        batch = None if position is None else publications.after(position)
        if batch is None:
            with publications.everything() as (position, everything):
                policies.replace_all(store, position, everything)
        elif batch.publications or batch.position != position:
            policies.apply(store, batch)
            position = batch.position
        else:
            return batch.position


class _Follower:
    def __init__(self, publications: Publications, store: Path) -> None:
        self._publications, self._store = publications, store
        self._is_away = False
        self._position: int | None = None

    def look(self) -> None:
        try:
            position = catch_up(self._publications, self._store)
        except Unavailable as problem:
            if not self._is_away:
                log.warning("control plane out of reach; policy stays as it is", problem=str(problem))
            self._is_away = True
            metrics.CONTROL_AWAY.set(1)
            return
        if self._is_away:
            log.info("control plane in reach again")
        self._is_away = False
        metrics.CONTROL_AWAY.set(0)
        metrics.POLICY_POSITION.set(position)
        if position != self._position:
            log.info("policy followed", position=position)
        self._position = position
