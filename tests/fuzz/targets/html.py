"""The readers of pages and URLs: texts, links, styles, redirects."""

from __future__ import annotations

import time

from ecluse.wire.html.reader import read_html
from ecluse.wire.html.reading import HtmlLimits
from ecluse.wire.html.safe import safe_html
from ecluse.wire.names.brands import BRANDS
from ecluse.wire.names.lookalikes import LookAlikes
from ecluse.wire.urls.finding import find_urls
from ecluse.wire.urls.redirectors import MAX_HOPS, hops, is_shortener
from ecluse.wire.urls.url import parse_url
from tests.fuzz.target import Choices, Target, seed

LOOK_ALIKES = LookAlikes(BRANDS)
LIMITS = HtmlLimits(seconds=60)
SMALL_LIMITS = HtmlLimits(characters=500, tags=30, elements=60, depth=10, links=5, label_characters=10)
MOST_CPU_S = 3.0  # For 200,000 characters; watching our code slows it down three times.


def html(data: bytes) -> None:
    choices = Choices(data)
    text = choices.octets.decode("utf-8", "replace")
    limits = SMALL_LIMITS if choices.flag(0) else LIMITS
    reading = read_html(text, limits)
    assert reading == read_html(text, limits), "the same page reads otherwise"
    assert len(reading.links) <= limits.links
    assert all(len(link.url) <= limits.link_characters for link in reading.links)
    assert all(len(link.label) <= limits.label_characters for link in reading.links)
    assert all(count > 0 for _, count in reading.tricks)
    assert reading.hidden_characters >= 0
    assert not reading.is_cut or limits is SMALL_LIMITS or len(reading.visible) > 1_000 or text.count("<") > 100


def repeated_html(data: bytes) -> None:
    """A few octets, over and over: what grows faster than its input shows here."""
    unit = Choices(data).octets.decode("utf-8", "replace") or "x"
    text = unit * (200_000 // len(unit))
    began = time.process_time()
    read_html(text, LIMITS)
    assert time.process_time() - began < MOST_CPU_S, f"{len(text)} characters took too long"


def urls(data: bytes) -> None:
    text = Choices(data).octets.decode("utf-8", "replace")
    for found in find_urls(text):
        assert found in text, "a URL that stands nowhere"
        if (url := parse_url(found)) is not None:
            assert url.href.isascii()
            assert len(hops(url)) <= MAX_HOPS
            is_shortener(url)
            LOOK_ALIKES.of(url.hostname)


def safe_pages(data: bytes) -> None:
    safe = safe_html(Choices(data).octets.decode("utf-8", "replace"))
    assert safe_html(safe) == safe, "a second pass changes something"
    assert not read_html(safe).scripts


_URLS = (
    b"http://a.example/x?u=http%3A%2F%2Fb.example www.c.com. d.co.uk/e",
    b"https://urldefense.proofpoint.com/v2/url?u=http-3A__a.example https://www.bing.com/ck/a?u=a1aHR0cDovL2EuYg",
    b"http://xn--pypal-4ve.com https://paypal.com.a.example http://1.2.3.4:81",
)
_PAGES = (
    b"<style>.h,#i{display:none} @media screen{p{color:#fff !important}}</style><p class=h>a</p><b style='font:0/0'>b",
    b"<base href=b><a href=c>d<img src=e alt=f></a><form action=g><input type=password></form>",
    b"<!--[if mso]><a href=h>i</a><![endif]--><meta http-equiv=refresh content='0;url=j'>",
    b"<table bgcolor=red><tr><td colspan=3 background=k>l<td style='background:url(m)'>n</table>\xe2\x80\x8b",
    b"<svg><a xlink:href=o>p</a></svg><template>q</template><script>r</script><plaintext>s",
)

TARGETS = (
    Target("html", html, tuple(seed(page, flags=flags) for page in _PAGES for flags in (0, 1))),
    Target("safe-html", safe_pages, tuple(map(seed, _PAGES))),
    Target("urls", urls, tuple(map(seed, _URLS))),
    Target("repeated-html", repeated_html, tuple(seed(page) for page in _PAGES), max_octets=60),
)
