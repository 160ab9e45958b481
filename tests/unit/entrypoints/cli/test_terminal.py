"""What is printed cannot steer a terminal, and reads well."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.entrypoints.terminal import amount, print_json, print_table, printable, span


@given(st.text())
@settings(derandomize=True, deadline=None)
def test_whatever_a_sender_writes_becomes_printable(text):
    assert printable(text).isprintable()


@given(st.text().filter(str.isprintable))
@settings(derandomize=True, deadline=None)
def test_what_is_printable_stays_as_it_is(text):
    assert printable(text) == text


@pytest.mark.parametrize("hostile", ["\x1b]0;title\x07", "\u202e", "\x9b31m", "\ud800", "a\nb", "\x7f"])
def test_what_would_steer_a_terminal_is_spelled_out_in_tables(capsys, hostile):
    print_table(("name",), [(hostile,)])
    printed = capsys.readouterr().out
    assert hostile not in printed
    assert "\\" in printed


def test_square_brackets_are_not_markup(capsys):
    print_table(("name",), [("[red]x[/red]",)])
    assert "[red]x[/red]" in capsys.readouterr().out


def test_a_long_row_is_one_line_where_no_terminal_folds_it(capsys):
    print_table(("name",), [("x" * 2_000,)])
    assert "x" * 2_000 in capsys.readouterr().out


def test_json_is_one_line_of_ascii(capsys):
    print_json({"a": "é\n\x1b"})
    printed = capsys.readouterr().out
    assert printed.isascii()
    assert printed.count("\n") == 1
    assert json.loads(printed) == {"a": "é\n\x1b"}


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (119, "119 s"), (180, "3 min"), (7_200, "2 h"), (1e6, "12 d")]
)
def test_a_span_has_one_unit(seconds, text):
    assert span(seconds) == text


@pytest.mark.parametrize(("octets", "text"), [(0, "0 B"), (999, "999 B"), (1_500, "1.5 kB"), (52_428_800, "52.4 MB")])
def test_an_amount_has_one_unit(octets, text):
    assert amount(octets) == text
