"""Macros: the examples of RFC 7208 section 7.4, and what is no macro."""

from __future__ import annotations

import pytest

from ecluse.wire.spf.macros import SpfSyntax, expand, read_domain, read_text

VALUES = {
    "s": "strong-bad@email.example.com",
    "l": "strong-bad",
    "o": "email.example.com",
    "d": "email.example.com",
    "i": "192.0.2.3",
    "v": "in-addr",
    "h": "mx.example.org",
    "p": "unknown",
    "c": "192.0.2.3",
    "r": "mx.test",
    "t": "1700000000",
}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d3}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l}", "strong-bad"),
        ("%{l-}", "strong.bad"),
        ("%{lr}", "strong-bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
        ("%{d9999999999999}", "email.example.com"),
        ("a%%b%_c%-d.", "a%b c%20d."),
        ("%{S}", "strong-bad%40email.example.com"),
    ],
)
def test_macros_expand_as_the_rfc_shows(text: str, expanded: str):
    assert expand(read_domain(text), VALUES) == expanded


@pytest.mark.parametrize(
    "text", ["%", "%a", "%{", "%{}", "%{x}", "%{d0}", "%{d00}", "%{d2.r}", "%(d)", "a b", "é", "%{c}"]
)
def test_what_is_no_macro_spoils_the_text(text: str):
    with pytest.raises(SpfSyntax):
        read_domain(text)


def test_an_explanation_may_have_spaces_and_three_letters_more():
    text = "%{c} is none of %{d}'s at %{t}; see %{r}"
    assert expand(read_text(text), VALUES) == "192.0.2.3 is none of email.example.com's at 1700000000; see mx.test"
