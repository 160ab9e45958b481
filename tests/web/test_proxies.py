"""Only the reverse proxies that the settings name may say who the visitor is."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import RequestFactory, override_settings

from ecluse.web.proxies import proxies


def seen(peer, forwarded=None, proto=None):
    """(address, is it https) as a page sees them behind 192.0.2.0/24."""
    headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": proto}
    request = RequestFactory().get(
        "/", REMOTE_ADDR=peer, headers={name: value for name, value in headers.items() if value}
    )
    with override_settings(ECLUSE_PROXIES=("192.0.2.0/24", "2001:db8::/64")):
        proxies(lambda _request: HttpResponse())(request)
    return request.META["REMOTE_ADDR"], request.is_secure()


@pytest.mark.parametrize(
    ("peer", "forwarded", "proto", "expected"),
    [
        ("203.0.113.5", None, None, ("203.0.113.5", False)),
        ("203.0.113.5", "198.51.100.1", "https", ("203.0.113.5", False)),
        ("192.0.2.1", "198.51.100.1", "https", ("198.51.100.1", True)),
        ("192.0.2.1", "10.1.1.1, 198.51.100.1, 192.0.2.9", "https", ("198.51.100.1", True)),
        ("192.0.2.1", "127.0.0.1, 198.51.100.1", "http", ("198.51.100.1", False)),
        ("192.0.2.1", "nonsense", None, ("192.0.2.1", False)),
        ("192.0.2.1", "198.51.100.1, nonsense", None, ("192.0.2.1", False)),
        ("192.0.2.1", ",".join(["192.0.2.7"] * 10_000), None, ("192.0.2.7", False)),
        ("2001:db8::1", "2001:db8:ffff::9", "https", ("2001:db8:ffff::9", True)),
        ("", "198.51.100.1", "https", ("", False)),  # A Unix socket.
    ],
)
def test_the_visitor_is_who_a_known_proxy_says(peer, forwarded, proto, expected):
    assert seen(peer, forwarded, proto) == expected
