"""The figures of the TREC spam track."""

from __future__ import annotations

import numpy as np
import pytest

from ecluse.filtering.learning.accuracy import area_above, measure, reliability, sum_of

PERFECT = (np.array([True] * 5 + [False] * 5), np.arange(10, 0, -1) - 5.5)


def slow_area_above(labels, scores):
    pairs = [(spam, ham) for spam in scores[labels] for ham in scores[~labels]]
    return 100 * sum((ham > spam) + (ham == spam) / 2 for spam, ham in pairs) / len(pairs)


@pytest.mark.parametrize("seed", range(5))
def test_one_minus_roca_is_the_share_of_pairs_in_the_wrong_order_ties_counting_half(seed):
    chance = np.random.default_rng(seed)
    labels, scores = chance.random(60) < 0.4, chance.integers(0, 12, 60) / 2
    assert measure(labels, scores, 1).one_minus_roca.value == pytest.approx(slow_area_above(labels, scores))


def test_a_perfect_filter_misses_nothing_and_a_reversed_one_everything():
    labels, scores = PERFECT
    best, worst = measure(labels, scores), measure(labels, -scores)
    assert (best.one_minus_roca.value, worst.one_minus_roca.value) == (0, 100)
    assert [figure.value for figure in best.missed.values()] == [0, 0, 0]
    assert [figure.value for figure in worst.missed.values()] == [100, 100, 100]


def test_ham_loss_allows_whole_messages_only():
    """1 % of 250 ham are two: the threshold stands below the second-highest ham."""
    ham, spam = np.arange(250.0), np.array([248.5, 247.5, 246.5])
    labels = np.array([False] * 250 + [True] * 3)
    missed = measure(labels, np.concatenate((ham, spam))).missed
    assert missed[1.0].value == pytest.approx(100 / 3)
    assert missed[0.1].value == 100


def test_spam_that_scores_like_a_ham_which_may_not_be_lost_is_missed():
    labels = np.array([False] * 10 + [True])
    assert measure(labels, np.zeros(11)).missed[1.0].value == 100


def test_lam_is_the_logistic_mean_of_both_error_rates():
    labels = np.array([False] * 99 + [True] * 99)
    scores = np.where(labels, 1.0, -1.0)
    scores[:9] = 1.0  # Nine ham lost: 9.5 of 100, no spam missed: 0.5 of 100.
    odds = np.sqrt(0.095 / 0.905 * 0.005 / 0.995)
    assert measure(labels, scores).lam.value == pytest.approx(100 * odds / (1 + odds))


def test_the_interval_holds_the_value_and_is_the_same_each_time():
    chance = np.random.default_rng(3)
    labels = chance.random(400) < 0.5
    scores = chance.normal(size=400) + labels
    first, again = measure(labels, scores), measure(labels, scores)
    assert first == again
    assert first.one_minus_roca.low < first.one_minus_roca.value < first.one_minus_roca.high


def test_most_intervals_hold_the_truth():
    """The area of two normal distributions one apart is known; 95 % is the promise, 85 % of 40 the bound."""
    held = 0
    for seed in range(40):
        chance = np.random.default_rng(seed)
        labels = np.arange(300) % 2 == 0
        figure = measure(labels, chance.normal(size=300) + labels, 100).one_minus_roca
        held += figure.low <= 23.975 <= figure.high
    assert held >= 34


def test_one_class_alone_cannot_be_measured():
    with pytest.raises(ValueError, match="both"):
        measure(np.ones(3, np.bool_), np.zeros(3))
    assert np.isnan(area_above(np.zeros(3, np.bool_), np.zeros(3)))


def test_reliability_says_what_share_of_a_probability_came_true():
    scores = np.full(100, np.log(0.72 / 0.28))
    (only,) = reliability(np.arange(100) < 72, scores)
    assert (only.predicted, only.observed, only.count) == (pytest.approx(0.72), 0.72, 100)


def test_a_sum_has_an_interval_too():
    figure = sum_of(np.array([1.0, 2.0, 3.0]))
    assert figure.value == 6
    assert 3 <= figure.low < 6 < figure.high <= 9
