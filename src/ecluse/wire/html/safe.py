"""HTML that may be shown to somebody: nothing in it runs, loads, frames or posts."""

from __future__ import annotations

import re

import nh3

MAX_CHARACTERS = 262_144
MAX_TAGS = 5_000  # nh3 is quadratic in the depth of what it is given.
_MAX_PASSES = 4

_TAGS = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "address",
        "b",
        "bdi",
        "bdo",
        "big",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "font",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "time",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
        "wbr",
    ]
)
_EVERYWHERE = frozenset({"align", "bgcolor", "color", "dir", "height", "lang", "title", "valign", "width"})
_ATTRIBUTES = {
    "*": set(_EVERYWHERE),
    "a": {"href"},
    "font": {"size", "face"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
}
_REMOTE_ATTRIBUTES = _ATTRIBUTES | {"img": {"src", "alt", "width", "height"}}
_SCHEMES = {"http", "https", "mailto", "tel"}
_TAG = re.compile(r"<[a-z/!?]", re.IGNORECASE)


def safe_html(html: str, *, loads_pictures: bool = False) -> str:
    """The page without all that acts; a second pass changes nothing. Bounded: beyond the limits text is cut off.

    `loads_pictures`: keep pictures of the web, which tell their server that somebody looks.
    """
    tags = _TAGS | {"img"} if loads_pictures else _TAGS
    given = _bounded(html)
    for _ in range(_MAX_PASSES):
        cleaned = nh3.clean(
            given,
            tags=set(tags),
            clean_content_tags={"script", "style", "title", "template", "noscript", "iframe", "noembed", "noframes"},
            attributes=_REMOTE_ATTRIBUTES if loads_pictures else _ATTRIBUTES,
            url_schemes=_SCHEMES,
            link_rel="noopener noreferrer nofollow",
        )
        if cleaned == given:
            return cleaned
        given = cleaned
    # It never settles: then it is shown as the text that it is.
    return nh3.clean_text(_bounded(html))


def _bounded(html: str) -> str:
    html = html[:MAX_CHARACTERS]
    for count, found in enumerate(_TAG.finditer(html)):
        if count == MAX_TAGS:
            return html[: found.start()]
    return html
