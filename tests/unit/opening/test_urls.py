"""Links in texts: the short way finds what the pattern finds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.opening.urls import _URL, _matches, urls_in

PIECES = st.sampled_from(
    ["http", "https", "file", "ftp", "HTTP", "http\u017f", "x", "é", "://", "/", " ", "a.example", '"', ")", "_"]
)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_trying_at_marks_finds_what_a_search_finds(text):
    assert list(_matches(text)) == [found[0] for found in _URL.finditer(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://a.example/x, or (ftp://b.example).", ["https://a.example/x", "ftp://b.example"]),
        ("https://a.example/?u=http://b.example/", ["https://a.example/?u=http://b.example/"]),
        ("nohttp://a.example and :// alone", []),
        ("https://http://a.example", ["https://http://a.example"]),
    ],
)
def test_links_stand_in_prose(text, expected):
    assert list(urls_in(text)) == expected
