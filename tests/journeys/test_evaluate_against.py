"""`ecluse evaluate --against`: other people's filters answer the same questions."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from ecluse.entrypoints.evaluation.index import Entry
from ecluse.entrypoints.evaluation.peers.table import PEERS
from tests.unit.filtering.learning.mail import stream

PROGRAMS = {"bogofilter": "bogofilter", "spamassassin": "spamd", "rspamd": "rspamd"}
TAUGHT, ASKED = 80, 10

pytestmark = [pytest.mark.peers, pytest.mark.timeout(900)]


@pytest.fixture
def folder():
    """One that spamd reaches, who gives up its rights: each pytest that starts closes the folder of all `tmp_path`s."""
    with tempfile.TemporaryDirectory(prefix="ecluse-peer-") as path:
        Path(path).chmod(0o755)
        yield Path(path)


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_tells_spam_from_ham_once_it_was_taught(name, tmp_path, folder):
    if not shutil.which(PROGRAMS[name], path="/usr/bin:/usr/sbin"):
        pytest.skip(f"{PROGRAMS[name]} is not installed: scripts/install-test-servers peers")
    entries = []
    for number, (octets, is_spam) in enumerate(stream(TAUGHT + ASKED, noise=0.0)):
        path = tmp_path / f"{number}.eml"
        path.write_bytes(octets)
        entries.append(Entry(path, is_spam, path.name))
    with PEERS[name](folder) as peer:
        for entry in entries[:TAUGHT]:
            peer.learn(entry, is_spam=entry.is_spam)
        scores = [(peer.judge(entry), entry.is_spam) for entry in entries[TAUGHT:]]
    spam, ham = ([score for score, was in scores if was is kind] for kind in (True, False))
    assert sum(spam) / len(spam) > sum(ham) / len(ham)
    assert peer.version != "?"
