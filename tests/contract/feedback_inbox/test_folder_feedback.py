"""What people said waits until the agent takes it in."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import zstandard

from ecluse.adapters.folder import feedback_inbox as module
from ecluse.adapters.folder.feedback_inbox import FolderFeedback
from ecluse.domain.act import Channel
from ecluse.domain.errors import NoRoom
from ecluse.domain.said import Said

SAID = Said("One", Channel.RECIPIENT, "v1", "m1", is_spam=True, tokens=b"\1\0\0\0" * 5, tokens_version=7)


@pytest.fixture
def inbox(tmp_path):
    return FolderFeedback(tmp_path / "feedback")


def test_what_was_said_is_read_as_it_was_kept_until_it_is_removed(inbox):
    assert inbox.keep(SAID)
    (name,) = inbox.waiting()
    assert inbox.read(name) == inbox.read(name) == SAID
    inbox.remove(name)
    inbox.remove(name)
    assert (inbox.waiting(), inbox.read(name)) == ((), None)


def test_what_an_older_release_said_has_the_tokens_of_its_time(inbox):
    inbox.keep(SAID)
    (name,) = inbox.waiting()
    fields = msgspec.msgpack.decode(msgspec.msgpack.encode(SAID))
    del fields["tokens_version"]
    (inbox._folder / f"{name}.said").write_bytes(zstandard.compress(msgspec.msgpack.encode(fields)))
    assert inbox.read(name) == replace(SAID, tokens_version=1)


def test_too_much_is_not_kept(inbox, monkeypatch):
    monkeypatch.setattr(module, "MAX_WAITING", 1)
    assert inbox.keep(SAID)
    assert not inbox.keep(SAID)


@pytest.mark.parametrize("octets", [b"", b"rubbish", b"\x28\xb5\x2f\xfd\x00"])
def test_what_is_damaged_says_nothing(inbox, octets):
    inbox.keep(SAID)
    (name,) = inbox.waiting()
    (inbox._folder / f"{name}.said").write_bytes(octets)
    assert inbox.read(name) is None


def test_a_full_disk_leaves_nothing_behind(inbox, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(NoRoom):
        inbox.keep(SAID)
    assert list(inbox._folder.iterdir()) == []
