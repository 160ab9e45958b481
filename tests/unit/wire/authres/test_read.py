"""Fields that others have written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.authres.read import MAX_OCTETS, read
from ecluse.wire.authres.results import MethodResult, Property
from tests.cpu import cpu


def test_a_field_with_comments_version_and_quotes_is_read():
    found = read(
        b'Mx.Test 1 (own; remark (nested)); dkim/1 = pass (2048-bit; "key") reason="good; a.b=c" header . d = B.test'
        b' header.i="@b.test"; spf=fail smtp.mailfrom=ann@b.test'
    )
    assert found.server == "mx.test"
    assert found.results == (
        MethodResult(
            "dkim", "pass", (Property("header", "d", "B.test"), Property("header", "i", "@b.test")), "good; a.b=c"
        ),
        MethodResult("spf", "fail", (Property("smtp", "mailfrom", "ann@b.test"),)),
    )


def test_microsofts_field_without_a_server_is_read():
    found = read(b"spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=b.test; dmarc=pass action=none header.from=b.test;")
    assert (found.server, [result.method for result in found.results]) == ("", ["spf", "dmarc"])


def test_none_is_no_result():
    assert read(b"mx.test; none").results == ()


def test_a_result_in_a_comment_or_in_a_string_is_none():
    found = read(
        b'mx.test (; dkim=pass header.d=a.test); spf=fail reason="x; dmarc=pass header.from=a.test" (dkim=pass'
    )
    assert found.results == (MethodResult("spf", "fail", (), "x; dmarc=pass header.from=a.test"),)


@settings(derandomize=True, deadline=None)
@given(st.text(st.sampled_from('ab=;."\\() /1\u00e9\r\n'), max_size=80))
def test_nothing_makes_it_fail(text: str):
    read(text.encode())


@pytest.mark.parametrize(
    "value", [b'"', b"(", b"a", b"a ", b";a=b", b"a.a", b"a  .  ", b"\\", b'"a', b"(\\", b"reason = "], ids=repr
)
def test_a_hostile_field_costs_little(value: bytes):
    with cpu() as spent:
        read(b"x;a=b " + value * MAX_OCTETS)
    assert spent.seconds < 0.05
