"""Passwords that stand in the message are found, whatever language says so."""

from __future__ import annotations

import time

import pytest

from ecluse.filtering.passwords import MAX_PASSWORDS, candidates


@pytest.mark.parametrize(
    "text",
    [
        "The password is Xy7!k.",
        "Password: Xy7!k",
        "password for the archive is “Xy7!k”",
        "Le mot de passe est Xy7!k, bien à vous",
        "Mot de passe :\r\nXy7!k\r\n",
        "mdp=Xy7!k",
        "Votre code d'ouverture : Xy7!k",
        "Das Passwort lautet Xy7!k",
        "<p>Password: <b>Xy7!k</b></p>",
        "contraseña: Xy7!k",
        "密码 Xy7!k",
        "PIN Xy7!k",
    ],
)
def test_what_stands_behind_the_word_is_tried(text):
    assert "Xy7!k" in candidates(["Invoice", text])


def test_the_subject_may_tell_it_too():
    assert "4711-x" in candidates(["Password 4711-x", "See the subject."])


def test_a_line_of_its_own_counts_once_the_text_speaks_of_a_password():
    text = "The password comes on the last line of this rather long message, which goes on and on for a while yet.\n"
    assert "Tr0ub4dor" in candidates([text * 3 + "Regards\n\nTr0ub4dor\n"])
    assert "Tr0ub4dor" not in candidates(["Regards\n\nTr0ub4dor\n"])


def test_texts_without_a_password_give_only_what_is_usual():
    assert candidates(["Minutes", "Hello Ann,\r\nsee the minutes attached.\r\n"]) == candidates([])
    assert "infected" in candidates([])


def test_there_are_never_more_than_a_few():
    assert len(candidates(["password " + " ".join(f"word{number}" for number in range(1_000))] * 50)) <= MAX_PASSWORDS


@pytest.mark.parametrize(
    "text", ["password " * 100_000, "<" * 1_000_000, "\n" * 1_000_000, "a" * 1_000_000, "\n a" * 300_000]
)
def test_hostile_texts_take_no_time(text):
    began = time.process_time()
    candidates([text] * 20)
    assert time.process_time() - began < 0.5
