"""The log of learning acts."""

from __future__ import annotations

import zlib
from dataclasses import replace

import msgspec
import pytest
import zstandard

from ecluse.adapters.models.acts import FolderActs
from ecluse.domain.act import Act, Channel, Standing

ACT = Act(1, 1.7e9, Channel.RECIPIENT, "v", "m1", is_spam=True, tokens=b"\1\0\0\0" * 900, standing=Standing.LEARNED)
SECOND = replace(ACT, number=2, standing=Standing.WAITING)


def log_file(root):
    (path,) = (root / "acts").iterdir()
    return path


def test_what_was_appended_is_read_in_order_by_client(tmp_path):
    FolderActs(tmp_path).append("A", ACT)
    FolderActs(tmp_path).append("A", SECOND)
    FolderActs(tmp_path).append("B", SECOND)
    assert list(FolderActs(tmp_path).read("A")) == [ACT, SECOND]
    assert list(FolderActs(tmp_path).read("B")) == [SECOND]
    assert list(FolderActs(tmp_path).read("C")) == []


def test_an_act_of_before_there_were_versions_is_of_the_first(tmp_path):
    acts = FolderActs(tmp_path)
    acts.append("A", replace(ACT, tokens_version=7))
    path = log_file(tmp_path)
    fields = msgspec.msgpack.decode(zstandard.decompress(path.read_bytes()[8:]))
    del fields["tokens_version"]
    payload = zstandard.compress(msgspec.msgpack.encode(fields))
    path.write_bytes(len(payload).to_bytes(4, "little") + zlib.crc32(payload).to_bytes(4, "little") + payload)
    assert list(FolderActs(tmp_path).read("A")) == [replace(ACT, tokens_version=1)]


@pytest.mark.parametrize("torn", [1, 7, 20])
def test_what_a_crash_tore_is_left_out_and_written_over(tmp_path, torn):
    acts = FolderActs(tmp_path)
    acts.append("A", ACT)
    acts.append("A", SECOND)
    path = log_file(tmp_path)
    path.write_bytes(path.read_bytes()[:-torn])
    assert list(acts.read("A")) == [ACT]
    acts.append("A", replace(SECOND, message="m2"))
    assert list(acts.read("A")) == [ACT, replace(SECOND, message="m2")]


def test_a_length_that_cannot_be_ends_the_log_and_loads_nothing(tmp_path):
    acts = FolderActs(tmp_path)
    acts.append("A", ACT)
    with log_file(tmp_path).open("ab") as file:
        file.write(b"\xff\xff\xff\xff" * 2)
    assert list(acts.read("A")) == [ACT]


def test_an_erased_client_leaves_nothing(tmp_path):
    acts = FolderActs(tmp_path)
    acts.append("A", ACT)
    acts.erase("A")
    acts.erase("A")
    assert list(acts.read("A")) == []
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_follows_is_read_from_where_one_came_to(tmp_path):
    acts = FolderActs(tmp_path)
    assert acts.read_on("A", None) == (None, [])
    acts.append("A", ACT)
    place, first = acts.read_on("A", None)
    FolderActs(tmp_path).append("A", SECOND)
    # The first record's payload is not looked at any more.
    octets = bytearray(log_file(tmp_path).read_bytes())
    octets[20] ^= 1
    log_file(tmp_path).write_bytes(octets)
    last, then = acts.read_on("A", place)
    assert (first, then) == ([ACT], [SECOND])
    assert acts.read_on("A", last) == (last, [])


def test_a_place_in_a_log_that_was_erased_is_none_in_the_next_one(tmp_path):
    acts = FolderActs(tmp_path)
    acts.append("A", ACT)
    place, _ = acts.read_on("A", None)
    acts.erase("A")
    with pytest.raises(LookupError):
        acts.read_on("A", place)
    acts.append("A", replace(ACT, at=1.8e9))
    with pytest.raises(LookupError):
        acts.read_on("A", place)
    assert acts.read_on("A", None)[1] == [replace(ACT, at=1.8e9)]
