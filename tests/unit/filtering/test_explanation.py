"""Three readers, two languages: each is told what is his to know."""

from __future__ import annotations

import itertools

import pytest

from ecluse.domain.language import Language
from ecluse.domain.reader import Reader
from ecluse.domain.verdict import Category, Disposition
from ecluse.filtering import judge
from ecluse.filtering.explanation import FAMILIES, MAX_FINDINGS, MAX_SENTENCES, OPENINGS, Weighed, explain
from ecluse.filtering.meanings import MEANINGS

FOUND = (
    Weighed("NO_DATE", "", 1.0),
    Weighed("KNOWN_DOMAIN", "e.example", -3.0),
    Weighed("SWINDLE", "", 7.0),
    Weighed("LISTED_IP", "zen.lists.example", 4.0),
)


def told(reader, language=Language.ENGLISH, found=FOUND, disposition="refuse", category="Q"):
    return explain(disposition, category, found, reader, language)


def test_every_family_of_reasons_has_its_sentence_and_no_sentence_is_left_over():
    assert {meaning.word for meaning in MEANINGS.values()} - {""} == FAMILIES.keys()


def test_everything_that_the_judge_can_decide_has_its_opening():
    rulings = [judge._DELIVER, judge._NOT_FILTERED, *judge._MASS.values(), judge._refuse(""), judge._defer("")]
    decided = {(one.disposition, one.category) for one in rulings}
    decided |= {(Disposition.HOLD, Category.QUARANTINE), (Disposition.REFUSE, Category.QUARANTINE)}
    assert decided <= OPENINGS.keys()
    assert all((disposition, "") in OPENINGS for disposition in Disposition)


@pytest.mark.parametrize("sentences", [*OPENINGS.values(), *FAMILIES.values()])
def test_both_languages_say_it_in_a_sentence(sentences):
    english, french = sentences
    assert english != french
    assert english.endswith(".")
    assert french.endswith(".")


@pytest.mark.parametrize("language", Language)
def test_a_recipient_reads_plain_sentences_and_no_rule(language):
    explanation = told(Reader.RECIPIENT, language)
    assert explanation.findings == ()
    text = " ".join((explanation.opening, *explanation.sentences))
    assert not any(code in text or meaning.sentence(language) in text for code, meaning in MEANINGS.items())
    assert "example" not in text
    assert 1 <= len(explanation.sentences) <= MAX_SENTENCES


def test_the_strongest_reasons_come_first():
    assert told(Reader.RECIPIENT).sentences[0] == "The sender may not be who he says he is."
    assert [one.weighed.code for one in told(Reader.ADMINISTRATOR).findings] == [
        "SWINDLE",
        "LISTED_IP",
        "KNOWN_DOMAIN",
        "NO_DATE",
    ]


def test_an_administrator_reads_what_counted_most_and_a_provider_everything():
    found = tuple(Weighed(code, "", 1.0) for code in itertools.islice(MEANINGS, MAX_FINDINGS + 5))
    assert len(told(Reader.ADMINISTRATOR, found=found).findings) == MAX_FINDINGS
    assert len(told(Reader.PROVIDER, found=found).findings) == MAX_FINDINGS + 5


def test_what_was_delivered_needs_no_excuse():
    explanation = told(Reader.RECIPIENT, Language.FRENCH, disposition="deliver", category="")
    assert (explanation.opening, explanation.sentences) == ("Le message a été remis.", ())


def test_codes_of_another_release_are_shown_without_a_sentence():
    explanation = told(Reader.PROVIDER, found=(Weighed("OF_THE_FUTURE", "x", 2.0),), disposition="refuse", category="Z")
    assert explanation.opening == "The message was refused."
    assert explanation.findings[0].sentence == ""
