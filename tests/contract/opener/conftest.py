"""A room whose openers do mischief."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ecluse.adapters.room.inside import RoomRules
from ecluse.adapters.room.poison import PoisonList
from ecluse.adapters.room.private import PrivateZygote
from ecluse.adapters.room.room import HelperRoom, Pool

MISCHIEF = Path(__file__).parent / "mischief.py"
POOL = Pool(deadline_s=1.0, patience_s=100.0, wait_s=100.0)


@pytest.fixture(scope="session")
def zygote():
    zygote = PrivateZygote(RoomRules(memory_octets=200 << 20), (sys.executable, str(MISCHIEF)))
    yield zygote
    zygote.close()


@pytest.fixture
async def make_room(zygote, tmp_path):
    rooms = []

    def make(**changes):
        room = HelperRoom(zygote.door, PoisonList(tmp_path / "poison"), replace(POOL, **changes))
        rooms.append(room)
        return room

    yield make
    for room in rooms:
        await room.close()


@pytest.fixture
def room(make_room):
    return make_room()
