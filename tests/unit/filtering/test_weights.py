from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

import ecluse.filtering
from ecluse.domain.finding import Finding
from ecluse.domain.language import Language
from ecluse.filtering.checks.listed import CODES
from ecluse.filtering.meanings import MEANINGS
from ecluse.filtering.weights import score, weight_of, words
from tests.unit.filtering.samples import POLICY

FILTERING = Path(ecluse.filtering.__file__).parent


def codes_in_the_checks() -> set[str]:
    sources = [path.read_text("utf-8") for path in (FILTERING / "checks").glob("*.py")]
    return {code for source in sources for code in re.findall(r'"([A-Z][A-Z_]{3,})"', source)} | set(CODES.values())


def test_every_code_that_a_check_can_state_has_its_weight_and_its_line():
    found = codes_in_the_checks()
    assert len(found) > 15
    assert found <= MEANINGS.keys()


def test_every_weight_belongs_to_a_code_that_can_be_found():
    elsewhere = {"BARE_NEWLINES"}  # Stated of message files only, by `entrypoints/scan`.
    assert MEANINGS.keys() - codes_in_the_checks() == elsewhere


@pytest.mark.parametrize("language", Language)
def test_every_code_is_explained_in_one_sentence_of_each_language(language):
    sentences = [meaning.sentence(language) for meaning in MEANINGS.values()]
    assert [text for text in sentences if not re.fullmatch(r"[^a-z|\n][^|\n]+\.", text)] == []
    assert len(set(sentences)) == len(sentences)


def test_no_code_has_the_same_sentence_in_both_languages():
    assert [code for code, meaning in MEANINGS.items() if meaning.en == meaning.fr] == []


def test_a_code_counts_once_however_often_it_was_found():
    assert score((Finding("NO_DATE"), Finding("NO_DATE", "again")), POLICY) == weight_of("NO_DATE")


def test_a_clients_own_weight_takes_the_place_of_ours():
    assert score((Finding("NO_DATE"),), replace(POLICY, weights={"NO_DATE": 7.5})) == 7.5


def test_reasons_name_each_family_once_in_the_order_of_the_findings():
    findings = tuple(Finding(code) for code in ("GTUBE", "VIRUS", "MASS_MAIL", "EICAR", "NO_FROM"))
    assert words(findings) == ("spam", "virus", "malformed")


def test_no_list_and_not_even_all_of_them_refuse_a_message_alone():
    """1-5: the client may raise a weight, and only then does a list decide."""
    listings = {code: weight_of(code) for code in MEANINGS if "LISTED_" in code and weight_of(code) > 0}
    # Of each pair only one is found.
    worst = sum(weight for code, weight in listings.items() if f"WIDELY_{code}" not in listings)
    assert len(listings) == 8
    assert worst < POLICY.refuse_at
    assert all(weight < POLICY.refuse_at / 2 for weight in listings.values())
