"""Tag lists."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.dkim.tags import TagSyntax, compact, emptied, listed, number, octets, parse_tags

NAMES = st.from_regex(rb"[A-Za-z][A-Za-z0-9_]{0,5}", fullmatch=True)
VALUES = st.from_regex(rb"[!-:<-~]{0,8}", fullmatch=True)


def test_white_space_around_names_and_values_means_nothing():
    assert parse_tags(b" v = 1 ;\r\n\ta\t=\r\n\trsa ; ") == {b"v": b"1", b"a": b"rsa"}


def test_a_value_may_be_empty_and_may_hold_equals_signs_and_folds():
    assert parse_tags(b"p=;b=ab=\r\n\tcd==") == {b"p": b"", b"b": b"ab=\r\n\tcd=="}


def test_names_are_case_sensitive():
    assert parse_tags(b"a=1; A=2") == {b"a": b"1", b"A": b"2"}


@pytest.mark.parametrize(
    "text",
    [
        b"a=1; a=1",
        b"a=1;; b=2",
        b"; a=1",
        b"a",
        b"=1",
        b"a=1; ==; b=2",
        b"1a=1",
        b"a b=1",
        b"a-b=1",
        b"a=\0",
        b"a=1\x7f",
    ],
)
def test_what_breaks_the_grammar_is_refused(text):
    with pytest.raises(TagSyntax):
        parse_tags(text)


def test_nothing_is_an_empty_list():
    assert parse_tags(b"") == {}


@given(st.dictionaries(NAMES, VALUES, max_size=6))
@settings(derandomize=True, deadline=None)
def test_what_is_written_is_read_back(tags):
    assert parse_tags(b"; ".join(name + b"=" + value for name, value in tags.items())) == tags


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b" v=1; b=abc; h=x", b" v=1; b=; h=x"),
        (b" v=1;\r\n\tb =\r\n\tab\r\n\tcd \r\n\t; h=x", b" v=1;\r\n\tb =; h=x"),
        (b" bh=keep; b=ab=cd==", b" bh=keep; b="),
        (b" v=1; h=b=c", b" v=1; h=b=c"),
    ],
)
def test_one_value_is_taken_out_with_the_white_space_around_it(text, expected):
    assert emptied(text, b"b") == expected


def test_lists_lose_white_space_and_empty_items():
    assert listed(b" from :\r\n to::date: ") == [b"from", b"to", b"date"]
    assert compact(b" a\r\n\tb ") == b"ab"


@pytest.mark.parametrize("value", [b"", b"-1", b"1 2", b"+1", b"1" * 19, "\uff11".encode(), b"0x1", b"1\n"])
def test_a_number_is_digits_that_fit(value):
    with pytest.raises(TagSyntax):
        number(value, "t")
    assert number(b"012", "t") == 12


def test_base64_may_be_folded_and_nothing_else():
    assert octets(b"aGVs\r\n\tbG8=", "b") == b"hello"
    for wrong in (b"", b"not_base_64", b"aGVsbG8", b"===="):
        with pytest.raises(TagSyntax):
            octets(wrong, "b")
