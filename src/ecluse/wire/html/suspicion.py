"""Whether a page can hide anything from its reader: most cannot, and are read at half the cost."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ecluse.wire.html.colours import BLACK, LINK_BLUE, WHITE, colour, is_same

# What is said in styles where text is hidden; `display` goes with `none`.
_SAID = (
    *(
        "hidden",
        "opacity",
        "visibility",
        "scale",
        "clip",
        "fill-color",
        "url(",
        "gradient(",
        "rgba(",
        "transparent",
    ),
    *("\\", "/*"),  # By escapes any letter may be written, and comments may stand anywhere.
)
_MANY_COLOURS = 2_000  # Pairs of letters and ground.

# No narrower than what `look.py` takes for lengths far off, or for tiny ones.
_FAR = re.compile(r"-\d{3}|-(?:\d{1,2}\.?\d*|\.\d+)\s*(?:[er]|%|in|cm|v|pc)")
_SIZE = re.compile(r"font(?:-size)?\s*:([^;}]*)")
_SMALL = re.compile(r"(?<![\w.#-])(?:(?:0+|0*1)(?:\.\d*)?|\.\d+)(?![\d.])|\d\.?\s*%|-")
_COLOUR = re.compile(r"(?<![\w-])color\s*:([^;}!]*)")
_GROUND = re.compile(r"background(?:-color)?\s*:([^;}!]*)")
# The attributes, beside styles, by which text is hidden; a picture behind it only shows what else could not be read.
LOOKS = frozenset(["hidden", "bgcolor", "color", "text"])


@dataclass(slots=True)
class Styling:
    """All that a page says about how it looks, gathered while it is read."""

    styles: set[str] = field(default_factory=set)  # Of elements.
    sheets: list[str] = field(default_factory=list)
    letters: set[str] = field(default_factory=set)  # Colours as attributes name them.
    grounds: set[str] = field(default_factory=set)
    is_odd: bool = False  # Something else may hide text.

    def note(self, name: str, value: str | None) -> None:
        """One of the attributes `LOOKS`."""
        if name == "hidden":
            self.is_odd = True
        else:
            (self.grounds if name == "bgcolor" else self.letters).add((value or "").lower())

    def may_hide(self) -> bool:
        """Whether the page has to be read again with its styles. Linear; errs towards True."""
        said = "; ".join((*self.styles, *self.sheets)).lower()
        if self.is_odd or any(sign in said for sign in _SAID) or ("none" in said and "display" in said):
            return True
        if _FAR.search(said) or any(_SMALL.search(size) for size in _SIZE.findall(said)):
            return True
        return self._has_like_colours(said)

    def _has_like_colours(self, said: str) -> bool:
        """Whether any letters have nearly the colour of any ground; what is no colour that we know is taken for one."""
        letters = {colour(value.strip()) for value in {*self.letters, *_COLOUR.findall(said)}}
        grounds = {colour(value.strip()) for value in {*self.grounds, *_GROUND.findall(said)}}
        numbers = [{one for one in found if isinstance(one, int)} for found in (letters, grounds)]
        if len(numbers[0]) + len(numbers[1]) < len(letters) + len(grounds):
            return True
        letters_seen, grounds_seen = {BLACK, LINK_BLUE, *numbers[0]}, {WHITE, *numbers[1]}
        return len(letters_seen) * len(grounds_seen) > _MANY_COLOURS or any(
            is_same(one, other) for one in letters_seen for other in grounds_seen
        )
