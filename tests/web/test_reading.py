"""How pages write who did something, and when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.template import engines
from django.utils.translation import override

from ecluse.domain.sending import SendingFacts
from ecluse.filtering.emission import Behaviour, _reason
from ecluse.web.templatetags.lock_evidence import SENTENCES

AT = datetime(2026, 11, 8, 18, 5, tzinfo=UTC)


def written(language, source, **values):
    with override(language):
        return engines["django"].from_string(source).render(values)


@pytest.mark.parametrize(
    ("told", "english", "french"),
    [
        ("person:ann@one.example", "ann@one.example", "ann@one.example"),
        ("api-key:<sync>", "the program “&lt;sync&gt;”", "le programme «\u00a0&lt;sync&gt;\u00a0»"),
        ("job:contracts", "by itself (contracts)", "de lui-même (contracts)"),
        ("command:invite", "the command line", "la ligne de commande"),
        ("op@provider.example", "op@provider.example", "op@provider.example"),
        ("other:thing", "other:thing", "other:thing"),
        ("person:", "person:", "person:"),
    ],
)
def test_an_actor_is_told_without_the_word_that_rows_begin_with(told, english, french):
    assert written("en", "{{ told|actor }}", told=told) == english
    assert written("fr", "{{ told|actor }}", told=told) == french


def test_all_that_a_node_says_of_a_lock_is_told_in_french():
    facts = SendingFacts(
        fresh=("a", "b"),
        known=1,
        new_links=("x.example",),
        new_places=("AS1 FR",),
        is_program_new=True,
        is_hour_odd=True,
        days_known=90.0,
    )
    said = _reason(
        facts, Behaviour(alike=9_999, scattered=9_999, this_hour=40, usual_day=3.0, unknown=9_999), 1.5
    ).split("; ")
    said += ["501 recipients of one message", "more than 500 recipients of near-identical messages within 24 hours"]
    found = [next(words for pattern, words in SENTENCES if pattern.fullmatch(each)) for each in said]
    assert found == [words for _, words in SENTENCES]
    told = written(
        "fr", "{{ told|lock_evidence }}", told="2 of 3 recipients never written to; <unheard of>; content 1.5"
    )
    assert told == (
        "2 destinataires sur 3 à qui personne n&#x27;avait écrit; &lt;unheard of&gt;; son contenu compte 1.5 points"
    )
    assert written("en", "{{ told|lock_evidence }}", told="; ".join(said[:9])) == "; ".join(said[:9])


@pytest.mark.parametrize(
    ("form", "english", "french"),
    [
        ("SHORT_DATETIME_FORMAT", "2026-11-08 18:05", "08/11/2026 18:05"),
        ("SHORT_DATE_FORMAT", "2026-11-08", "08/11/2026"),
        ("DATE_FORMAT", "8 November 2026", "8 novembre 2026"),
    ],
)
def test_no_date_is_written_as_in_america(form, english, french):
    source = f"{{{{ at|date:'{form}' }}}}"
    assert (written("en", source, at=AT), written("fr", source, at=AT)) == (english, french)
