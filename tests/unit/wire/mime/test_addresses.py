"""Addresses in fields, and one address strictly."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.mime.addresses import AddressSyntax, Mailbox, parse_addr_spec, parse_addresses
from tests.cpu import cpu


def seen(value: bytes) -> list[tuple[str, str]]:
    return [(mailbox.name, f"{mailbox.local}@{mailbox.domain}") for mailbox in parse_addresses(value).addresses]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"ann@a.example", [("", "ann@a.example")]),
        (b"Ann <ann@a.example>", [("Ann", "ann@a.example")]),
        (b'"Ann, B." <ann@a.example>, bob@b.example', [("Ann, B.", "ann@a.example"), ("", "bob@b.example")]),
        (b"ann@a.example (Ann)", [("Ann", "ann@a.example")]),
        (b"=?utf-8?q?Caf=C3=A9?= <c@a.example>", [("Caf\u00e9", "c@a.example")]),
        (b"friends: ann@a.example, Bob <bob@b.example>;", [("", "ann@a.example"), ("Bob", "bob@b.example")]),
        (b"undisclosed-recipients:;", []),
        (b'"a b"@a.example', [("", "a b@a.example")]),
        (b"ann@[192.0.2.1]", [("", "ann@[192.0.2.1]")]),
        (b"(x) ann (y) @ (z) a.example", [("x y z", "ann@a.example")]),
        (b"<>", []),
        (b"", []),
    ],
)
def test_clear_addresses_have_one_reading(value, expected):
    assert seen(value) == expected
    assert not parse_addresses(value).is_ambiguous


@pytest.mark.parametrize(
    "value",
    [
        b"a@good.example <b@evil.example>",
        b"<a@good.example> <b@evil.example>",
        b"<a@good.example><b@evil.example>",
        b"a@good.example@evil.example",
        b"<@good.example:b@evil.example>",
        b"<@a.example,@good.example:b@evil.example>",
        b"a@good.example\x00 <b@evil.example>",
        b"b@evil.example\x00@good.example",
        b"<a@good.example",
        b'"a@good.example <b@evil.example>',
        b"(a@good.example <b@evil.example>",
        b"a@good.example)b@evil.example",
        b"=?utf-8?q?a=40good.example=3E?= <b@evil.example>",
        b"=?utf-8?q?a=40good.example?=@evil.example",
        b"a@good.example>",
        b"a b@evil.example",
    ],
)
def test_what_readers_understand_differently_is_called_ambiguous(value):
    assert parse_addresses(value).is_ambiguous


def test_both_addresses_of_two_pairs_of_brackets_are_told():
    assert [address for _, address in seen(b"<a@good.example> <b@evil.example>")] == [
        "a@good.example",
        "b@evil.example",
    ]


def test_an_obsolete_route_is_left_out():
    assert [address for _, address in seen(b"<@x.example,@y.example:ann@a.example>")] == ["ann@a.example"]


@given(st.binary(max_size=200))
@settings(derandomize=True, deadline=None)
def test_the_same_octets_give_the_same_answer_and_never_raise(value):
    assert parse_addresses(value) == parse_addresses(value)


ALPHABET = st.sampled_from(
    [b"a", b"@", b"<", b">", b"(", b")", b'"', b"\\", b",", b";", b":", b"[", b"]", b" ", b"\0", b"=?a?q?b?="]
)


@given(st.lists(ALPHABET, max_size=40).map(b"".join))
@settings(derandomize=True, deadline=None, max_examples=500)
def test_no_sequence_of_specials_raises_or_leaves_a_control(value):
    for mailbox in parse_addresses(value).addresses:
        assert "\0" not in mailbox.name + mailbox.local + mailbox.domain


@pytest.mark.parametrize(
    "piece", [b"(", b")", b'"', b"\\", b"<", b">", b"@", b",", b";", b":", b"[", b"<@a,", b"a<b@c>", b'"\\', b"(\\"]
)
def test_hostile_repetition_takes_linear_time(piece):
    with cpu() as spent:
        parse_addresses(piece * (100_000 // len(piece)))
    assert spent.seconds < 3


@pytest.mark.parametrize(
    "data",
    [
        b"ann@a.example",
        b"!#$%&'*+/=?^_`{|}~-@a.example",
        b'"a b"@a.example',
        b'""@a.example',
        b'"\\""@a.example',
        b"ann@[192.0.2.1]",
        b"ann@[IPv6:2001:db8::1]",
        b"ann@[IPv6:::]",
        "\u00e9@\u00e9.example".encode(),
        b"a" * 64 + b"@a.example",
        b"ann@" + b"a" * 63 + b".example",
    ],
)
def test_what_rfc_5321_allows_is_taken(data):
    local, _, domain = data.decode().rpartition("@")
    assert parse_addr_spec(data) == Mailbox("", local, domain)


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"ann", b"@", b"ann@", b"@a.example", b".a@a.example", b"a.@a.example", b"a..b@a.example"),
        *(b"a@b@c.example", b"a b@a.example", b'"a@a.example', b'"a"b@a.example', b"a@-a.example", b"a@a-.example"),
        *(b"a@.example", b"a@a.example.", b"a@a..example", b"a@[192.0.2.1", b"a@x[192.0.2.1]", b"a@[192.0.2.256]"),
        *(b"a@[IPv6:1::2::3]", b"a@[IPv6:fe80::1%eth0]", b"a@a.example\r\n", b"a\x00@a.example", b'"\r"@a.example'),
        *(b"(c)a@a.example", b" a@a.example", b"a@a.example ", b"\x7f@a.example", b"a@a_b.example", b"\xff@a.example"),
        *(b"a" * 65 + b"@a.example", b"a@" + b"a" * 64 + b".example", b"a@" + b"a." * 130 + b"example"),
        '"\\\u00e9"@a.example'.encode(),
    ],
)
def test_everything_else_is_refused(data):
    with pytest.raises(AddressSyntax):
        parse_addr_spec(data)
