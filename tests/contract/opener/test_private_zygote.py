"""A program that is killed cannot clear away its room; the next one does."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

from ecluse.adapters.room.inside import RoomRules
from ecluse.adapters.room.private import PrivateZygote

LONG_AGO = 1_000_000_000


@pytest.fixture
def temporary(monkeypatch):
    """Not pytest's own, whose name is too long for the path of a socket."""
    with tempfile.TemporaryDirectory(prefix="ecluse-") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def open_room():
    return PrivateZygote(RoomRules(), (sys.executable, "-S", "-c", "import time; time.sleep(600)"))


def test_the_folder_of_a_killed_program_is_removed_and_those_in_use_are_not(temporary):
    in_use = open_room()
    for left in (temporary / "ecluse-opening-left", temporary / "else"):
        left.mkdir()
        (left / "door").touch()
        os.utime(left, (LONG_AGO, LONG_AGO))
    os.utime(in_use.door.parent, (LONG_AGO, LONG_AGO))
    (temporary / "ecluse-opening-begun").mkdir()  # By a program that has not claimed it yet.
    another = open_room()
    try:
        expected = {in_use.door.parent.name, another.door.parent.name, "ecluse-opening-begun", "else"}
        assert {path.name for path in temporary.iterdir()} == expected
    finally:
        in_use.close()
        another.close()
    assert {path.name for path in temporary.iterdir()} == {"ecluse-opening-begun", "else"}
