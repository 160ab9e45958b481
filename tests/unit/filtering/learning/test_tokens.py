"""What a letter is made of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.filtering.learning.letter import MAX_HEAD_OCTETS, MAX_TEXT_OCTETS, Arrival
from ecluse.filtering.learning.tokens import INDEX_BITS, PLACE_BITS, View, tokens_of
from tests.unit.filtering.learning.mail import letter, raw


def view(tokens, which):
    return set(tokens.indices[tokens.indices >> PLACE_BITS == which].tolist())


def test_places_are_the_same_for_ever():
    """A model on disk is worth nothing when this changes: then its format needs another version."""
    tokens = tokens_of(letter(raw("Dear friend, click https://a.example/x", Received="from a.example ([192.0.2.1])")))
    assert [int(tokens.indices[start + 1]) for start in tokens.starts] == [10406, 1185550, 2179386, 3213470]
    assert len(tokens.indices) == 172


@settings(deadline=None)
@given(st.binary(max_size=4_000))
def test_no_octets_break_it_and_what_comes_out_is_in_order(octets):
    tokens = tokens_of(letter(octets))
    assert (np.diff(tokens.indices.astype(np.int64)) > 0).all()
    assert tokens.counts.sum() == len(tokens.indices)
    assert (tokens.counts > 0).all()
    assert [int(tokens.indices[start] >> PLACE_BITS) for start in tokens.starts] == list(View)
    assert tokens.indices[-1] < 1 << INDEX_BITS


def test_a_view_sees_its_own_part_alone():
    first, other = (tokens_of(letter(raw(text))) for text in ("first words here", "quite other things"))
    assert view(first, View.HEAD) == view(other, View.HEAD)
    assert view(first, View.TEXT) != view(other, View.TEXT)
    assert view(first, View.WORDS) != view(other, View.WORDS)


def test_the_order_of_words_counts_and_their_case_does_not():
    first, swapped, loud = (
        tokens_of(letter(raw(text))) for text in ("buy now cheap", "now buy cheap", "BUY now CHEAP")
    )
    assert view(first, View.WORDS) != view(swapped, View.WORDS)
    assert view(first, View.WORDS) == view(loud, View.WORDS)


@pytest.mark.parametrize(
    "field",
    [
        {"X_Spam_Status": "Yes, score=15"},
        {"X_Spam": "no"},
        {"X_Microsoft_Antispam": "BCL:0"},
        {"X_Bogosity": "Ham"},
        {"X_Virus_Scanned": "clean"},
        {"Status": "RO"},
    ],
    ids=lambda field: next(iter(field)),
)
def test_what_other_filters_said_is_not_read(field):
    assert letter(raw("text", **field)) == letter(raw("text"))


def test_signatures_keep_who_signed_and_lose_the_noise():
    noisy = letter(raw("x", DKIM_Signature="v=1; a=rsa-sha256; d=one.example; s=k1; bh=AAAA; b=" + "Zq9" * 60))
    assert b"d=one.example" in noisy.head
    assert b"Zq9" not in noisy.head


def test_what_smtp_told_stands_on_top_as_a_receiver_would_write_it():
    arrived = letter(raw("x"), Arrival("192.0.2.7", "mx.one.example", "ann@one.example"))
    assert arrived.head.startswith(b"return-path: <ann@one.example>\nreceived: from mx.one.example ([192.0.2.7])\n")
    assert {b"net24:192.0.2", b"host:one.example", b"return-path@one.example"} <= set(arrived.facts)


def test_hidden_text_is_read_as_it_stands_and_not_as_words():
    page = '<p>casino</p><p style="display:none">agenda</p>'
    read = letter(raw(page, Content_Type="text/html"))
    assert b"agenda" in read.text
    assert (b"casino" in read.visible, b"agenda" in read.visible) == (True, False)


def test_encoded_words_are_read_as_people_read_them():
    assert letter(raw("x", Subject="=?utf-8?B?R3LDvMOfZQ==?=")).subject == "Grüße".encode()


def test_a_huge_letter_is_cut():
    huge = letter(raw("word " * 500_000, **{f"X_{number}": "v" * 500 for number in range(500)}))
    assert len(huge.head) <= MAX_HEAD_OCTETS
    assert len(huge.text) <= MAX_TEXT_OCTETS
    assert len(tokens_of(huge).indices) < 15_000


def test_the_author_is_compared_with_the_other_addresses():
    facts = letter(raw("x", Reply_To="ann@one.example", Return_Path="<b@two.example>")).facts
    assert {b"from/reply-to:same", b"from/return-path:other", b"from/message-id:none"} <= set(facts)


def test_hosts_of_links_are_facts():
    assert {b"url@bad.example", b"url@www.bad.example"} <= set(letter(raw("see http://www.bad.example/x?y")).facts)
