from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.adapters.folder import content as content_module
from ecluse.adapters.folder.content import FileContent
from ecluse.domain.content import CHUNK_BYTES, MemoryContent
from ecluse.domain.errors import Unavailable


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def stored(tmp_path):
    def store(octets, offset=0):
        path = tmp_path / "octets"
        path.write_bytes(b"#" * offset + octets + b"behind the message")
        return FileContent(os.open(path, os.O_RDONLY), len(octets), offset)

    return store


def test_a_file_is_read_like_memory(stored, monkeypatch):
    monkeypatch.setattr(content_module, "WINDOW_BYTES", 4)
    index = st.integers(-30, 30)

    @settings(derandomize=True, deadline=None, max_examples=500)
    @given(st.lists(st.sampled_from(b"ab"), max_size=25), st.lists(st.sampled_from(b"ab"), max_size=7), index, index)
    def holds(octets, needle, start, end):
        octets, needle = bytes(octets), bytes(needle)
        file, memory = stored(octets, 5), MemoryContent(octets)
        assert file.size == memory.size
        assert file.slice(start, end) == memory.slice(start, end)
        assert file.find(needle, start, end) == memory.find(needle, start, end)
        assert file.find(needle, start) == memory.find(needle, start)
        assert b"".join(file.chunks()) == octets

    holds()


def test_chunks_are_no_larger_than_promised(stored):
    sizes = [len(chunk) for chunk in stored(bytes(2 * CHUNK_BYTES + 1)).chunks()]
    assert sizes == [CHUNK_BYTES, CHUNK_BYTES, 1]


def test_searching_a_large_file_takes_little_memory(stored):
    file = stored(bytes(20_000_000) + b"needle")
    tracemalloc.start()
    assert file.find(b"needle") == 20_000_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * content_module.WINDOW_BYTES


def test_a_file_cut_short_is_never_passed_on_as_whole(stored, tmp_path):
    file = stored(b"x" * 100)
    os.truncate(tmp_path / "octets", 50)
    with pytest.raises(Unavailable):
        list(file.chunks())


def test_a_discarded_message_cannot_be_read_even_when_its_descriptor_is_another_file_now(stored, tmp_path):
    file = stored(b"secret")
    file.close()
    others = [os.open(tmp_path / "octets", os.O_RDONLY) for _ in range(3)]
    with pytest.raises(ValueError, match="discarded"):
        file.slice(0, 6)
    file.close()
    for other in others:
        os.close(other)


def test_a_forgotten_file_is_closed(stored):
    before = open_files()
    stored(b"x")
    assert open_files() == before
