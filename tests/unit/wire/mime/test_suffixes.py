"""The suffix that decides what opens a file."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.mime.suffixes import suffixes


@pytest.mark.parametrize(
    "name",
    [
        *("a.exe", "A.EXE", "a.txt.exe", "a.exe.", "a.exe ", "a.exe . .", "a.exe\t", 'a.exe"', "a.exe;", "dir/a.exe"),
        *(
            "C:\\tmp\\a.exe",
            "a.exe\x00.txt",
            "a.exe\u2400.txt",
            "a.exe%00.txt",
            "a%2Eexe",
            "a.exe::$DATA",
            "a.e\u200bxe",
        ),
        *("cod.\u202eexe", "a\u202etxt.exe", "a\uff0eexe", "a.\uff45\uff58\uff45", "x" * 5000 + ".exe", ".exe"),
    ],
)
def test_every_disguise_of_a_suffix_is_seen_through(name):
    assert "exe" in suffixes(name)


def test_a_plain_name_has_one_suffix_and_a_bare_one_none():
    assert suffixes("report.final.pdf") == ("pdf",)
    assert suffixes("README") == ()
    assert suffixes("") == ()


@given(st.text(max_size=100))
@settings(derandomize=True, deadline=None)
def test_no_name_raises_and_suffixes_are_folded(name):
    assert all(suffix == suffix.casefold() and suffix for suffix in suffixes(name))
