from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.wire.urls.finding import MAX_URLS, _in_word, find_urls
from tests.cpu import cpu


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        (
            "see http://a.example/x?y=1, or (https://b.example/c_(d)).",
            ["http://a.example/x?y=1", "https://b.example/c_(d)"],
        ),
        (
            "<http://a.example/> \"ftp://b.example\" 'HTTP://c.example'",
            ["http://a.example/", "ftp://b.example", "HTTP://c.example"],
        ),
        ("www.a.example. Then b.com! and bank.co.uk/login;", ["www.a.example", "b.com", "bank.co.uk/login"]),
        ("hxxp://a.com/b", ["hxxp://a.com/b"]),
        ("http://[2001:db8::1]:8080/x", ["http://[2001:db8::1]:8080/x"]),
        ("http://a.example\\@b.example/", ["http://a.example\\@b.example/"]),
        (
            "b\u00fccher.de und http://\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444/",
            ["b\u00fccher.de", "http://\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444/"],
        ),
        ("javascript:alert(1) search-ms:query=x", ["javascript:alert(1)", "search-ms:query=x"]),
        ("http://a.example http://a.example", ["http://a.example"]),
        ("http://a.example]http://b.example", ["http://a.example", "http://b.example"]),
    ],
)
def test_urls_are_found_as_they_stand(text, urls):
    assert find_urls(text) == urls


@pytest.mark.parametrize(
    "text",
    [
        "ann@a.com first.last@b.com",
        "main.py README.md setup.sh archive.zip x.rs",
        "Done.So is it.The end.It",
        "10:30 3.14 1.2.3.4 a..b e.g. i.e. ... http:// :// .com name.unknownsuffix",
        "Subject: x",
    ],
)
def test_what_is_no_link_is_left(text):
    assert find_urls(text) == []


@pytest.mark.parametrize(
    "pattern",
    ["a.", "http://", "www.", "x.com)))", "((((", "-.", "a" * 70 + ".", "[", "http:[", "@a.com", "a.com/", "\u00e9."],
)
def test_no_pattern_is_dear(pattern):
    with cpu() as spent:
        urls = find_urls(pattern * (200_000 // len(pattern)))
    assert len(urls) <= MAX_URLS
    assert spent.seconds < 1


def test_a_word_that_is_one_url_is_read_like_any_other():
    pieces = [
        "http://",
        "https://",
        "HTTP:",
        "www.",
        "a",
        "Bc",
        ".com",
        ".",
        "/",
        "?x=1",
        "&",
        "#",
        "%41",
        "-",
        ")",
        ":",
        "@",
    ]
    choose = random.Random(1)
    for _ in range(5_000):
        word = "".join(choose.choices(pieces, k=choose.randint(1, 8)))
        assert find_urls(word) == list(dict.fromkeys(_in_word(word))), word


WORDS = [
    "www.a.example",
    "(see",
    "b.com,",
    "end.",
    "https://c.example/p?q=1",
    "d.org:80/x",
    "12:30",
    "...",
    "e.fr.",
    ":",
    "x",
]
GAPS = [" ", "\n", "\t", "\u3000", "\x1c", "\x85"]


@given(st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(GAPS), st.integers(0, 3)), max_size=12))
def test_a_text_has_the_urls_of_its_words_whether_it_has_many_dots_or_few(pieces):
    filler = "several words without any point between them "
    text = "".join(f"{word}{gap}{filler * times}" for word, gap, times in pieces)
    assert find_urls(text) == list(dict.fromkeys(url for word, _, _ in pieces for url in find_urls(word)))
