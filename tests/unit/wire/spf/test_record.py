"""The grammar of SPF records."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.spf.macros import SpfSyntax
from ecluse.wire.spf.record import MAX_OCTETS, Mechanism, SpfOutcome, is_spf, parse_spf


@pytest.mark.parametrize("record", [b"v=spf1", b"v=spf1 -all", b"V=SPF1 -all", b"v=spf1  "])
def test_a_record_starts_with_its_version(record: bytes):
    assert is_spf(record)
    parse_spf(record)


@pytest.mark.parametrize("record", [b"", b"v=spf10", b"v=spf1\t-all", b" v=spf1", b"v=spf2.0/pra", b"spf1"])
def test_what_starts_otherwise_is_no_record(record: bytes):
    assert not is_spf(record)


def test_a_record_is_read_into_what_it_compares():
    record = parse_spf(b"v=spf1 ip4:192.0.2.0/24 ~ip6:2001:db8::/32 a:x.test/24//64 ?mx -ALL exp=e.test")
    assert record.mechanisms == (
        Mechanism("ip4", SpfOutcome.PASS, None, 0xC00002, (24, 0)),
        Mechanism("ip6", SpfOutcome.SOFTFAIL, None, 0x20010DB8, (0, 32)),
        Mechanism("a", SpfOutcome.PASS, ("x.test",), lengths=(24, 64)),
        Mechanism("mx", SpfOutcome.NEUTRAL),
        Mechanism("all", SpfOutcome.FAIL),
    )
    assert (record.explanation, record.redirect) == (("e.test",), None)


@pytest.mark.parametrize(
    "term",
    [
        "-",
        "foo",
        "-foo:bar.test",
        "all:x.test",
        "all/8",
        "include",
        "include:",
        "include:localhost",
        "include:x.test/24",
        "a:",
        "a:x",
        "a:/24",
        "a/33",
        "a//129",
        "a/032",
        "a/",
        "a///64",
        "a:x.test:25",
        "mx:x.123",
        "mx:x.-a",
        "ptr:",
        "exists",
        "exists:%{x}.test",
        "ip4",
        "ip4:",
        "ip4:192.0.2",
        "ip4:192.0.2.256",
        "ip4:192.0.2.01",
        "ip4:192.0.2.1/33",
        "ip4:192.0.2.1:25",
        "ip4:2001:db8::1",
        "ip6:192.0.2.1",
        "ip6:2001:db8::1/129",
        "ip6:2001:db8::1%eth0",
        "redirect=",
        "redirect=x",
        "redirect=a.test redirect=a.test",
        "exp=",
        "exp=a.test exp=a.test",
        "-exp=a.test",
        "unknown=%",
        "1x=y",
        "a:x.t\u00e9st",
    ],
)
def test_one_error_spoils_the_whole_record(term: str):
    with pytest.raises(SpfSyntax):
        parse_spf(f"v=spf1 mx {term} -all".encode("latin-1"))


@pytest.mark.parametrize(
    "term", ["a:foo/bar.test", "a:.test", "exists:%{i}", "a:x.test.", "a/0//0", "x-unknown=a:b/c", "ptr"]
)
def test_odd_terms_of_the_grammar_are_read(term: str):
    parse_spf(f"v=spf1 {term} -all".encode())


def test_a_record_beyond_the_limit_is_not_read():
    parse_spf(b"v=spf1 " + b"a " * ((MAX_OCTETS - 7) // 2))
    with pytest.raises(SpfSyntax):
        parse_spf(b"v=spf1 " + b"a " * (MAX_OCTETS // 2))


@settings(derandomize=True, deadline=None)
@given(st.text(st.sampled_from("aemxip46:/.%{}d-1= 2"), max_size=60))
def test_no_record_ends_in_another_error(text: str):
    try:
        parse_spf(f"v=spf1 {text}".encode())
    except SpfSyntax:
        return
