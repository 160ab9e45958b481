"""How pages write who did something, and when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.template import engines
from django.utils.translation import override

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
