"""ARJ archives of Debian's arj, to the octet."""

from __future__ import annotations

import pytest

from tests.unit.opening.asking import opened
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
