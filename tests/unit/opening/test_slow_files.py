"""Files that are built to be slow are looked at as far as an honest one reaches, and what lies beyond is said."""

from __future__ import annotations

import random

import pytest

from ecluse.opening.flags import Flag
from ecluse.wire.eicar import EICAR
from tests.unit.opening.archives.zips import zipped
from tests.unit.opening.asking import opened

OBJECT = b"{\\object{\\*\\objdata 0105000002000000}}"


def test_a_text_of_more_objects_than_anybody_embeds_is_not_read_to_its_end():
    assert Flag.LIMIT not in opened(b"{\\rtf1 " + OBJECT * 200 + b"}", "a.rtf").flags
    assert Flag.LIMIT in opened(b"{\\rtf1 " + OBJECT * 201 + b"}", "a.rtf").flags


def test_an_object_within_groups_that_nobody_closes_is_opened_once():
    packed = b"01050000020000000800000050616b616765000000000000000000"
    answer = opened(b"{\\rtf1{\\object\\objdata " + b"{" * 1_900 + packed + EICAR.hex().encode(), "a.rtf")
    assert Flag.LIMIT not in answer.flags


def test_a_file_of_bare_signatures_is_given_up():
    answer = opened(b"PK\x03\x04" * 201_000, "a.zip")
    assert (answer.error, answer.flags) == ("no directory", (Flag.LIMIT,))


def test_more_entries_outside_of_every_directory_than_are_looked_at_are_said():
    entry = b"PK\x03\x04\x0a" + bytes(21) + b"\x01\0\0\0a"
    assert Flag.LIMIT not in opened(entry * 999, "a.zip").flags
    assert Flag.LIMIT in opened(entry * 1_001, "a.zip").flags


@pytest.mark.parametrize(
    ("begin", "body"),
    [(b"begin 644 a\n", b"#0V%T\n"), (b"=ybegin line=128 size=3 name=a\n", b"abc\n")],
    ids=["uuencode", "yenc"],
)
def test_sections_without_an_end_are_decoded_a_few_times_only(begin, body):
    few, many = opened((begin + body) * 3, "a.txt"), opened((begin + body) * 2_000, "a.txt")
    assert (len(few.members), Flag.LIMIT in few.flags) == (3, False)
    assert (len(many.members) < 10, Flag.LIMIT in many.flags) == (True, True)


@pytest.mark.parametrize("spell", [str, hex, "0X{:02X}".format, " {} ".format])
def test_a_file_written_as_a_long_list_of_numbers_is_found(spell):
    numbers = ",".join(map(spell, zipped({"a.bin": random.Random(1).randbytes(20_000), "a.txt": EICAR})))
    assert Flag.EICAR in opened(f"var a=[{numbers}];".encode(), "a.js").flags


def test_a_list_of_numbers_that_are_no_octets_is_none():
    assert opened(b"var a=[" + b"300,2,3," * 10_000 + b"1];", "a.js").flags == (Flag.SCRIPT,)
