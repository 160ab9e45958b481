"""Characters that have no width: words are cut up with them so that filters do not know them."""

from __future__ import annotations

import re

# General punctuation and formats of Unicode 15 that nothing is drawn for (category Cf, default ignorable).
_CHARACTERS = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\U000e0000-\U000e0fff"
)
# Joiners belong to the spelling of many scripts; between two letters of these they do not.
_LETTER = "[A-Za-z\u00c0-\u024f\u0370-\u03ff\u0400-\u052f]"
_INVISIBLE = re.compile(f"[{_CHARACTERS}]+")
_SPLIT = re.compile(f"(?<={_LETTER})[{_CHARACTERS}]+(?={_LETTER})")
_SOFT_HYPHEN = "\u00ad"


def without_invisible(text: str) -> tuple[str, int]:
    """The text as it is seen, and how many words were cut up by more than a hyphen's place."""
    if text.isascii() or not _INVISIBLE.search(text):
        return text, 0
    split = sum(found[0] != _SOFT_HYPHEN for found in _SPLIT.finditer(text))
    return _INVISIBLE.sub("", text), split
