"""The settings of the opening room, as its two sides want them."""

from __future__ import annotations

import os

from ecluse.adapters.room.figures import Figures
from ecluse.adapters.room.inside import RoomRules
from ecluse.adapters.room.poison import PoisonList
from ecluse.adapters.room.room import HelperRoom, Pool
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Opening, Settings
from ecluse.opening.budget import Limits

HELPERS_PER_CORE = 2  # One that hangs until its deadline leaves the core to the other.
ANSWERING_S = 1.5  # What an opener that stops by itself needs to say so before it is killed.


def room_rules(opening: Opening) -> RoomRules:
    """What holds for every helper."""
    return RoomRules(
        memory_octets=opening.memory_mib << 20,
        allows_unlocked=opening.allow_unlocked,
        rule_folder=str(opening.rule_folder or ""),
        limits=Limits(seconds=max(0.5, opening.deadline_s - ANSWERING_S)),
    )


def worker_room(settings: Settings, figures: Figures) -> HelperRoom:
    """One worker's way into the node's room."""
    paths, opening = DataPaths(settings.data_dir), settings.opening
    helpers = opening.helpers or HELPERS_PER_CORE * (os.cpu_count() or 1)
    pool = Pool(
        helpers=max(1, helpers // settings.workers),
        files_each=opening.files_each,
        deadline_s=opening.deadline_s,
        cache_octets=opening.cache_mib << 20,
    )
    return HelperRoom(paths.room, PoisonList(paths.poison), pool, figures)
