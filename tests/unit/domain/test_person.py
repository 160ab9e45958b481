from __future__ import annotations

import pytest

from ecluse.domain.person import MAX_CHARACTERS, name_key


@pytest.mark.parametrize(
    "name",
    [
        "Jean-Émile Dupont",
        "DUPONT Jean Emile",
        "Dupont, Jean-Émile",
        "M. jean émile dupont",
        "Je\u200ban Emile  Dupont",
    ],
)
def test_case_accents_titles_and_order_are_no_difference(name):
    assert name_key(name) == "dupont emile jean"


@pytest.mark.parametrize(
    "name", ["", "Anne", "Li Wu", "Service Clients", "Dupont Comptabilité", "12345 678", "\udcff \0"]
)
def test_what_is_no_full_name_of_a_person_has_no_key(name):
    assert name_key(name) == ""


def test_letters_that_unicode_does_not_take_apart_are_plain_too():
    assert name_key("Søren Łukasz") == "lukasz soren"


def test_a_name_of_any_length_is_bounded():
    assert name_key("ab " * 100_000) == ""
    assert len(name_key("a" * 100_000 + " b") or "") <= MAX_CHARACTERS
