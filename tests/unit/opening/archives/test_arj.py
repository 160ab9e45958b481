"""ARJ archives of Debian's arj, to the octet."""

from __future__ import annotations

import struct

import pytest

from ecluse.opening.archives.arj import open_arj
from ecluse.opening.pieces import File
from tests.unit.opening.asking import CountingBudget, opened
from tests.unit.opening.tool_made import ARJ_1, ARJ_2, ARJ_3, ARJ_4, ARJ_GARBLED, CONTENT


@pytest.mark.parametrize("data", [ARJ_1, ARJ_2, ARJ_3, ARJ_4])
def test_every_method_of_arj_is_read(data):
    answer = opened(data, "a.arj")
    assert (answer.type, answer.error, answer.flags) == ("arj", "", ())
    assert [(member.path, member.size, member.error) for member in answer.members] == [(("a.txt",), len(CONTENT), "")]


def test_a_garbled_entry_opens_with_its_password_only_and_goes_to_the_scanner():
    shut = opened(ARJ_GARBLED, "a.arj", "wrong")
    assert (shut.is_encrypted, shut.members[0].error, shut.unreached) == (True, "no password fits", ())
    read = opened(ARJ_GARBLED, "a.arj", "wrong", "sesame")
    assert (read.is_encrypted, read.members[0].is_encrypted, read.unreached) == (False, True, (CONTENT,))


@pytest.mark.parametrize("data", [ARJ_1, ARJ_4])
def test_what_is_cut_or_changed_is_told(data):
    at = len(data) - 40
    changed = opened(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :], "a.arj")
    assert changed.members[0].error
    assert "wrong-checksum" in changed.flags
    cut = opened(data[:-60], "a.arj")
    assert (cut.error, cut.members[0].error) == ("broken", "cut short")


def test_no_damaged_octet_makes_it_raise():
    for at in range(len(ARJ_4)):
        answer = opened(ARJ_4[:at] + bytes([ARJ_4[at] ^ 0xFF]) + ARJ_4[at + 1 :], "a.arj")
        assert not answer.error.startswith("unreadable")


def test_a_size_that_is_not_there_costs_nothing():
    at = ARJ_4.rfind(len(CONTENT).to_bytes(4, "little"))
    answer = opened(ARJ_4[:at] + (90_000_000).to_bytes(4, "little") + ARJ_4[at + 4 :], "a.arj")
    assert {"limit", "bomb"} & set(answer.flags)


def fastest(copies: int) -> bytes:
    """An archive of method 4: one octet, and copies of 256 from one back."""
    bits = "0" + f"{ord('a'):08b}" + ("1" * 14 + "0" * 10) * copies
    packed = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    main, entry = (
        struct.pack("<BBBBBBBB4xIII", 30, 0, 0, 0, 0, method, 0, 0, octets, 1 + 256 * copies, 0).ljust(30, b"\0")
        + b"a\0\0"
        for method, octets in ((0, 0), (4, len(packed)))
    )
    heads = [b"\x60\xea" + struct.pack("<H", len(head)) + head + bytes(6) for head in (main, entry)]
    return b"".join(heads) + packed + b"\x60\xea\0\0"


def test_time_is_looked_at_however_the_copies_are_aligned():
    budget = CountingBudget()
    (entry,) = open_arj(File(fastest(1_000)), budget)
    assert entry.content == b"a" * 256_001
    assert budget.asked > 256_001 // 4_096
