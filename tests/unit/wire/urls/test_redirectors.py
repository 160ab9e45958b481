from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from ecluse.wire.urls.redirectors import MAX_HOPS, holds_another, hops, is_shortener, leads_on
from ecluse.wire.urls.url import parse_url

TARGET = "https://evil.example/p?q=1"
QUOTED = quote(TARGET, safe="")
IN_BASE64 = base64.urlsafe_b64encode(TARGET.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "url",
    [
        f"https://www.google.com/url?sa=t&q={QUOTED}",
        f"https://www.google.co.uk/url?url={QUOTED}",
        f"https://eur01.safelinks.protection.outlook.com/?url={QUOTED}&data=x",
        f"https://urldefense.proofpoint.com/v1/url?u={QUOTED}&k=x",
        "https://urldefense.proofpoint.com/v2/url?u=https-3A__evil.example_p-3Fq-3D1&d=x",
        "https://urldefense.com/v3/__https://evil.example/p?q=1__;!!abc!xyz$",
        f"https://l.facebook.com/l.php?u={QUOTED}&h=x",
        f"https://www.linkedin.com/redir/redirect?url={QUOTED}",
        f"https://www.youtube.com/redirect?q={QUOTED}",
        f"https://www.bing.com/ck/a?!&&p=x&u=a1{IN_BASE64}&ntb=1",
        f"https://eu-west-1.protection.sophos.com/?d=evil.example&u={IN_BASE64}",
    ],
)
def test_the_target_that_stands_in_a_redirect_is_read(url):
    assert leads_on(parse_url(url).domain) or holds_another(url)
    (hop,) = hops(parse_url(url))
    assert (hop.url.href, hop.is_redirect) == (TARGET, True)


@pytest.mark.parametrize(
    ("url", "href"),
    [
        (f"https://a.example/go?to={QUOTED}", TARGET),
        (f"https://a.example/go?x={IN_BASE64}", TARGET),
        ("https://a.example/web/2020/http://evil.example/p", "http://evil.example/p"),
        ("https://a.example/L0/https:%2F%2Fevil.example%2Fp", "https://evil.example/p"),
        ("https://cdn.example/c/https:/evil.example/p", "https://evil.example/p"),
    ],
)
def test_a_url_in_a_url_is_a_hop_but_no_redirect(url, href):
    assert holds_another(url)
    (hop,) = hops(parse_url(url))
    assert (hop.url.href, hop.is_redirect) == (href, False)


def test_services_that_show_the_domain_alone_are_read():
    (hop,) = hops(parse_url("https://protect-eu.mimecast.com/s/abc?domain=evil.example"))
    assert hop.url.domain == "evil.example"
    (hop,) = hops(parse_url("https://www-evil-example.translate.goog/p"))
    assert hop.url.hostname == "www.evil.example"


def test_a_chain_is_followed_and_has_an_end():
    url = "http://evil.example/"
    for _ in range(3):
        url = "https://www.google.com/url?q=" + quote(url, safe="")
    assert [hop.url.domain for hop in hops(parse_url(url))] == ["google.com", "google.com", "evil.example"]
    for number in range(8):
        url = f"https://r{number}.example/?u=" + quote(url, safe="")
    assert len(hops(parse_url(url))) == MAX_HOPS


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/",
        "https://www.google.com/search?q=http",
        "https://l.facebook.com/l.php?u=nothing",
        "mailto:a@b",
    ],
)
def test_what_leads_nowhere_has_no_hops(url):
    assert hops(parse_url(url)) == ()


@pytest.mark.parametrize(
    "url",
    [
        f"https://www.google.evil.example/url?q={QUOTED}",
        "https://myurldefense.com/v3/__https://evil.example/__;!!",
    ],
)
def test_a_name_that_only_looks_like_a_service_is_none(url):
    assert not any(hop.is_redirect for hop in hops(parse_url(url)))


def test_shorteners_are_known():
    assert is_shortener(parse_url("https://bit.ly/abc"))
    assert not is_shortener(parse_url("https://bit.ly/"))
    assert not is_shortener(parse_url("https://a.example/bit.ly"))
