"""The one spelling of a domain."""

from __future__ import annotations

import pytest

from ecluse.wire.names.spelling import ascii_domain
from tests.cpu import cpu


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("Example.COM.", "example.com"),
        ("_dmarc.b.test", "_dmarc.b.test"),
        ("B\u00fccher.example", "xn--bcher-kva.example"),
        ("b\u00fccher\u3002example", "xn--bcher-kva.example"),
        ("a" * 63 + ".test", "a" * 63 + ".test"),
        ("a" * 64 + ".test", None),
        (".".join(["abcdefghi"] * 26), None),
        ("", None),
        (".", None),
        ("a..b", None),
        (".a", None),
        ("\u200d.test", None),
        ("\ud800.test", None),
    ],
)
def test_a_name_is_spelled_in_one_way_or_is_none(name: str, spelled: str | None):
    assert ascii_domain(name) == spelled


def test_a_long_name_costs_little():
    with cpu() as spent:
        for name in ("\u00fc" * 100_000, "\u00fc" * 255, "a." * 100_000, "\u0660" * 255):
            ascii_domain(name)
    assert spent.seconds < 0.05
