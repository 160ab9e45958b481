"""What /health says."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from ecluse.domain.errors import Unavailable
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


@pytest.fixture
def node(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    return NodeState(Settings(hostname="gateway.test", data_dir=tmp_path), DataPaths(tmp_path))


def test_figures_that_a_process_is_just_beginning_are_looked_at_once_more(node, tmp_path, monkeypatch):
    begun = tmp_path / "counter_7.db"
    begun.write_bytes(b"")
    monkeypatch.setattr("ecluse.entrypoints.node_state.time.sleep", lambda _: begun.write_bytes(bytes(4_096)))
    assert node.report(0.0).has_room


def test_figures_that_stay_broken_are_unavailable_and_end_nothing_else(node, tmp_path):
    (tmp_path / "counter_7.db").write_bytes(b"")
    with pytest.raises(Unavailable):
        node.report(0.0)
    assert node.health()["status"]
