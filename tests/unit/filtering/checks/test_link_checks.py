"""What links and hidden text state; no soft sign alone refuses anything."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.evidence import Unknown
from ecluse.domain.links import LinkFacts, LinkFlag, LookAlikeFact, Role, TextFacts
from ecluse.filtering.checks.hidden_text import hidden_text
from ecluse.filtering.checks.look_alike import look_alike
from ecluse.filtering.checks.odd_link import odd_link
from ecluse.filtering.checks.overloaded_page import overloaded_page
from ecluse.filtering.checks.split_words import split_words
from ecluse.filtering.meanings import MEANINGS
from tests.unit.filtering.samples import HARMLESS, POLICY

LINK_CHECKS = (hidden_text, look_alike, odd_link, overloaded_page, split_words)


NO_LINKS, NO_TEXTS = LinkFacts(), TextFacts()


def stated(links: LinkFacts | Unknown = NO_LINKS, texts: TextFacts | Unknown = NO_TEXTS) -> list[str]:
    evidence = replace(HARMLESS, links=links, texts=texts)
    return [finding.code for check in LINK_CHECKS for finding in check(evidence, POLICY)]


@pytest.mark.parametrize(
    ("fact", "code"),
    [
        (LookAlikeFact("a.example", "b", "shape", Role.LINK, is_protected=True), "LOOKALIKE_PROTECTED"),
        (LookAlikeFact("a.example", "b", "shape", Role.AUTHOR), "LOOKALIKE_BRAND"),
        (LookAlikeFact("a.example", "b", "typo", Role.LINK), "LOOKALIKE_NEAR"),
        (LookAlikeFact("a.example", "b", "inside", Role.LINK, is_protected=True), "LOOKALIKE_NEAR"),
    ],
)
def test_look_alikes_weigh_by_how_alike_they_are(fact, code):
    assert stated(LinkFacts(look_alikes=(fact,))) == [code]


@pytest.mark.parametrize(
    ("texts", "codes"),
    [
        (TextFacts(visible=500, hidden=12_000), ["HIDDEN_TEXT"]),
        (TextFacts(visible=500, hidden=200), ["SOME_HIDDEN_TEXT"]),
        (TextFacts(visible=2_000, hidden=120), []),
        (TextFacts(visible=20_000, hidden=2_000), []),
        (TextFacts(visible=10, split_words=5), ["SPLIT_WORDS"]),
        (TextFacts(visible=10, split_words=2), []),
        (TextFacts(is_cut=True), ["OVERLOADED_PAGE"]),
    ],
)
def test_text_that_is_hidden_is_stated_by_its_share(texts, codes):
    assert stated(texts=texts) == codes


def test_what_newsletters_do_is_no_finding():
    usual = (LinkFlag.PIXEL, LinkFlag.MANY, LinkFlag.FORM, LinkFlag.FRAME)
    assert stated(LinkFacts(40, ("a.example",), usual)) == []


def test_what_could_not_be_read_is_held_against_nobody():
    assert stated(Unknown("x"), Unknown("x")) == []


def test_no_sign_alone_refuses_and_the_weak_ones_together_do_not_either():
    weights = {code: MEANINGS[code].weight for code in stated(LinkFacts(flags=tuple(LinkFlag)))}
    assert max(weights.values()) < POLICY.refuse_at / 2
    assert sum(weight for weight in weights.values() if weight <= 1.5) < POLICY.refuse_at
