"""What the trail's page says of lists, tables and truths: words, and nobody's programming language."""

from __future__ import annotations

from django.utils.translation import override

from ecluse.web.templatetags.trail_values import told


def test_it_reads_as_sentences_do():
    value = {"senders": ["a", "b"], "external": False, "rules": [{"name": "x", "at": None}], "count": 0}
    with override("fr"):
        assert told(value) == "senders: a, b; external: non; rules: name: x; at: \N{EN DASH}; count: 0"
        assert [told(each) for each in ([], "", None, True, 1.5)] == [*["\N{EN DASH}"] * 3, "oui", "1.5"]
