"""A disk without a single free octet: senders are told so, by old processes and by new ones."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess

import pytest

from tests.journeys.node import Node, client_table, domains, until
from tests.journeys.sender import MAIL, message

DISK_MIB = 40


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a file system")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def node(tmp_path, small_disk):
    """Its data alone lies on the small disk."""
    served = domains("full", 1)
    node = Node(
        tmp_path,
        client_table("Example", served),
        {"": {"workers": 1, "data_dir": "disk/data"}, "spool": {"reserve_bytes": 1 << 20}},
    )
    node.served = served[0]
    node.data = small_disk / "data"
    yield node.start()
    node.stop()


def fill(folder):
    """To the last page."""
    with contextlib.suppress(OSError), (folder / "fill").open("ab", buffering=0) as file:
        while True:
            file.write(bytes(4_096))


async def answer_to_mail(node):
    async with node.sender() as sender:
        await sender.greeted()
        return str(await sender.ask(MAIL))


async def until_answered(node, start):
    """The node looks at the disk once a second."""
    async with asyncio.timeout(30):
        while not (await answer_to_mail(node)).startswith(start):  # noqa: ASYNC110 - a node tells of nothing by itself.
            await asyncio.sleep(0.1)


async def test_a_worker_that_starts_on_a_full_disk_greets_and_says_that_there_is_no_room(node, small_disk):
    """Its counters lay in memory maps on that disk: the kernel ended each new worker by SIGBUS, for ever."""
    async with node.served.next_hop() as hop:
        await node.send([node.served.bob], message())
        await hop.takes(1)
    fill(small_disk)
    await until_answered(node, "452 4.3.1")
    # The processes in the order of their start: the worker is the first, and the one that replaces it the last.
    for count, place in ((1, 0), (2, -1)):
        node.kill(node.children()[place])
        await until(lambda count=count: len(node.log("process died")) == count)
        assert (await answer_to_mail(node)).startswith("452 4.3.1")
        # What the dead one had allocated was freed.
        fill(small_disk)
    assert (await answer_to_mail(node)).startswith("452 4.3.1")
    assert len(node.log("process died")) == 2
    (small_disk / "fill").unlink()
    await until_answered(node, "250 ")


async def test_a_node_that_starts_on_a_full_disk_delivers_as_soon_as_there_is_room(node, small_disk):
    """Each delivery process died of its journal's first file, and called that a fault of ours."""
    node.stop()
    fill(small_disk)
    node.start()
    await until(lambda: "delivery-0" in _waiting_for_room(node))
    (small_disk / "fill").unlink()
    await until_answered(node, "250 ")
    async with node.served.next_hop() as hop:
        await node.send([node.served.bob], message())
        await hop.takes(1)
    assert node.log("process died") == []
    assert node.faults() == []


def _waiting_for_room(node):
    """The writers whose journal has no file yet."""
    return {line["writer"] for line in node.log("journal cannot prepare its next file")}
