"""Nothing leaves the quarantine infected or unscanned."""

from __future__ import annotations

import asyncio

import pytest

from ecluse.adapters.folder.spool import FolderSpool
from ecluse.domain.content import MemoryContent
from ecluse.entrypoints.paths import DataPaths
from tests.contract.scanner.conftest import FILE_MAX
from tests.contract.scanner.contract import EICAR
from tests.unit.entrypoints.cli.conftest import BODY, HELD


def hold(node, body: bytes) -> None:
    node.data.mkdir()
    held = FolderSpool(DataPaths(node.data).held, reserve_bytes=0)
    asyncio.run(held.keep(HELD, MemoryContent(body)))
    held.close()


def held_ids(node):
    return [each["id"] for each in node.run("quarantine", "list", "--json").json]


@pytest.mark.parametrize("body", [EICAR, b"x" * (FILE_MAX + 1)])
def test_what_is_infected_or_too_large_to_scan_stays(node, clamd, body):
    node.configure(f'[scanners]\nclamd = "unix:{clamd.socket_path}"')
    hold(node, body)
    said = node.run("quarantine", "release", HELD.id, "--json")
    assert said.code == 1
    [result] = said.json
    assert not result["done"]
    assert ("infected with" if body is EICAR else "more than the virus scanner can look into") in result["text"]
    assert held_ids(node) == [HELD.id]
    assert node.run("queue", "list", "--json").json == []


def test_what_is_clean_goes(node, clamd):
    node.configure(f'[scanners]\nclamd = "unix:{clamd.socket_path}"')
    hold(node, BODY)
    assert node.run("quarantine", "release", HELD.id, "--json").json == [
        {"id": HELD.id, "done": True, "text": "released"}
    ]
    assert held_ids(node) == []
    assert node.run("queue", "list", "--json").json[0]["id"] == HELD.id


def test_nothing_goes_while_the_scanner_is_away(node):
    node.configure('[scanners]\nclamd = "unix:/nonexistent/clamd.sock"')
    hold(node, BODY)
    said = node.run("quarantine", "release", HELD.id)
    assert said.code == 1
    assert "the virus scanner does not answer" in said.out
    assert held_ids(node) == [HELD.id]
