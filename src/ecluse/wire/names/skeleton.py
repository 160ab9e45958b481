"""What a name looks like: two names with one skeleton cannot be told apart by the eye (UTS 39 section 4)."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import idna

from ecluse.wire.names.confusables import LOOK_ALIKES

MAX_CHARACTERS = 255

# Digits and pairs of letters that small type makes the same, beside Unicode's table.
_DIGITS = {"0": "o", "1": "l", "|": "l", "5": "s"}
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_TABLE = str.maketrans(
    {character: letter for letter, characters in LOOK_ALIKES.items() for character in characters} | _DIGITS
)


@lru_cache(4_096)
def skeleton(name: str) -> str:
    """Of a domain or a label in either spelling; equal for names that look the same. Never raises."""
    name = unicode_name(name[:MAX_CHARACTERS])
    letters = unicodedata.normalize("NFKC", name.translate(_TABLE)).lower().translate(_TABLE)
    # Accents are overlooked.
    letters = "".join(one for one in unicodedata.normalize("NFD", letters) if not unicodedata.combining(one))
    letters = letters.translate(_TABLE)
    for pair, letter in _PAIRS:
        letters = letters.replace(pair, letter)
    return letters


def unicode_name(name: str) -> str:
    """A name with its A-labels as they are shown; labels that are none stay as they are."""
    return ".".join(map(_shown, name.split("."))) if "xn--" in name.lower() else name


def _shown(label: str) -> str:
    if not label.lower().startswith("xn--"):
        return label
    try:
        return idna.ulabel(label)
    except (UnicodeError, IndexError):
        pass
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return label
