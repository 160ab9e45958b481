"""Digests of the operator's lists are found, whatever else stands in the files, and new ones at once."""

from __future__ import annotations

import hashlib
import time
import tracemalloc

import pytest

from ecluse.adapters.hashes import table as table_module
from ecluse.adapters.hashes.lists import lists_in, make_table, stamp_of
from ecluse.adapters.hashes.table import HashTable
from ecluse.domain.errors import Unavailable


def sha(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def md5(text: str) -> bytes:
    return hashlib.md5(text.encode(), usedforsecurity=False).digest()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "lists").mkdir()
    return tmp_path / "lists"


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.setattr(table_module, "LOOK_EVERY_S", 0)
    return HashTable(tmp_path / "table")


@pytest.fixture
def made(folder, tmp_path):
    return lambda: make_table(folder, tmp_path / "table")


def test_digests_of_both_kinds_are_found_by_the_name_of_their_list(folder, table, made):
    (folder / "droppers.txt").write_text(f"# comment\n\n{sha('a').hex()}  invoice.js\n{md5('b').hex().upper()}\n")
    (folder / "kits.txt").write_text(f"{sha('c').hex()} # seen in May\r\n")
    assert made() == (3, ())
    assert [table.find(each) for each in (sha("a"), md5("b"), sha("c"), sha("d"), md5("a"))] == [
        "droppers",
        "droppers",
        "kits",
        "",
        "",
    ]


def test_a_digest_that_stands_in_two_lists_counts_once(folder, table, made):
    for name in ("b", "a"):
        (folder / f"{name}.txt").write_text(f"{sha('x').hex()}\n" * 2)
    assert made() == (1, ())
    assert table.find(sha("x")) == "a"


def test_lines_that_are_no_digests_are_told_and_the_others_count(folder, table, made):
    (folder / "a.txt").write_text(f"{sha('x').hex()}\nnonsense\n{sha('y').hex()}a\n{'ab' * 20}\n\0\0\n{sha('z').hex()}")
    count, faults = made()
    assert count == 2
    assert [(fault.path.name, fault.line) for fault in faults] == [
        ("a.txt", 2),
        ("a.txt", 3),
        ("a.txt", 4),
        ("a.txt", 0),
    ]
    assert table.find(sha("z")) == "a"


def test_without_lists_nothing_is_found(folder, table, made):
    assert table.is_empty
    assert made() == (0, ())
    assert table.is_empty
    assert table.find(sha("x")) == ""


def test_a_new_table_takes_the_place_of_the_old_one(folder, table, made):
    (folder / "a.txt").write_text(sha("x").hex())
    made()
    before = stamp_of(folder)
    assert table.find(sha("x")) == "a"
    (folder / "a.txt").write_text(sha("y").hex())
    assert stamp_of(folder) != before
    made()
    assert (table.find(sha("x")), table.find(sha("y"))) == ("", "a")


@pytest.mark.parametrize(
    "octets", [b"", b"{}\n", b"[1]\n", b'{"format":1,"lists":["a"],"count":2}\n' + bytes(20), b"\xff"]
)
def test_a_table_that_is_damaged_is_no_empty_one(tmp_path, table, octets):
    (tmp_path / "table").write_bytes(octets)
    with pytest.raises(Unavailable):
        table.find(sha("x"))


def test_only_text_files_are_lists(folder):
    for name in ("a.txt", "b.txt.swp", "README"):
        (folder / name).touch()
    assert [path.name for path in lists_in(folder)] == ["a.txt"]
    assert lists_in(folder / "none") == []


def test_many_digests_take_no_memory_and_microseconds(folder, table, made):
    with (folder / "large.txt").open("w") as file:
        file.writelines(f"{sha(str(number)).hex()}\n" for number in range(300_000))
    assert made()[0] == 300_000
    tracemalloc.start()
    began = time.process_time()
    assert all(table.find(sha(str(number))) == "large" for number in range(0, 300_000, 300))
    assert time.process_time() - began < 1.0
    assert tracemalloc.get_traced_memory()[1] < 200_000
    tracemalloc.stop()
