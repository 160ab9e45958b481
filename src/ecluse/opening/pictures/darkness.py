"""Whether an HTML element's background is dark, by its attributes."""

from __future__ import annotations

import re
from collections.abc import Mapping

_BACKGROUND = re.compile(r"background(?:-color)?\s{0,5}:\s{0,5}([^;]{1,100})", re.IGNORECASE)
_HEX = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{3})\b", re.IGNORECASE)
_RGB = re.compile(r"rgba?\(\s{0,3}(\d{1,3})[\s,]{1,5}(\d{1,3})[\s,]{1,5}(\d{1,3})", re.IGNORECASE)
_DARK_NAMES = frozenset(
    {"black", "navy", "maroon", "darkblue", "darkgreen", "darkred", "midnightblue", "indigo", "purple"}
)


def is_dark(attributes: Mapping[str, str | None]) -> bool:
    """By `style` before `bgcolor`; without either it is light."""
    style = _BACKGROUND.search(attributes.get("style") or "")
    colour = style[1] if style else attributes.get("bgcolor") or ""
    return _luminance(colour.strip().lower()) < 128


def _luminance(colour: str) -> float:
    """0 is black, 255 is white; what cannot be read is white."""
    if colour.split(" ", maxsplit=1)[0] in _DARK_NAMES:
        return 0
    if found := _RGB.search(colour):
        red, green, blue = (int(value) for value in found.groups())
    elif found := _HEX.match(colour):
        digits = found[1] if len(found[1]) == 6 else "".join(digit * 2 for digit in found[1])
        red, green, blue = bytes.fromhex(digits)
    else:
        return 255
    return 0.299 * red + 0.587 * green + 0.114 * blue
