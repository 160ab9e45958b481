"""What is known of mail before the first lesson."""

from __future__ import annotations

from math import sqrt

import msgspec
import pytest

from ecluse.filtering.learning.prior import DATA, Prior, PriorWeights, read_prior
from ecluse.filtering.learning.tokens import named_tokens, tokens_of, word_places, words_of
from tests.unit.filtering.learning.mail import letter, raw


def prior(words=(), facts=(), everywhere=0.0):
    return Prior(
        PriorWeights(made="", command="", corpora={}, words=dict(words), facts=dict(facts), everywhere=everywhere)
    )


def test_words_and_facts_are_found_wherever_they_stand():
    known = prior({"casino": 2.0, "agenda": -1.0, "elsewhere": 9.0}, {"has:from": 0.5}, everywhere=0.25)
    message = tokens_of(letter(raw("The CASINO, and an agenda: casino")))
    assert known.log_odds(message) == pytest.approx(1.5 / sqrt(4) + 0.25)


def test_a_message_without_any_of_them_has_what_all_have():
    assert prior({"casino": 2.0}, everywhere=-0.5).log_odds(tokens_of(letter(raw("agenda")))) == -0.5


def test_what_is_shipped_tells_an_advertisement_from_an_answer():
    shipped = read_prior(DATA.read_bytes())
    advertisement = raw(
        "Dear friend, click here for your free offer today. To be removed, reply.", Reply_To="a@b.example"
    )
    answer = raw("> I think it fails when set.\n\nThanks, but the patch does not.", In_Reply_To="<1@one.example>")
    assert shipped.log_odds(tokens_of(letter(advertisement))) > 1
    assert shipped.log_odds(tokens_of(letter(answer))) < -1


@pytest.mark.parametrize("octets", [b"", b"made = 1", b"\xff", b"[words]\na = 1"])
def test_what_is_no_prior_is_refused(octets):
    with pytest.raises((msgspec.MsgspecError, UnicodeDecodeError)):
        read_prior(octets)


@pytest.mark.parametrize("text", ["one two", "x" * 9_000, "a " * 2_000, "Grüße aus K\u00f6ln!", "\0 \xa0", "it's 100%"])
def test_a_word_has_one_place_whether_named_alone_or_read_in_a_text(text):
    read = letter(raw(text, Subject="First, again"))
    words = words_of(read)
    named, places = named_tokens(read)
    assert named[: len(words)] == [word.decode("utf-8", "replace") for word in words]
    assert [word_places([word]).tolist() for word in words] == [[place] for place in places[: len(words)].tolist()]
