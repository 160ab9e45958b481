"""The classifier's opinion as evidence, and what follows from it."""

from __future__ import annotations

import numpy as np
import pytest

from ecluse.domain.evidence import NOT_ASKED, Evidence
from ecluse.domain.learned import LearnedFacts
from ecluse.filtering.checks.learned import learned as check
from ecluse.filtering.collect import ON_THE_SPOT_OCTETS, Served, Sources, Subject
from ecluse.filtering.collectors.learned import learned
from ecluse.filtering.learning.tokens import ArrayLoops
from ecluse.ports.models import Model
from tests.unit.filtering.samples import ANN, POLICY, incoming

MESSAGE = b"From: a@a.example\r\nSubject: prize\r\n\r\nwinner\r\n"


class Everything:
    """A layer in which every token weighs the same."""

    lessons = 1_000_000
    spam_lessons = 500_000

    def __init__(self, weight):
        self.weight = weight

    def weights_of(self, indices, take=None):
        return np.full(len(indices), self.weight, np.float32)


class OneModel:
    def __init__(self, model):
        self.model = model

    def find(self, client):
        return self.model


def facts(models):
    about = Subject(incoming(MESSAGE), (Served(ANN, POLICY),), Sources(None, None, "gateway.test", models=models))
    return learned(about)


@pytest.mark.parametrize("models", [None, OneModel(None)])
def test_without_a_model_nothing_is_said(models):
    assert facts(models) is NOT_ASKED
    assert not list(check(Evidence(learned=facts(models)), POLICY))


async def test_a_large_message_is_waited_for_and_read_the_same():
    large = incoming(MESSAGE + b"x" * ON_THE_SPOT_OCTETS)
    models = OneModel(Model("v7", (Everything(0.1),)))
    about = Subject(large, (Served(ANN, POLICY),), Sources(None, None, "gateway.test", models=models))
    assert (await learned(about)).log_odds > 0


@pytest.mark.parametrize("weight", [0.2, -0.2])
def test_the_evidence_holds_numbers_and_the_version_alone(weight):
    said = facts(OneModel(Model("v7", (Everything(weight), Everything(0.0)))))
    assert said.version == "v7"
    assert len(said.views) == 4
    assert said.log_odds == pytest.approx(sum(said.views), abs=0.01)
    assert (said.log_odds > 0) is (said.probability > 0.5) is (weight > 0)


@pytest.mark.parametrize(("log_odds", "code"), [(13.0, "LEARNED_SPAM"), (-13.0, "LEARNED_HAM")])
def test_an_opinion_counts_for_what_it_says_as_strongly_as_it_is_sure(log_odds, code):
    (finding,) = check(Evidence(learned=LearnedFacts(log_odds, 0.5, (), "v7")), POLICY)
    (surer,) = check(Evidence(learned=LearnedFacts(2 * log_odds, 0.5, (), "v7")), POLICY)
    assert (finding.code, surer.code) == (code, code)
    assert 0 < finding.strength < surer.strength
    assert finding.detail.endswith(f" points for {log_odds:+.1f} by v7")


def test_no_opinion_is_no_finding():
    assert not list(check(Evidence(learned=LearnedFacts(0.0, 0.5, (), "v")), POLICY))


def test_whom_the_client_has_taught_is_listened_to_more():
    weak, strong = (
        next(check(Evidence(learned=LearnedFacts(9.0, 0.5, (), "v", taught=taught)), POLICY)) for taught in (0, 10_000)
    )
    assert weak.strength < strong.strength


def test_tokens_are_made_in_the_loops_that_the_node_has():
    asked = []

    class Loops(ArrayLoops):
        def places(self, *octets):
            asked.append(octets)
            return super().places(*octets)

    models = OneModel(Model("v7", (Everything(0.1),)))
    sources = Sources(None, None, "gateway.test", models=models, loops=Loops())
    assert learned(Subject(incoming(MESSAGE), (Served(ANN, POLICY),), sources)) == facts(models)
    assert len(asked) == 1
