"""What /health says."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from ecluse.entrypoints.node_state import NodeState
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings


@pytest.mark.parametrize(("files_left", "has_room"), [(0, False), (1, True)])
def test_a_disk_that_takes_no_more_files_has_no_room(tmp_path, monkeypatch, files_left, has_room):
    """As for MAIL, which is then answered 452."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    settings = Settings(hostname="gateway.test", data_dir=tmp_path)
    node = NodeState(settings, DataPaths(tmp_path))
    state = SimpleNamespace(f_files=9, f_favail=files_left, f_bavail=1 << 30, f_frsize=4_096)
    monkeypatch.setattr(os, "statvfs", lambda _: state)
    assert node.health()["has_room"] is has_room
    assert node.report(0.0).has_room is has_room
