"""Whether a page can hide anything from its reader: most cannot, and are read at half the cost."""

from __future__ import annotations

import re

from ecluse.wire.html.colours import BLACK, LINK_BLUE, WHITE, colour, is_same

# What is said in styles, and in the page itself, where text is hidden; `display` goes with `none`.
_SAID = (
    *(
        "hidden",
        "opacity",
        "visibility",
        "scale(",
        "clip",
        "fill-color",
        "url(",
        "gradient(",
        "rgba(",
        "transparent",
    ),
    *("\\", "/*", "&"),  # By escapes and references any letter may be written.
)
_SIGNS = ("<template", "<datalist", "<button", "background=", "<plaintext", "<xmp")
_MANY_CELLS = 400  # They may draw something.
_MANY_COLOURS = 2_000  # Pairs of letters and ground.

_STYLE = re.compile(r"style\s{0,9}=\s{0,9}(?:\"([^\"]{0,4096})\"|'([^']{0,4096})')")
_ASSIGNED = re.compile(r"style\s*=")
_FAR = re.compile(r"-\s?\d{3}|-\d{1,2}(?:\.\d+)?\s?(?:[er]|%|in|cm|v)")
_SIZE = re.compile(r"font(?:-size)?\s{0,9}:([^;}]{0,80})")
_SMALL = re.compile(r"(?<![\w.#-])(?:0|0?\.\d+|1(?:\.\d+)?)(?![\d.])|\d\s?%|-")
_COLOUR = re.compile(r"color\s{0,9}:([^;}!]{0,60})")
_GROUND = re.compile(r"background\s{0,9}:([^;}!]{0,120})")
_ATTRIBUTE = re.compile(r"color\s{0,9}=\s{0,9}[\"']?([^\"'>\s]{0,40})")
_HIDDEN = re.compile(r"\shidden[\s=>/]")
_BODY_TEXT = re.compile(r"<body[^>]{0,500}\stext\s{0,9}=")


def may_hide(page: str) -> bool:
    """Whether reading the page has to look at its styles. Linear; errs towards True."""
    page = page.lower()
    if any(sign in page for sign in _SIGNS) or page.count("<td") > _MANY_CELLS:
        return True
    if ("hidden" in page and _HIDDEN.search(page)) or _BODY_TEXT.search(page):
        return True
    styles, sheets = [one[one.lastindex or 0] for one in _STYLE.finditer(page)], _sheets(page)
    if len(_ASSIGNED.findall(page)) != len(styles) or page.count("<style") != len(sheets):
        return True  # Written in another way, or without end.
    said = "; ".join({*styles, *sheets}).replace("&quot;", "'")
    if any(sign in said for sign in _SAID) or ("none" in said and "display" in said) or _FAR.search(said):
        return True
    return any(_SMALL.search(size[1]) for size in _SIZE.finditer(said)) or _has_like_colours(page, said)


def _sheets(page: str) -> list[str]:
    """What stands in style elements that end."""
    sheets, at = [], 0
    while (opened := page.find("<style", at)) >= 0 and (at := page.find("</style", opened)) >= 0:
        sheets.append(page[opened + len("<style") : at])
    return sheets


def _has_like_colours(page: str, said: str) -> bool:
    """Whether any letters have nearly the colour of any ground; what is no colour that we know is taken for one."""
    letters, grounds = {BLACK, LINK_BLUE}, {WHITE}
    for found in {
        *_colours(page, _ATTRIBUTE),
        *_colours(said, _COLOUR),
        *(("-", one) for one in _GROUND.findall(said)),
    }:
        value = colour(found[1].strip())
        if not isinstance(value, int):
            return True
        # `background-color` and `bgcolor`, or `color` itself.
        (grounds if found[0] in "-g" else letters).add(value)
    return len(letters) * len(grounds) > _MANY_COLOURS or any(
        is_same(one, other) for one in letters for other in grounds
    )


def _colours(text: str, pattern: re.Pattern[str]) -> set[tuple[str, str]]:
    """Values with what stands before them."""
    return {(text[found.start() - 1 : found.start()] or " ", found[1]) for found in pattern.finditer(text)}
