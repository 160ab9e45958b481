from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.urls.url import MAX_CHARACTERS, parse_url


@pytest.mark.parametrize(
    ("text", "hostname", "domain"),
    [
        ("http://evil.example\\@good.example", "evil.example", "evil.example"),
        ("https:evil.example", "evil.example", "evil.example"),
        ("http://good.example:pw@evil.example/", "evil.example", "evil.example"),
        ("http://www.b\u00fccher.example", "www.xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("http://evil\u3002example", "evil.example", "evil.example"),
        ("http://0x7f.1", "127.0.0.1", ""),
        ("http://2130706433/", "127.0.0.1", ""),
        ("http://\u2460.\u2461.\u2462.\u2463", "1.2.3.4", ""),
        ("http://[::FFFF:1.2.3.4]/", "[::ffff:102:304]", ""),
        ("http://a.b.xn--pokxncvks/", "a.b.xn--pokxncvks", "b.xn--pokxncvks"),
        ("http://\u1e9e.example", "xn--zca.example", "xn--zca.example"),
        ("javascript:alert(1)", "", ""),
        ("http://com/", "com", ""),
    ],
)
def test_a_url_leads_where_the_browser_goes(text, hostname, domain):
    url = parse_url(text)
    assert (url.hostname, url.domain) == (hostname, domain)


@pytest.mark.parametrize(
    "text",
    ["", "//a.example", "http://", "http://a b", "http://%C3%9F.xn--a", "\ud800:x", "http://a/" + "x" * MAX_CHARACTERS],
)
def test_what_browsers_refuse_is_none(text):
    assert parse_url(text) is None


def test_a_relative_url_is_joined_to_its_base():
    assert parse_url("../x?q", "http://a.example/b/c").href == "http://a.example/x?q"
    assert parse_url("x", "nonsense") is None


def test_what_is_odd_is_told():
    url = parse_url("http://u:p@192.0.2.1:81/")
    assert (url.has_credentials, url.has_address, url.has_odd_port, url.host) == (True, True, True, "192.0.2.1:81")
    url = parse_url("https://a.example:443/")
    assert (url.has_credentials, url.has_address, url.has_odd_port) == (False, False, False)


@settings(derandomize=True, deadline=None)
@given(st.text(max_size=40), st.sampled_from(["", "http://", "http://xn--", "https://[", "//", "data:"]))
def test_no_text_raises(text, scheme):
    url = parse_url(scheme + text)
    assert url is None or (url.href.isascii() and url.domain == url.domain.lower())
