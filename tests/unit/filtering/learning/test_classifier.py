"""Learning from what messages were."""

from __future__ import annotations

import numpy as np
import pytest

from ecluse.filtering.learning.accuracy import area_above
from ecluse.filtering.learning.classifier import ALONE, Classifier, Opinion
from ecluse.filtering.learning.prior import shipped
from ecluse.filtering.learning.tokens import View, tokens_of
from ecluse.filtering.learning.weights import DenseLayer
from tests.unit.filtering.learning.mail import letter, raw, stream


def taught(messages, layers=()):
    own = DenseLayer()
    classifier = Classifier(layers, own)
    for octets, is_spam in messages:
        classifier.learn(tokens_of(letter(octets)), is_spam=is_spam)
    return classifier, own


def scores(classifier, messages):
    return np.array([classifier.weigh(tokens_of(letter(octets))).log_odds for octets, _ in messages])


def test_who_has_learned_nothing_knows_what_is_known_of_all_mail():
    message = tokens_of(letter(raw("click here to claim your free account today")))
    opinion = Classifier((), DenseLayer(), shipped()).weigh(message)
    assert opinion.views == (0,) * len(View)
    assert opinion.log_odds == ALONE * shipped().log_odds(message) > 0
    assert Classifier((), DenseLayer()).weigh(message) == Opinion((0,) * len(View), 0.0, 0)


def test_the_first_lessons_count_little():
    views = (5.0, 5.0, 0.0, 0.0)
    assert [Opinion(views, 1.0, lessons).log_odds for lessons in (0, 10, 90)] == [1.5, 6.25, 10.05]


def test_who_was_told_of_hardly_any_spam_says_little():
    ham = [octets for octets, is_spam in stream(200) if not is_spam]
    classifier, _ = taught([(octets, False) for octets in ham[:30]])
    unseen = tokens_of(letter(raw("something else entirely")))
    assert classifier.weigh(unseen).lessons == 2
    for _ in range(3):
        classifier.learn(tokens_of(letter(raw("casino pills"))), is_spam=True)
    assert classifier.weigh(unseen).lessons == 8


def test_it_learns_from_few_messages():
    classifier, _ = taught(stream(200))
    test = stream(200, seed=2)
    labels = np.array([is_spam for _, is_spam in test])
    assert area_above(labels, scores(classifier, test)) < 1.0


def test_the_same_stream_makes_the_same_weights():
    (_, first), (_, again) = taught(stream(50)), taught(stream(50))
    assert (first.weights == again.weights).all()
    assert (first.squares == again.squares).all()


def test_a_layer_of_one_client_changes_what_it_adds_to_for_nobody_else():
    _, common = taught(stream(100))
    before = common.weights.copy()
    theirs, _ = taught([(raw("casino prize winner claim"), False)] * 20, (common,))
    message = tokens_of(letter(raw("casino prize winner claim")))
    assert (common.weights == before).all()
    assert Classifier((common,)).weigh(message).log_odds > 0 > theirs.weigh(message).log_odds


def test_what_is_known_well_is_not_learned_again():
    classifier, own = taught(stream(20) + [(raw("casino pills"), True)] * 200)
    before = own.weights.copy()
    classifier.learn(tokens_of(letter(raw("casino pills"))), is_spam=True)
    assert (own.weights == before).all()


def test_a_classifier_that_is_not_to_learn_says_so():
    with pytest.raises(ValueError, match="no layer"):
        Classifier().learn(tokens_of(letter(raw("x"))), is_spam=True)


def test_an_exported_layer_comes_back_whole():
    _, own = taught(stream(30))
    copy = DenseLayer()
    copy.restore(own.exported())
    assert (copy.weights == own.weights).all()
    assert (copy.squares == own.squares).all()
    assert copy.lessons == own.lessons == 30
    assert copy.spam_lessons == own.spam_lessons == sum(is_spam for _, is_spam in stream(30))


def test_a_place_outside_of_the_model_is_refused():
    bad = {"places": np.array([1 << 31], np.uint32), "weights": np.ones(1), "squares": np.ones(1)}
    with pytest.raises(ValueError, match="place"):
        DenseLayer().restore(bad)
