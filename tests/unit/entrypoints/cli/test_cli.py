"""The program as a whole: its commands, its complaints, its exit status."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ecluse import __version__
from ecluse.entrypoints import cli


def test_every_command_stands_in_the_help(run):
    said = run("--help")
    assert said.code == 0
    for command in ("mta", "up", "scan", "log", "queue", "quarantine", "pipeline", "doctor", "judge", "version"):
        assert command in said.out


def test_the_version_is_told_to_people_and_to_programs(run):
    assert run("version").out == f"ecluse {__version__}\n"
    assert run("version", "--json").json == {"version": __version__}


@pytest.mark.parametrize("command", [("queue", "list"), ("quarantine", "list"), ("log",), ("doctor",), ("mta",)])
def test_a_mistake_in_the_settings_is_one_line_that_names_it(run, tmp_path, command):
    config = tmp_path / "ecluse.toml"
    config.write_text('hostname = "gateway.test"\nworkerz = 1\n', "utf-8")
    said = run(*command, "--config", config)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"{config}:2: workerz: ")
    assert said.err.count("\n") == 1


def test_the_settings_are_found_by_the_environment(run, data, monkeypatch):
    monkeypatch.setenv("ECLUSE_CONFIG", str(data.config))
    assert run("queue", "list", "--json").json == []


def test_without_any_settings_it_is_told_how_to_name_them(run, monkeypatch, tmp_path):
    monkeypatch.setattr("ecluse.entrypoints.options.DEFAULT_CONFIG", tmp_path / "none.toml")
    said = run("queue", "list")
    assert said.code == 2
    assert "--config" in said.err


def test_a_data_folder_that_is_not_there_is_a_mistake_and_is_not_made(run, tmp_path):
    said = run("queue", "list", "--data-dir", tmp_path / "nowhere")
    assert (said.code, said.out) == (2, "")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("command", [("queue", "list"), ("quarantine", "list"), ("log",), ("queue", "retry", "--all")])
def test_a_look_at_an_empty_data_folder_leaves_it_empty(run, data, command):
    assert run(*command, "--data-dir", data.paths.root).code == 0
    assert list(data.paths.root.iterdir()) == []


def test_what_cannot_be_read_now_is_unavailable(run, data):
    data.paths.outages.mkdir(parents=True)
    (data.paths.outages / "data.mdb").write_bytes(b"torn")
    said = run("queue", "list", "--data-dir", data.paths.root)
    assert (said.code, said.out) == (3, "")
    assert said.err.startswith("ecluse: ")


def test_a_fault_of_ours_is_told_apart_from_no(run, monkeypatch):
    def broken(*_):
        raise AssertionError("broken")

    monkeypatch.setattr(cli, "say", broken)
    said = run("version")
    assert said.code == 70
    assert "AssertionError: broken" in said.err


def test_the_metrics_library_is_not_loaded_before_the_node_has_said_where(run):
    """prometheus_client chooses its multiprocess mode at import."""
    look = "import sys, ecluse.entrypoints.cli; sys.exit('prometheus_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0


def test_up_without_demo_says_what_to_do_instead(run):
    said = run("up")
    assert said.code == 2
    assert "--demo" in said.err
