from __future__ import annotations

import pytest

from ecluse.opening.documents.compound import CompoundFile, NotCompound
from tests.unit.opening.makers import compound


def test_streams_are_found_by_path_and_read_whole():
    file = CompoundFile(compound({"A/B/c": b"x" * 5_000, "d": b"y" * 4_096}))
    node = file.find("a", "b", "C")
    assert node is not None
    assert file.read(node, 10_000) == b"x" * 5_000
    assert {node.path for node in file.nodes if node.is_stream} == {("A", "B", "c"), ("d",)}


def test_reading_stops_at_the_limit():
    file = CompoundFile(compound({"d": b"y" * 9_000}))
    node = file.find("d")
    assert node is not None
    assert len(file.read(node, 100)) == 100


def test_a_chain_that_bites_its_tail_ends():
    data = bytearray(compound({"d": b"y" * 9_000}))
    at = data.index(b"\x01\0\0\0\x02\0\0\0\x03\0\0\0")
    data[at : at + 4] = b"\0\0\0\0"  # The first sector is followed by itself.
    file = CompoundFile(bytes(data))
    node = file.find("d")
    assert node is not None
    assert len(file.read(node, 1 << 30)) == 9_000


def test_siblings_in_a_circle_are_read_once():
    data = bytearray(compound({"a": b"1", "b": b"2"}))
    at = data.index("b\0".encode("utf-16-le")) + 72
    data[at : at + 4] = (1).to_bytes(4, "little")
    assert sorted(node.name for node in CompoundFile(bytes(data)).nodes) == ["", "a", "b"]


@pytest.mark.parametrize("data", [b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"x" * 600])
def test_what_is_no_compound_file_is_refused(data):
    with pytest.raises(NotCompound):
        CompoundFile(data)
