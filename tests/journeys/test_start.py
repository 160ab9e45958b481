"""How a node starts: as which user, with whose sockets, and what is refused before mail could be taken."""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import pytest

from ecluse.entrypoints import metrics_folder
from ecluse.entrypoints.mta import _hand_over
from ecluse.entrypoints.paths import DataPaths
from tests.journeys.node import Node, _toml, client_table, domains
from tests.loopback import free_port
from tests.unit.entrypoints.conftest import folder as gateway_folder  # noqa: F401 - a fixture.

PATIENCE_S = 120.0
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def node(tmp_path):
    node = Node(tmp_path, client_table("Example", domains("start", 1)), {"": {"workers": 1}})
    yield node
    if node.process is not None and node.process.poll() is None:
        node.process.terminate()
        node.process.wait(PATIENCE_S)


@pytest.fixture
def open_folder():
    """Not pytest's own, which its user alone may enter."""
    with tempfile.TemporaryDirectory(prefix="ecluse-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


def refusal(node):
    """What is said by a node that does not start; the exit status is 2."""
    (node.folder / "ecluse.toml").write_text(_toml(node.settings))
    command = [sys.executable, "-m", "ecluse", "mta", "--config", str(node.folder / "ecluse.toml")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert ended.returncode == 2, ended.stderr
    return ended.stderr


def start_with_sockets(node, *bound):
    """As systemd does it: the descriptors from 3 on, and who they are meant for in the environment."""
    (node.folder / "ecluse.toml").write_text(_toml(node.settings))
    moves = " ".join(f"{3 + number}<&{one.fileno()}" for number, one in enumerate(bound))
    command = f'LISTEN_PID=$$ LISTEN_FDS={len(bound)} exec "$0" -m ecluse mta --config "$1" {moves}'
    with (node.folder / "log").open("ab") as log:
        node.process = subprocess.Popen(
            ["/bin/bash", "-c", command, sys.executable, str(node.folder / "ecluse.toml")],
            stdout=log,
            stderr=log,
            pass_fds=[one.fileno() for one in bound],
        )


def listening_at(port):
    bound = socket.create_server(("127.0.0.1", port))
    # Far from 3, so that no move below overwrites what another still needs.
    moved = socket.socket(fileno=fcntl.fcntl(bound.fileno(), fcntl.F_DUPFD_CLOEXEC, 50))
    bound.close()
    return moved


def test_a_socket_of_systemd_is_served(node):
    with listening_at(node.port) as bound:
        start_with_sockets(node, bound)
        # Whoever connects before the node is ready waits for it.
        with socket.create_connection(("127.0.0.1", node.port), timeout=PATIENCE_S) as sender:
            assert sender.recv(512).startswith(b"220 ")


def test_a_socket_of_systemd_that_nobody_would_serve_stops_the_start(node):
    other = free_port()
    with listening_at(node.port) as bound, listening_at(other) as stray:
        start_with_sockets(node, bound, stray)
        assert node.process.wait(PATIENCE_S) == 2
    assert f"127.0.0.1:{other}" in node.log_text()


def test_figures_are_served_on_ipv6_too(node):
    with socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        port = probe.getsockname()[1]
    node.settings["metrics"]["listen"] = f"[::1]:{port}"
    node.start()
    with urllib.request.urlopen(f"http://[::1]:{port}/health", timeout=PATIENCE_S) as answer:
        assert answer.status == 200


def test_as_many_files_may_be_open_as_the_system_allows(node):
    node.start()
    limits = Path(f"/proc/{node.process.pid}/limits").read_text()
    [soft, hard] = next(line for line in limits.splitlines() if line.startswith("Max open files")).split()[3:5]
    assert soft == hard


@as_root
@pytest.mark.usefixtures("gateway_folder")
def test_a_key_that_only_root_may_read_stops_the_start_of_a_node_with_a_user(open_folder, tmp_path):
    """Else the workers would die at start, and at each reload nothing would be reloaded."""
    for source, target, mode in (("gateway.pem", "certificate.pem", 0o644), ("gateway.pem", "key.pem", 0o600)):
        shutil.copy(tmp_path / source, open_folder / target)
        (open_folder / target).chmod(mode)
    node = Node(open_folder, client_table("Example", domains("user", 1)), {"": {"user": "nobody"}})
    (open_folder / "policy.toml").chmod(0o644)
    node.settings["tls"] = {"certificate": "certificate.pem", "key": "key.pem"}
    assert f"{open_folder}/key.pem cannot be read by nobody" in refusal(node)


@as_root
def test_a_data_folder_that_the_user_cannot_reach_stops_the_start(open_folder):
    node = Node(open_folder, client_table("Example", domains("reach", 1)), {"": {"user": "nobody"}})
    (open_folder / "policy.toml").chmod(0o644)
    (open_folder / "closed").mkdir(mode=0o700)
    node.settings[""]["data_dir"] = "closed/data"
    assert "closed/data cannot be entered by nobody" in refusal(node)


@as_root
def test_figures_are_counted_in_memory_by_the_user_of_the_node_and_gone_at_its_end(open_folder):
    port = free_port()
    node = Node(open_folder, client_table("Example", domains("figures", 1)), {"": {"user": "nobody", "workers": 1}})
    (open_folder / "policy.toml").chmod(0o644)
    node.settings["metrics"]["listen"] = f"127.0.0.1:{port}"
    node.start()
    try:
        folder = metrics_folder._make(DataPaths(node.data))
        assert folder.parent == Path("/dev/shm")
        assert {path.stat().st_uid for path in (folder, *folder.iterdir())} == {pwd.getpwnam("nobody").pw_uid}
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_S) as answer:
            assert b"ecluse_connections_total{" in answer.read()
    finally:
        assert node.stop() == 0
    assert not folder.exists()
    assert not (node.data / "run/metrics").exists()


@as_root
def test_handing_over_the_data_folder_gives_away_nothing_outside_of_it(tmp_path):
    nobody = pwd.getpwnam("nobody")
    (tmp_path / "secret").write_text("root's own")
    (tmp_path / "data/spool").mkdir(parents=True)
    (tmp_path / "data/spool/link").symlink_to(tmp_path / "secret")
    (tmp_path / "data/elsewhere").symlink_to(tmp_path)
    (tmp_path / "data/spool/message").write_text("")
    _hand_over(tmp_path / "data", nobody.pw_uid, nobody.pw_gid)
    assert (tmp_path / "secret").stat().st_uid == 0
    assert (tmp_path / "data/spool/message").stat().st_uid == nobody.pw_uid
    assert (tmp_path / "data").stat().st_uid == nobody.pw_uid
