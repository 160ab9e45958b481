"""What a style says about being seen (CSS Syntax Module Level 3, as far as mail uses it)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

MAX_CHARACTERS = 4_096  # Of one style.
_MAX_CACHED = 512

# What can make text unseen; a style says many other things.
PROPERTIES = frozenset(
    [
        "display",
        "visibility",
        "opacity",
        "color",
        "background",
        "background-color",
        "background-image",
        "font",
        "font-size",
        "position",
        "left",
        "right",
        "top",
        "text-indent",
        "margin-left",
        "margin-top",
        "width",
        "height",
        "max-width",
        "max-height",
        "overflow",
        "overflow-x",
        "overflow-y",
        "mso-hide",
        "clip",
        "clip-path",
        "transform",
        "-webkit-text-fill-color",
    ]
)
_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_ESCAPE = re.compile(r"\\([0-9a-f]{1,6})\s?|\\(.)", re.IGNORECASE | re.DOTALL)


class Declaration(NamedTuple):
    """One property and its value, both in lower case."""

    name: str
    value: str
    is_important: bool


def declarations(style: str) -> tuple[Declaration, ...]:
    """The declarations of a style that bear on being seen, in its order. Linear; never raises."""
    return _cached(style) if len(style) <= _MAX_CACHED else _read(style[:MAX_CHARACTERS])


def plain(css: str) -> str:
    """Style text without comments and escapes."""
    if "/*" in css:
        css = _COMMENT.sub("", css)
    return _ESCAPE.sub(_unescaped, css) if "\\" in css else css


def _read(style: str) -> tuple[Declaration, ...]:
    found = []
    for piece in plain(style).lower().split(";"):
        name, _, value = piece.partition(":")
        if (name := name.strip()) in PROPERTIES:
            value, mark, _ = value.partition("!")
            found.append(Declaration(name, value.strip(), bool(mark)))
    return tuple(found)


_cached = lru_cache(2_048)(_read)


def _unescaped(found: re.Match[str]) -> str:
    if found[1] is None:
        return found[2]
    code = int(found[1], 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
