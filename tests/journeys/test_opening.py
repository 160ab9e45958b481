"""A node opens the files of mail in its room, and outlives the room."""

from __future__ import annotations

import base64
import io
import os
import signal
import subprocess
import zipfile

from tests.journeys.node import client_table, domains, until
from tests.journeys.sender import message


def with_archive(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, os.urandom(64))
    body = base64.encodebytes(buffer.getvalue()).decode().replace("\n", "\r\n")
    fields = {"Content-Type": "application/zip; name=papers.zip", "Content-Transfer-Encoding": "base64"}
    return message(body=body, **fields)


def room_of(node) -> int:
    """The process that forks helpers."""
    found = subprocess.run(
        ["pgrep", "-P", str(node.process.pid), "-f", "room.program"], capture_output=True, text=True, check=False
    )
    return int(found.stdout.split()[0]) if found.stdout else 0


async def test_files_are_opened_before_and_after_the_death_of_the_room(make_node):
    [domain] = domains("opening", 1)
    node = make_node(client_table("Opening", [domain]), {"": {"workers": 1}})
    async with domain.next_hop() as hop, node.sender() as sender:
        await sender.greeted()
        refused = (await sender.transact([domain.bob], with_archive("tool.exe")))[-1]
        assert (refused.code, ".exe" in str(refused)) == (550, True)
        assert (await sender.transact([domain.bob], with_archive("minutes.txt")))[-1].code == 250
        first = room_of(node)
        os.kill(first, signal.SIGKILL)
        await until(lambda: room_of(node) not in {0, first})
        assert (await sender.transact([domain.bob], with_archive("other.exe")))[-1].code == 550
        assert (await sender.transact([domain.bob], with_archive("more.txt")))[-1].code == 250
        assert len(hop.taken) == 2
