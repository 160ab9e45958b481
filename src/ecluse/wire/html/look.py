"""How an element looks, as far as that decides whether its text can be read (CSS Cascading and Inheritance Level 4)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from ecluse.wire.html.colours import BLACK, CLEAR, WHITE, Clear, colour, is_same
from ecluse.wire.html.declarations import declarations
from ecluse.wire.html.sheet import Sheet

_USUAL_PX = 16.0
_TINY_PX = 1.5  # Text of this size is a line, not letters.
_NO_BOX_PX = 1.5
_FAR_PX = 400.0  # Beyond the edge.
_CONTAINER_PX = 600.0  # What a share of the width is taken of.
_FAINT = 0.05

_LENGTH = re.compile(
    r"([-+]?(?:\d{1,9}\.?\d{0,6}|\.\d{1,6})(?:e[-+]?\d{1,2})?)\s*(px|pt|pc|em|rem|ex|%|cm|mm|in|vw|vh)?"
)
_PX = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "cm": 37.8, "mm": 3.78, "in": 96.0, "vw": 10.0, "vh": 8.0}
_SIZES = {"xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0}
_NO_SCALE = re.compile(r"scale[xy]?\(\s*0?\.?0*\s*[,)]")

# What elements are without any style (HTML section 15.3).
_HINTS = {
    "button": {"color": "black", "background-color": "#efefef"},
    "template": {"display": "none"},
    "datalist": {"display": "none"},
}
_LINK = {"color": "#0000ee"}


class Trick(StrEnum):
    """By what text is kept from the reader."""

    DISPLAY_NONE = "display-none"
    VISIBILITY = "visibility"
    TRANSPARENT = "transparent"
    TINY_FONT = "tiny-font"
    SAME_COLOUR = "same-colour"
    OFF_SCREEN = "off-screen"
    ZERO_BOX = "zero-box"
    CONDITIONAL = "conditional"  # Seen by Outlook alone.


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What an element hands down to what it holds; compared by identity, for pages repeat themselves."""

    trick: Trick | None = None  # Hidden for good: nothing inside can be seen.
    is_invisible: bool = False  # Hidden, but what it holds may be visible.
    colour: int | None = BLACK  # None: not known.
    ground: int | None = WHITE  # What lies behind; None: a picture.
    font_px: float = _USUAL_PX
    hidden_by: Trick | None = field(init=False)  # Why the text of the element cannot be read; None where it can.

    def __post_init__(self) -> None:
        # Asked for each piece of text, so it is derived once.
        object.__setattr__(self, "hidden_by", self._hidden_by())

    def _hidden_by(self) -> Trick | None:
        if self.trick is not None:
            return self.trick
        if self.is_invisible:
            return Trick.VISIBILITY
        if self.font_px <= _TINY_PX:
            return Trick.TINY_FONT
        if self.colour is not None and self.ground is not None and is_same(self.colour, self.ground):
            return Trick.SAME_COLOUR
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """What an element's own styles do to the look that it was handed."""

    trick: Trick | None
    is_invisible: bool | None  # None: as handed down, here and below.
    colour: int | Clear | None
    ground: int | None
    is_picture: bool  # The ground is one.
    font_px: float | None
    font_share: float | None  # Of the size handed down.

    def on(self, look: Look) -> Look:
        """The look of the element."""
        ground = None if self.is_picture else look.ground if self.ground is None else self.ground
        # Letters of glass cannot be read, as those of the ground's colour cannot.
        colour = look.colour if self.colour is None else ground if isinstance(self.colour, Clear) else self.colour
        font_px = self.font_px if self.font_px is not None else look.font_px * (self.font_share or 0.0)
        return Look(
            look.trick or self.trick,
            look.is_invisible if self.is_invisible is None else self.is_invisible,
            colour,
            ground,
            look.font_px if self.font_px is None and self.font_share is None else font_px,
        )


def effect_of(
    tag: str, attributes: tuple[tuple[str, str | None], ...], sheet: Sheet, *, is_standard: bool
) -> Effect | None:
    """What an element's attributes and the style sheets do to it; None for nothing.

    `is_standard`: the page declares its document type.
    """
    given = {name: value or "" for name, value in attributes}
    styles = _hints(tag, given, is_standard=is_standard)
    rules = sheet.fitting(tag, given.get("class", ""), given.get("id", ""))
    said = [each for rule in rules for each in rule.declared]
    said += declarations(given.get("style", ""))
    for each in said:
        styles[each.name] = each.value
    # What is important goes after all the rest (section 6.4.1).
    for each in said:
        if each.is_important:
            styles[each.name] = each.value
    return _effect(tuple(styles.items())) if styles else None


def _hints(tag: str, given: dict[str, str], *, is_standard: bool) -> dict[str, str]:
    """What the element and its old attributes say: the weakest of all styles."""
    hints = dict(_HINTS.get(tag, ()))
    if tag == "a" and "href" in given:
        hints |= _LINK
    elif tag == "table" and not is_standard:
        # Without a document type a table does not take over the size of letters (HTML section 15.3.10).
        hints["font-size"] = "medium"
    text = given.get("color") if tag == "font" else given.get("text") if tag == "body" else None
    if text:
        hints["color"] = text.lower()
    if "bgcolor" in given:
        hints["background-color"] = given["bgcolor"].lower()
    if "background" in given:
        hints["background-image"] = "url()"
    if "hidden" in given:
        hints["display"] = "none"
    return hints


@lru_cache(4_096)
def _effect(items: tuple[tuple[str, str], ...]) -> Effect:
    styles = dict(items)
    visibility = styles.get("visibility")
    text = styles.get("-webkit-text-fill-color") or styles.get("color")
    grounds = [styles[name] for name in ("background", "background-color", "background-image") if name in styles]
    is_picture = any("url(" in value or "gradient(" in value for value in grounds)
    font_px, font_share = _font(styles)
    return Effect(
        _trick(styles),
        None if visibility is None else visibility in {"hidden", "collapse"},
        colour(text) if text else None,
        next((found for value in reversed(grounds) if isinstance(found := _first_colour(value), int)), None),
        is_picture,
        font_px,
        font_share,
    )


def _first_colour(value: str) -> int | Clear | None:
    """Of a shorthand such as `#fff no-repeat`."""
    whole = colour(value)
    if whole is not None:
        return whole
    return next((found for word in value.split()[:8] if (found := colour(word)) not in {None, CLEAR}), None)


def _font(styles: dict[str, str]) -> tuple[float | None, float | None]:
    """The size of letters in pixels, or its share of the size handed down."""
    size = styles.get("font-size") or _size_in(styles.get("font", ""))
    if size in _SIZES:
        return _SIZES[size], None
    found = _LENGTH.match(size)
    if found and found[2] in {"em", "ex", "%"}:
        return None, float(found[1]) / (100 if found[2] == "%" else 1)
    return _pixels(size, _USUAL_PX), None


def _size_in(font: str) -> str:
    """Of a shorthand such as `bold 0/0 arial`: what stands before the slash, or the first length."""
    sizes = (word.partition("/")[0] for word in font.split()[:8])
    return next((word for word in sizes if _LENGTH.fullmatch(word) and (word == "0" or not word.isdigit())), "")


def _trick(styles: dict[str, str]) -> Trick | None:
    """What hides an element with all that it holds."""
    if styles.get("display") == "none":
        return Trick.DISPLAY_NONE
    opacity = _pixels(styles.get("opacity", ""), 1.0)
    if opacity is not None and opacity <= _FAINT:
        return Trick.TRANSPARENT
    if _is_far(styles):
        return Trick.OFF_SCREEN
    return Trick.ZERO_BOX if _has_no_box(styles) else None


def _is_far(styles: dict[str, str]) -> bool:
    moved = ["text-indent", "margin-left", "margin-top"]
    if styles.get("position") in {"absolute", "fixed", "relative"}:
        moved += ["left", "top"]
    lengths = (_pixels(styles[name], _CONTAINER_PX) for name in moved if name in styles)
    return any(pixels is not None and pixels <= -_FAR_PX for pixels in lengths)


def _has_no_box(styles: dict[str, str]) -> bool:
    if _NO_SCALE.search(styles.get("transform", "")) or styles.get("clip", "").replace(" ", "").startswith(
        "rect(0,0,0"
    ):
        return True
    if all("hidden" not in styles.get(name, "") for name in ("overflow", "overflow-x", "overflow-y")):
        return False
    sides = ("width", "height", "max-width", "max-height")
    lengths = (_pixels(styles[name], _CONTAINER_PX) for name in sides if name in styles)
    return any(pixels is not None and 0 <= pixels <= _NO_BOX_PX for pixels in lengths)


def _pixels(value: str, em: float) -> float | None:
    """A length in pixels; None for what is no length."""
    found = _LENGTH.match(value)
    if not found:
        return None
    number, unit = float(found[1]), found[2] or ""
    if unit in {"em", "ex"}:
        return number * em
    if unit == "rem":
        return number * _USUAL_PX
    return number / 100 * em if unit == "%" else number * _PX[unit]
