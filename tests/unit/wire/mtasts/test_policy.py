"""MTA-STS policies."""

from __future__ import annotations

import pytest

from ecluse.wire.mtasts.policy import MAX_CHARACTERS, StsSyntax, fits_any, parse_policy

POLICY = "version: STSv1\r\nmode: enforce\r\nmx: mail.b.test\r\nmx:\t*.c.test\r\nmax_age: 604800\r\n"


def test_a_policy_is_read():
    policy = parse_policy(POLICY)
    assert (policy.mode, policy.patterns, policy.max_age_s) == ("enforce", ("mail.b.test", "*.c.test"), 604_800)


def test_unknown_keys_and_second_values_change_nothing():
    assert parse_policy(POLICY + "mode: none\nx-new: thing: other\n\n") == parse_policy(POLICY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v",
        POLICY.replace("STSv1", "STSv2"),
        POLICY.replace("enforce", "Enforce"),
        POLICY.replace("604800", "31557601"),
        POLICY.replace("604800", "-1"),
        POLICY.replace("604800", "1" * 5_000),
        POLICY.replace("604800", ""),
        "version: STSv1\nmode: testing\nmax_age: 1",
        POLICY + "mx: a.test\n" * 1_000,
        POLICY + "x" * MAX_CHARACTERS,
    ],
)
def test_what_is_no_policy_is_refused(text: str):
    with pytest.raises(StsSyntax):
        parse_policy(text)


def test_a_policy_of_none_needs_no_server():
    assert parse_policy("version: STSv1\nmode: none\nmax_age: 0").allows("any.test")


@pytest.mark.parametrize(
    ("host", "pattern", "fits"),
    [
        ("Mail.B.Test.", "mail.b.test", True),
        ("a.b.test", "*.b.test", True),
        ("b.test", "*.b.test", False),
        ("x.a.b.test", "*.b.test", False),
        ("a.b.test", "a.*.test", False),
        ("b\u00fccher.test", "xn--bcher-kva.test", True),
        ("", "", False),
        ("", "*.", False),
        ("test", "*.", False),
        ("a.b.test", ".b.test", False),
    ],
)
def test_a_star_stands_for_one_label(host: str, pattern: str, fits: bool):
    assert fits_any(host, [pattern]) is fits


def test_only_an_enforced_policy_stops_a_delivery():
    enforced = parse_policy(POLICY)
    assert (enforced.allows("x.c.test"), enforced.allows("evil.test")) == (True, False)
    assert parse_policy(POLICY.replace("enforce", "testing")).allows("evil.test")
