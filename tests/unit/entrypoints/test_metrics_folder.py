"""The node's counters lie in memory."""

from __future__ import annotations

import os
import pwd

import pytest

from ecluse.entrypoints import metrics_folder
from ecluse.entrypoints.metrics_folder import prepare
from ecluse.entrypoints.paths import DataPaths


@pytest.fixture
def memory(tmp_path, monkeypatch):
    """Where everybody may write."""
    place = tmp_path / "shm"
    place.mkdir()
    monkeypatch.setattr(metrics_folder, "SHARED_MEMORY", place)
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    return place


@pytest.fixture
def paths(tmp_path):
    return DataPaths(tmp_path / "data")


def test_each_node_has_its_own_that_nobody_else_may_enter(memory, paths, tmp_path):
    folder = prepare(paths)
    assert folder.parent == memory
    assert folder.stat().st_mode & 0o777 == 0o700
    assert prepare(paths) == folder
    assert prepare(DataPaths(tmp_path / "other")) not in (folder, memory)


@pytest.mark.usefixtures("memory")
def test_a_node_begins_without_the_counters_of_a_former_life(paths):
    folder = prepare(paths)
    (folder / "counter_1.db").touch()
    (folder / "note.txt").touch()
    prepare(paths)
    assert [path.name for path in folder.iterdir()] == ["note.txt"]


@pytest.mark.usefixtures("memory")
def test_systemd_has_a_place_for_it(paths, tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("RUNTIME_DIRECTORY", f"{tmp_path}/run:{tmp_path}/second")
    assert prepare(paths).parent == tmp_path / "run"


def test_without_shared_memory_it_lies_on_the_disk(memory, paths):
    memory.rmdir()
    assert prepare(paths) == paths.metrics
    assert paths.metrics.is_dir()


def link(folder):
    target = folder.parent / "target"
    target.mkdir(mode=0o700)
    folder.symlink_to(target)


def open_to_others(folder):
    folder.mkdir()
    folder.chmod(0o777)


def foreign(folder):
    if os.geteuid() != 0:
        pytest.skip("only root can make a folder of somebody else")
    folder.mkdir(mode=0o700)
    os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize("squat", [link, open_to_others, foreign, lambda folder: folder.touch()])
def test_what_another_has_put_there_under_our_name_is_not_used(paths, squat):
    folder = prepare(paths)
    folder.rmdir()
    squat(folder)
    assert prepare(paths) == paths.metrics


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can hand over")
@pytest.mark.usefixtures("memory")
def test_root_uses_again_what_it_has_handed_over_to_the_nodes_user(paths):
    folder = prepare(paths)
    paths.root.mkdir()
    for one in (folder, paths.root):
        os.chown(one, pwd.getpwnam("nobody").pw_uid, -1)
    assert prepare(paths) == folder
