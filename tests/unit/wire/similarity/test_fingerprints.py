"""Copies of one mailing share a fingerprint, whatever is put in for each reader; mail of different people shares none."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.wire.similarity.fingerprints import MIN_WORDS, file_fingerprints, text_fingerprints

WORDS = [
    f"{a}{b}{c}" for a in ("bal", "cor", "den", "fim") for b in ("ar", "et", "ol", "un") for c in ("to", "ki", "mes")
]


def text_of(seed: int, count: int = 200) -> list[str]:
    drawn = random.Random(seed)
    return drawn.choices(WORDS, k=count)


def copy(seed: int, number: int) -> str:
    """A personalised copy: name, link, amount and address of this reader, one word changed."""
    words = text_of(seed)
    words[number % len(words)] = "changed"
    return (
        f"Dear Reader{number} {' '.join(words[:100])} https://a{number}.example/x?{number} "
        f"{number * 7},00 EUR r{number}@client.example {' '.join(words[100:])}"
    )


def share(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return not set(one).isdisjoint(other)


def test_personalised_copies_share_a_fingerprint():
    first = text_fingerprints([copy(1, 0)])
    assert sum(share(first, text_fingerprints([copy(1, number)])) for number in range(1, 101)) >= 98


def test_different_texts_share_none():
    known = [text_fingerprints([" ".join(text_of(seed))]) for seed in range(60)]
    assert not any(share(one, other) for number, one in enumerate(known) for other in known[:number])


@pytest.mark.parametrize("texts", [[], [""], ["word " * 10], ["12345 " * 1_000], ["see https://a.example/" * 100]])
def test_what_is_nobodys_own_has_no_fingerprint(texts):
    assert text_fingerprints(texts) == ()


def test_the_length_that_counts_is_that_of_the_words():
    words = text_of(3, MIN_WORDS)
    assert len(text_fingerprints([" ".join(words)])) == 3
    assert text_fingerprints([" ".join(words[1:])]) == ()


def test_files_with_something_put_in_share_a_fingerprint():
    file = random.Random(4).randbytes(30_000)
    other = file[:5_000] + b"for reader 42" + file[5_000:]
    assert share(file_fingerprints(file), file_fingerprints(other))
    assert not share(file_fingerprints(file), file_fingerprints(random.Random(5).randbytes(30_000)))


@pytest.mark.parametrize("octets", [b"", b"short", bytes(100_000), b"ab" * 20_000])
def test_a_file_of_nothing_has_no_fingerprint(octets):
    assert file_fingerprints(octets) == ()


def test_a_text_without_spaces_costs_no_seconds():
    assert text_fingerprints(["a@" * 500_000]) == ()


@given(st.lists(st.text(max_size=3_000), max_size=5), st.binary(max_size=3_000))
def test_any_content_has_an_answer_that_is_the_same_each_time(texts, octets):
    assert text_fingerprints(texts) == text_fingerprints(texts)
    assert all(len(one) == 18 for one in (*text_fingerprints(texts), *file_fingerprints(octets)))
