"""Why, in words."""

from __future__ import annotations

import numpy as np

from ecluse.filtering.learning.classifier import Classifier
from ecluse.filtering.learning.explanation import strongest
from ecluse.filtering.learning.tokens import named_tokens, tokens_of
from ecluse.filtering.learning.weights import DenseLayer
from tests.unit.filtering.learning.mail import HAM_WORDS, SPAM_WORDS, letter, raw, stream


def taught():
    layer = DenseLayer()
    classifier = Classifier((), layer)
    for octets, is_spam in stream(150):
        classifier.learn(tokens_of(letter(octets)), is_spam=is_spam)
    return layer


def test_the_words_that_speak_for_spam_are_those_of_spam_and_the_strongest_come_first():
    reasons = list(strongest(letter(raw("casino agenda prize budget")), (taught(),), 1.0))
    assert {"casino", "prize"} <= {reason.text for reason in reasons}
    assert not {reason.text for reason in reasons} & set(HAM_WORDS)
    assert [reason.log_odds for reason in reasons] == sorted((one.log_odds for one in reasons), reverse=True)


def test_the_words_that_speak_against_it_are_those_of_ham():
    texts = {reason.text for reason in strongest(letter(raw("casino agenda prize budget")), (taught(),), -1.0)}
    assert {"agenda", "budget"} <= texts
    assert not texts & set(SPAM_WORDS)


def test_who_has_learned_nothing_gives_no_reason():
    assert list(strongest(letter(raw("casino")), (DenseLayer(),), 1.0)) == []


def test_every_name_stands_at_its_own_place_of_the_tokens():
    one = letter(raw("buy cheap pills now"))
    names, places = named_tokens(one)
    assert len(names) == len(places)
    assert set(places.tolist()) <= set(tokens_of(one).indices.tolist())
    alone = dict(zip(*named_tokens(letter(raw("pills"))), strict=True))
    assert places[names.index("pills")] == alone["pills"]
    assert np.unique(places).size == len(set(names))
