from __future__ import annotations

import errno
import os
import resource
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.adapters.folder.buffers import MEMORY_BYTES, FolderBuffers
from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import NoRoom, Unavailable
from tests.unit.adapters.folder.failing_disk import fail


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("limit", [1, 100_000])
def test_what_was_written_is_read_back(tmp_path, limit):
    buffers = FolderBuffers(tmp_path, limit)

    @settings(derandomize=True, deadline=None, max_examples=60)
    @given(st.lists(st.integers(0, 90_000), max_size=6))
    def holds(sizes):
        buffer = buffers.open()
        pieces = [bytes([number + 1]) * size for number, size in enumerate(sizes)]
        for piece in pieces:
            buffer.write(piece)
        assert b"".join(buffer.finish().chunks()) == b"".join(pieces)
        buffer.discard()

    holds()


def test_a_small_message_touches_no_disk(tmp_path):
    before = open_files()
    buffer = FolderBuffers(tmp_path).open()
    buffer.write(b"x" * MEMORY_BYTES)
    assert open_files() == before
    assert isinstance(buffer.finish(), MemoryContent)


def test_a_large_message_lies_in_a_file_without_a_name(tmp_path):
    buffer = FolderBuffers(tmp_path).open()
    buffer.write(b"x" * (MEMORY_BYTES + 1))
    assert not isinstance(buffer.finish(), MemoryContent)
    assert list(tmp_path.iterdir()) == []
    buffer.discard()


def test_without_nameless_files_the_name_is_gone_at_once(tmp_path, monkeypatch):
    refusals = fail(monkeypatch, "open", errno.EOPNOTSUPP)
    buffer = FolderBuffers(tmp_path).open()
    refusals.append(1)
    buffer.write(b"x" * (MEMORY_BYTES + 1))
    assert not refusals
    assert list(tmp_path.iterdir()) == []
    assert buffer.finish().slice(0, 3) == b"xxx"
    buffer.discard()


def test_memory_does_not_grow_with_the_message(tmp_path):
    buffer = FolderBuffers(tmp_path).open()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(800):
        buffer.write(bytes(65_536))
    content = buffer.finish()
    assert content.size == 800 * 65_536
    assert sum(len(chunk) for chunk in content.chunks()) == content.size
    assert content.find(b"absent") == -1
    buffer.discard()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8_000  # Kilobytes.


def test_discard_closes_the_file_and_does_no_harm_twice(tmp_path):
    before = open_files()
    for is_finished in (True, False):
        buffer = FolderBuffers(tmp_path).open()
        buffer.write(b"x" * 300_000)
        if is_finished:
            buffer.finish()
        buffer.discard()
        buffer.discard()
    assert open_files() == before


def test_a_forgotten_buffer_is_closed(tmp_path):
    before = open_files()
    FolderBuffers(tmp_path).open().write(b"x" * 300_000)
    assert open_files() == before


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_no_room(tmp_path, monkeypatch, number):
    failures = fail(monkeypatch, "write", number)
    failures.append(1)
    buffer = FolderBuffers(tmp_path).open()
    with pytest.raises(NoRoom):
        buffer.write(b"x" * 300_000)
    buffer.discard()


def test_the_last_octets_may_find_the_disk_full(tmp_path, monkeypatch):
    failures = fail(monkeypatch, "write")
    buffer = FolderBuffers(tmp_path).open()
    buffer.write(b"x" * 300_000)
    buffer.write(b"x")
    failures.append(1)
    with pytest.raises(NoRoom):
        buffer.finish()
    buffer.discard()


def test_a_broken_disk_is_unavailable_not_full(tmp_path, monkeypatch):
    fail(monkeypatch, "write", errno.EIO).append(1)
    buffer = FolderBuffers(tmp_path).open()
    with pytest.raises(Unavailable) as raised:
        buffer.write(b"x" * 300_000)
    assert not isinstance(raised.value, NoRoom)
    buffer.discard()


@pytest.fixture
def disk(monkeypatch):
    """So many octets are free, whatever is written."""
    state = SimpleNamespace(f_files=9, f_favail=9, f_bavail=1_000_000, f_frsize=1)
    monkeypatch.setattr(os, "statvfs", lambda _: state)
    return state


@pytest.mark.usefixtures("disk")
def test_all_messages_together_leave_the_reserve_untouched(tmp_path):
    buffers = FolderBuffers(tmp_path, reserve_bytes=500_000)
    first, second = buffers.open(), buffers.open()
    first.write(b"x" * 300_000)
    with pytest.raises(NoRoom):
        second.write(b"x" * 300_000)
    first.write(b"x" * 150_000)
    with pytest.raises(NoRoom):
        first.write(b"x" * 70_000)
    for buffer in (first, second):
        buffer.discard()


@pytest.mark.usefixtures("disk")
def test_the_last_octets_may_reach_the_reserve(tmp_path):
    buffer = FolderBuffers(tmp_path, reserve_bytes=699_999).open()
    buffer.write(b"x" * 300_000)
    buffer.write(b"x" * 2)
    with pytest.raises(NoRoom):
        buffer.finish()
    buffer.discard()


def test_the_reserve_concerns_no_small_message(tmp_path, disk):
    disk.f_bavail = 0
    buffer = FolderBuffers(tmp_path, reserve_bytes=500_000).open()
    buffer.write(b"x" * 1_000)
    assert buffer.finish().size == 1_000


def test_room_that_comes_back_is_seen(tmp_path, disk, monkeypatch):
    monkeypatch.setattr("ecluse.adapters.folder.buffers.LOOK_EVERY_S", 0.0)
    buffers = FolderBuffers(tmp_path, reserve_bytes=500_000)
    disk.f_bavail = 700_000
    buffer = buffers.open()
    with pytest.raises(NoRoom):
        buffer.write(b"x" * 300_000)
    buffer.discard()
    disk.f_bavail = 800_000
    buffer = buffers.open()
    buffer.write(b"x" * 300_000)
    buffer.discard()
