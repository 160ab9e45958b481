"""The systemd units fit what the program does."""

from collections import defaultdict
from pathlib import Path

import pytest

from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Inbound, Settings
from ecluse.mta.reception.listener import DRAIN_S
from ecluse.mta.supervisor import END_WITHIN_S

ROOT = Path(__file__).parents[3]
FOLDERS = [name for name, value in vars(DataPaths).items() if isinstance(value, property)]


def read_unit(name: str) -> dict[str, list[str]]:
    """The settings of a unit; one that is written twice has two values."""
    found = defaultdict(list)
    for line in (ROOT / "deploy/systemd" / name).read_text("utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found[key].append(value)
    return found


@pytest.fixture
def service():
    return read_unit("ecluse-mta.service")


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_that_we_write_to_is_writable(service, folder):
    written = getattr(DataPaths(Settings(hostname="gateway.example").data_dir), folder)
    allowed = [Path(path) for value in service["ReadWritePaths"] for path in value.split()]
    assert any(written.is_relative_to(path) for path in allowed)
    # The comment of the unit tells the administrator which folders these are.
    text = (ROOT / "deploy/systemd/ecluse-mta.service").read_text("utf-8")
    comment = text[text.index("# What is written:") : text.index("StateDirectory=")]
    assert written.relative_to("/var/lib/ecluse").parts[0] in comment


@pytest.mark.parametrize("name", ["web", "worker"])
def test_the_consoles_units_are_locked_in_as_the_nodes_and_have_no_port(service, name):
    unit = read_unit(f"ecluse-{name}.service")
    assert unit["CapabilityBoundingSet"] == [""]
    # With a RuntimeDirectory of that name the node's counters would go when the console stops.
    assert not unit.keys() & {"AmbientCapabilities", "RuntimeDirectory", "Sockets"}
    # All that the node's unit forbids, and what it may write to. The helpers of the opening room are the node's alone.
    same = [key for key in service if key.startswith(("Protect", "Private", "Restrict", "Lock", "Remove", "NoNew"))]
    assert {key: unit[key] for key in same} == {key: service[key] for key in same}
    assert unit["SystemCallFilter"] == service["SystemCallFilter"][:2]
    assert unit["ReadWritePaths"] == service["ReadWritePaths"]
    assert unit["ExecStart"][0].startswith(f"/opt/ecluse/bin/ecluse {name} ")


def test_there_is_a_place_in_memory_for_the_counters(service):
    """Below /run, and named to us in RUNTIME_DIRECTORY (systemd.exec(5))."""
    assert service["RuntimeDirectory"] == ["ecluse"]
    assert service["RuntimeDirectoryMode"] == ["0700"]


def test_the_folder_is_made_where_the_settings_say(service):
    assert Path("/var/lib", service["StateDirectory"][0]) == Settings(hostname="gateway.example").data_dir


def test_more_files_may_be_open_than_connections(service):
    assert int(service["LimitNOFILE"][0]) > Inbound().max_connections + 500


def test_systemd_waits_longer_than_the_supervisor_and_that_longer_than_a_worker(service):
    assert int(service["TimeoutStopSec"][0]) > END_WITHIN_S > DRAIN_S
    assert service["KillMode"] == ["mixed"]


def test_reload_is_the_signal_that_we_obey(service):
    assert service["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert service["Type"] == ["notify"]


def test_the_sockets_between_our_processes_are_allowed(service):
    assert set(service["RestrictAddressFamilies"][0].split()) == {"AF_INET", "AF_INET6", "AF_UNIX"}


def test_the_socket_unit_holds_the_addresses_that_we_listen_on_by_default():
    assert tuple(read_unit("ecluse-mta.socket")["ListenStream"]) == Inbound().listen
