"""The readers of pages: texts, links, styles."""

from __future__ import annotations

import time

from ecluse.wire.html.reader import read_html
from ecluse.wire.html.reading import HtmlLimits
from tests.fuzz.target import Choices, Target, seed

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


_PAGES = (
    b"<style>.h,#i{display:none} @media screen{p{color:#fff !important}}</style><p class=h>a</p><b style='font:0/0'>b",
    b"<base href=b><a href=c>d<img src=e alt=f></a><form action=g><input type=password></form>",
    b"<!--[if mso]><a href=h>i</a><![endif]--><meta http-equiv=refresh content='0;url=j'>",
    b"<table bgcolor=red><tr><td colspan=3 background=k>l<td style='background:url(m)'>n</table>\xe2\x80\x8b",
    b"<svg><a xlink:href=o>p</a></svg><template>q</template><script>r</script><plaintext>s",
)

TARGETS = (
    Target("html", html, tuple(seed(page, flags=flags) for page in _PAGES for flags in (0, 1))),
    Target("repeated-html", repeated_html, tuple(seed(page) for page in _PAGES), max_octets=60),
)
