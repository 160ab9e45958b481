"""Root gives orders; the node must be able to read what was written for it."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.journeys.cli.conftest import Node
from tests.journeys.cli.test_release_and_the_scanner import hold
from tests.loopback import free_port
from tests.unit.entrypoints.cli.conftest import BODY, HELD


@pytest.fixture
def folder():
    """Not pytest's own, which its user alone may enter."""
    with tempfile.TemporaryDirectory(prefix="ecluse-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_what_root_writes_belongs_to_the_owner_of_the_data_folder(folder):
    node = Node(folder, free_port())
    nobody = pwd.getpwnam("nobody")
    hold(node, BODY)
    for place, _, files in os.walk(node.data):
        for name in (".", *files):
            shutil.chown(os.path.join(place, name), nobody.pw_uid, nobody.pw_gid)  # noqa: PTH118 - os.walk's pieces.
    assert node.run("quarantine", "release", HELD.id).code == 0
    [kept] = (node.data / "spool" / "queue").glob("*/*")
    assert kept.stat().st_uid == nobody.pw_uid
    assert {path.stat().st_uid for path in (node.data / "journal").iterdir()} == {nobody.pw_uid}
