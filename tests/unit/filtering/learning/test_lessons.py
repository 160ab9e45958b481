"""Lessons, each with an earlier one of the scarcer class once more."""

from __future__ import annotations

import numpy as np
import pytest

from ecluse.filtering.learning import lessons as lessons_module
from ecluse.filtering.learning.accuracy import area_above
from ecluse.filtering.learning.classifier import Classifier
from ecluse.filtering.learning.lessons import Lessons
from ecluse.filtering.learning.tokens import tokens_of
from ecluse.filtering.learning.weights import DenseLayer
from tests.unit.filtering.learning.mail import letter, stream


def told(count, seed=1):
    return [(tokens_of(letter(octets)), is_spam) for octets, is_spam in stream(count, seed=seed)]


def after(messages, lessons=None):
    layer = DenseLayer()
    lessons = lessons or Lessons(Classifier((), layer))
    for tokens, is_spam in messages:
        lessons.learn(tokens, is_spam=is_spam)
    return layer, lessons


def test_what_was_said_once_is_looked_at_again_and_counts_once():
    messages = told(60)
    once = DenseLayer()
    classifier = Classifier((), once)
    for tokens, is_spam in messages:
        classifier.learn(tokens, is_spam=is_spam)
    again, _ = after(messages)
    assert (again.lessons, again.spam_lessons) == (once.lessons, once.spam_lessons)
    assert again.squares.sum() > once.squares.sum()
    test = told(300, seed=2)
    labels = np.array([is_spam for _, is_spam in test])
    areas = [
        area_above(labels, np.array([Classifier((layer,)).weigh(tokens).log_odds for tokens, _ in test]))
        for layer in (again, once)
    ]
    assert areas[0] <= areas[1]


@pytest.mark.parametrize("stop", [0, 1, 25, 49, 50])
def test_who_goes_on_ends_like_who_never_stopped(stop, monkeypatch):
    monkeypatch.setattr(lessons_module, "REMEMBERED", 10)
    messages = told(50)
    whole, _ = after(messages)
    layer, before = after(messages[:stop])
    by_file = Lessons(Classifier((), layer))
    by_file.restore(before.exported())
    after(messages[stop:], by_file)
    by_log, _ = after(messages[:stop])
    spam = sum(is_spam for _, is_spam in messages[:stop])
    after(messages[stop:], Lessons(Classifier((), by_log), messages[:stop], (stop - spam, spam)))
    for each in (layer, by_log):
        assert (each.weights == whole.weights).all()
        assert (each.squares == whole.squares).all()


def test_what_was_told_more_rarely_is_repeated(monkeypatch):
    repeated = []
    monkeypatch.setattr(Classifier, "repeat", lambda _, tokens, *, is_spam: repeated.append((tokens, is_spam)))
    ham = [(tokens, False) for tokens, is_spam in told(60) if not is_spam][:6]
    spam = [(tokens, True) for tokens, is_spam in told(60) if is_spam][:6]
    after((*ham[:3], *spam, *ham[3:]))
    # First no spam was told yet, then less than ham or as much, then more.
    assert [is_spam for _, is_spam in repeated] == [True, True, True, False, False, False, False, False]
    assert all(any(one is each for one, _ in (ham, spam)[is_spam]) for each, is_spam in repeated)


def test_what_is_no_export_is_refused():
    exported = after(told(5))[1].exported()
    for name, value in (
        ("earlier_counts", np.array([3, 4])),
        ("earlier_spam", np.ones(2, np.bool_)),
        ("earlier_told", np.array(5)),
    ):
        with pytest.raises(ValueError, match=r"zip|reshape"):
            Lessons(Classifier((), DenseLayer())).restore({**exported, name: value})
    with pytest.raises(KeyError):
        Lessons(Classifier((), DenseLayer())).restore({})
