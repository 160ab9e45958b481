"""Colours of CSS Color Module Level 4 and of HTML's old attributes, as numbers 0xRRGGBB."""

from __future__ import annotations

import re
from functools import lru_cache

BLACK, WHITE, LINK_BLUE, BUTTON_GREY = 0x000000, 0xFFFFFF, 0x0000EE, 0xEFEFEF
MAX_CHARACTERS = 100  # Of a colour that is read.

# The names of CSS Color Module Level 4 section 6.1 that stand for the ends of the scale or are seen in mail.
_NAMES = {
    **dict.fromkeys(("black",), BLACK),
    **dict.fromkeys(("white", "window", "canvas"), WHITE),
    "snow": 0xFFFAFA,
    "ghostwhite": 0xF8F8FF,
    "whitesmoke": 0xF5F5F5,
    "floralwhite": 0xFFFAF0,
    "ivory": 0xFFFFF0,
    "azure": 0xF0FFFF,
    "mintcream": 0xF5FFFA,
    "aliceblue": 0xF0F8FF,
    "seashell": 0xFFF5EE,
    "honeydew": 0xF0FFF0,
    "lavenderblush": 0xFFF0F5,
    "oldlace": 0xFDF5E6,
    "linen": 0xFAF0E6,
    "beige": 0xF5F5DC,
    "cornsilk": 0xFFF8DC,
    "lightyellow": 0xFFFFE0,
    "lightcyan": 0xE0FFFF,
    "lavender": 0xE6E6FA,
    "gainsboro": 0xDCDCDC,
    **dict.fromkeys(("lightgray", "lightgrey"), 0xD3D3D3),
    "silver": 0xC0C0C0,
    **dict.fromkeys(("darkgray", "darkgrey"), 0xA9A9A9),
    **dict.fromkeys(("gray", "grey"), 0x808080),
    **dict.fromkeys(("dimgray", "dimgrey"), 0x696969),
    "red": 0xFF0000,
    "darkred": 0x8B0000,
    "maroon": 0x800000,
    "orange": 0xFFA500,
    "darkorange": 0xFF8C00,
    "gold": 0xFFD700,
    "yellow": 0xFFFF00,
    "olive": 0x808000,
    "lime": 0x00FF00,
    "green": 0x008000,
    "darkgreen": 0x006400,
    **dict.fromkeys(("aqua", "cyan"), 0x00FFFF),
    "teal": 0x008080,
    "blue": 0x0000FF,
    "darkblue": 0x00008B,
    "navy": 0x000080,
    "lightblue": 0xADD8E6,
    "skyblue": 0x87CEEB,
    "steelblue": 0x4682B4,
    **dict.fromkeys(("fuchsia", "magenta"), 0xFF00FF),
    "purple": 0x800080,
    "pink": 0xFFC0CB,
    "brown": 0xA52A2A,
    "tan": 0xD2B48C,
}
_HEX = re.compile(r"#?([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_NUMBERS = re.compile(r"[-+]?(?:\d+\.?\d{0,6}|\.\d{1,6})%?")
_FAINT_ALPHA = 0.1
_SAME_STEP = 20  # Of 255, in each of the three channels: nobody reads text that differs by less from what is behind.


class Clear:
    """The colour of glass: what lies behind is seen."""


CLEAR = Clear()


@lru_cache(1_024)
def colour(text: str) -> int | Clear | None:
    """The colour that a value in lower case names, `CLEAR`, or None for what is none that we know."""
    text = text[:MAX_CHARACTERS].strip()
    if text in _NAMES:
        return _NAMES[text]
    if text == "transparent":
        return CLEAR
    if found := _HEX.fullmatch(text):
        return _of_digits(found[1])
    if text.startswith("rgb"):
        return _of_numbers(_NUMBERS.findall(text))
    return None


def is_same(one: int, other: int) -> bool:
    """Whether text of one colour cannot be read on a ground of the other."""
    return all(abs((one >> shift & 255) - (other >> shift & 255)) <= _SAME_STEP for shift in (16, 8, 0))


def _of_digits(digits: str) -> int | Clear:
    if len(digits) <= 4:
        digits = "".join(digit + digit for digit in digits)
    if len(digits) == 8 and int(digits[6:], 16) < 255 * _FAINT_ALPHA:
        return CLEAR
    return int(digits[:6], 16)


def _of_numbers(numbers: list[str]) -> int | Clear | None:
    """`rgb(1 2 3)`, `rgba(1, 2, 3, .5)`, in numbers or per cent."""
    if len(numbers) < 3:
        return None
    red, green, blue = (_share(number, 255) for number in numbers[:3])
    if len(numbers) > 3 and _share(numbers[3], 1) < _FAINT_ALPHA:
        return CLEAR
    return round(red * 255) << 16 | round(green * 255) << 8 | round(blue * 255)


def _share(number: str, whole: int) -> float:
    """Between 0 and 1."""
    share = float(number[:-1]) / 100 if number.endswith("%") else float(number) / whole
    return min(max(share, 0.0), 1.0)
