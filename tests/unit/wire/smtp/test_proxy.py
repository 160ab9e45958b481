"""The PROXY protocol header in both versions."""

from __future__ import annotations

import socket
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.smtp.proxy import V1_MAX_OCTETS, V2_MAX_OCTETS, BadProxyHeader, ProxyHeader, parse

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
V1_LINES = {
    b"PROXY TCP4 192.0.2.1 192.0.2.2 1234 25\r\n": ("192.0.2.1", 1234, "192.0.2.2", 25),
    b"PROXY TCP6 2001:DB8::1 2001:db8::2 0 65535\r\n": ("2001:db8::1", 0, "2001:db8::2", 65535),
    b"PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n": ("192.0.2.1", 1, "::1", 2),
    b"PROXY UNKNOWN\r\n": ("", 0, "", 0),
    b"PROXY UNKNOWN ffff:f ffff:f 65535 65535\r\n": ("", 0, "", 0),
}


def v2(command, family, payload):
    return SIGNATURE + struct.pack("!BBH", command, family, len(payload)) + payload


V4 = socket.inet_aton("192.0.2.1") + socket.inet_aton("192.0.2.2") + struct.pack("!HH", 1234, 25)
V6 = socket.inet_pton(socket.AF_INET6, "2001:db8::1") * 2 + struct.pack("!HH", 1234, 25)
V2_HEADERS = {
    v2(0x21, 0x11, V4): ("192.0.2.1", 1234, "192.0.2.2", 25),
    v2(0x21, 0x11, V4 + b"\x04\0\1x"): ("192.0.2.1", 1234, "192.0.2.2", 25),
    v2(0x21, 0x21, V6): ("2001:db8::1", 1234, "2001:db8::1", 25),
    v2(0x20, 0x00, b""): ("", 0, "", 0),
    v2(0x20, 0x11, V4): ("", 0, "", 0),
    v2(0x21, 0x00, b"abc"): ("", 0, "", 0),
    v2(0x21, 0x31, b"/" * 216): ("", 0, "", 0),
}
HEADERS = V1_LINES | V2_HEADERS


@pytest.mark.parametrize("octets", HEADERS)
def test_a_header_tells_who_is_behind_the_balancer_and_where_it_ends(octets):
    assert parse(octets + b"EHLO a\r\n") == ProxyHeader(len(octets), *HEADERS[octets])


@pytest.mark.parametrize("octets", HEADERS)
def test_a_header_that_is_not_complete_waits(octets):
    assert [parse(octets[:length]) for length in range(len(octets))] == [None] * len(octets)


@pytest.mark.parametrize(
    "octets",
    [
        b"EHLO a\r\n", b"proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n", b"PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
        b"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n", b"PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
        b"PROXY TCP4 192.0.2.999 192.0.2.2 1 2\r\n", b"PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n", b"PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n", b"PROXY \r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n\r\n", b"PROXY UNKNOWN\0\r\n", b"PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n",
        b"PROXY UNKNOWN" + b" " * V1_MAX_OCTETS, b"\r\n\r\n\0\r\nQUIX", v2(0x11, 0x11, V4), v2(0x22, 0x11, V4),
        v2(0x21, 0x12, V4), v2(0x21, 0x41, V4), v2(0x21, 0x11, V4[:-1]), v2(0x21, 0x21, V4),
        v2(0x21, 0x11, b"x" * (V2_MAX_OCTETS - 15)),
    ],
)  # fmt: skip
def test_anything_else_is_no_header(octets):
    with pytest.raises(BadProxyHeader):
        parse(octets)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(
    start=st.sampled_from([b"", b"PROXY ", b"PROXY TCP4 ", SIGNATURE, SIGNATURE + b"\x21\x11\0\x0c"]),
    rest=st.binary(max_size=200),
)
def test_any_octets_are_a_header_or_none_or_too_few(start, rest):
    try:
        header = parse(start + rest)
    except BadProxyHeader:
        return
    assert header is None or header.octets <= len(start + rest)
    assert header is not None or len(start + rest) < V2_MAX_OCTETS
