"""Log-odds are added up: what may be relied on whatever the fitted numbers are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.finding import Finding
from ecluse.domain.verdict import Category, Disposition
from ecluse.filtering.fusion import fusion, points
from ecluse.filtering.judge import judge, strictest
from ecluse.filtering.meanings import MEANINGS
from ecluse.filtering.weights import score, weight_of
from tests.unit.filtering.samples import ANN, POLICY

AGAINST = sorted(code for code in MEANINGS if weight_of(code) > 0)
# Of all others a rule decides before the score is looked at.
BY_SCORE = sorted(
    code
    for code in MEANINGS
    if judge((Finding(code),), replace(POLICY, weights={code: 0.0}), ANN).disposition is Disposition.DELIVER
)
FINDINGS = st.lists(
    st.builds(Finding, st.sampled_from(BY_SCORE), strength=st.floats(0, 24)), max_size=8, unique_by=lambda one: one.code
)
LOG_ODDS = st.floats(-200, 200)


@given(LOG_ODDS, LOG_ODDS, st.integers(0, 5_000))
def test_the_surer_opinion_never_counts_less(one, other, taught):
    low, high = sorted((one, other))
    assert points(low, taught) <= points(high, taught)


@given(LOG_ODDS, st.integers(0, 5_000))
def test_an_opinion_counts_for_what_it_says_and_is_bounded(log_odds, taught):
    bound = max((one.most if log_odds > 0 else one.least) for one in fusion().calibrations)
    assert points(log_odds, taught) * log_odds >= 0
    assert abs(points(log_odds, taught)) <= bound


def test_a_model_that_the_client_has_not_taught_comes_half_way_to_refusal_at_most():
    assert points(1_000, 0) < POLICY.refuse_at / 2


def test_no_opinion_frees_what_would_be_refused_twice_over():
    assert max(one.least for one in fusion().calibrations) < POLICY.refuse_at / 2


@settings(deadline=None)
@given(FINDINGS, st.sampled_from(AGAINST))
def test_a_finding_against_a_message_never_lowers_its_score(found, code):
    assert score((*found, Finding(code)), POLICY) >= score(tuple(found), POLICY)


@settings(deadline=None)
@given(FINDINGS, st.sampled_from(sorted(set(AGAINST) & set(BY_SCORE))))
def test_a_finding_against_a_message_never_makes_its_verdict_milder(found, code):
    before = judge(tuple(found), POLICY, ANN)
    after = judge((*found, Finding(code)), POLICY, ANN)
    assert strictest((after, before)).disposition is after.disposition


@settings(deadline=None)
@given(FINDINGS, st.floats(-100, 1_000))
def test_no_sum_refuses_for_good_whatever_a_client_weighs(found, weight):
    verdict = judge(tuple(found), replace(POLICY, weights={one.code: weight for one in found}), ANN)
    assert verdict.category is not Category.PERMANENT


def test_a_finding_counts_as_strongly_as_it_was_found():
    found = (Finding("LEARNED_SPAM", strength=2.0), Finding("LEARNED_SPAM", strength=3.5), Finding("NO_DATE"))
    assert score(found, POLICY) == pytest.approx(3.5 + weight_of("NO_DATE"))


@pytest.mark.parametrize(("weight", "expected"), [(0.0, 0.0), (2.0, 7.0)])
def test_a_client_may_silence_the_classifier_or_double_it(weight, expected):
    policy = replace(POLICY, weights={"LEARNED_SPAM": weight})
    assert score((Finding("LEARNED_SPAM", strength=3.5),), policy) == expected


def test_a_fitted_weight_means_what_the_one_set_by_hand_means():
    for code, fitted in fusion().weights.items():
        hand = MEANINGS[code].weight
        assert 0.25 <= fitted.weight / hand <= 1.6
        assert fitted.ham + fitted.spam >= 20


def test_the_data_say_what_they_were_fitted_to():
    data = fusion()
    assert data.command
    assert all(corpus.ham and corpus.spam and corpus.years for corpus in data.corpora.values())
    assert [one.taught for one in data.calibrations] == sorted({0, *(one.taught for one in data.calibrations)})
