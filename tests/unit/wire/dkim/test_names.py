"""Domains and selectors."""

from __future__ import annotations

import pytest

from ecluse.wire.dkim.names import domain_in, selector_in
from ecluse.wire.dkim.tags import TagSyntax


def test_names_are_in_lower_case():
    assert domain_in(b"Mail.Example.COM", "d") == "mail.example.com"
    assert selector_in(b"K1.2024") == "k1.2024"


def test_u_labels_become_a_labels():
    assert domain_in("b\u00fccher.example".encode(), "d") == "xn--bcher-kva.example"
    assert selector_in("schl\u00fcssel".encode()) == "xn--schlssel-95a"


def test_underscores_are_seen_in_the_wild():
    assert selector_in(b"_s_1") == "_s_1"


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"example",
        b"example...",
        b".example.com",
        b"example.com.",
        b"***",
        b"a.example(.evil.example",
        b"a..example",
        b"-a.example",
        b"a-.example",
        b"a b.example",
        b"a" * 64 + b".example",
        b"a." * 126 + b"example",
        b"a.example\n",
        b"\xff.example",
        b"\xe2\x98\x83" * 400 + b".example",
        "a\u3002\u3002b.example".encode(),
    ],
)
def test_what_is_no_domain_is_refused(value):
    with pytest.raises(TagSyntax):
        domain_in(value, "d")


def test_what_is_no_selector_is_refused():
    for value in (b"", b"a..b", b".a", b"a/b"):
        with pytest.raises(TagSyntax):
            selector_in(value)
