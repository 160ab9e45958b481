"""The themes of swindlers in a text, by the patterns of fraud_wording.toml, in linear time."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import re2

from ecluse.domain.impersonation import Theme
from ecluse.filtering.body import TextPart

PATTERNS = Path(__file__).with_name("fraud_wording.toml")
MAX_CHARACTERS = 32_768  # Of all texts together: swindlers are brief.

# What word processors set in place of what people type.
_TYPED = (("\u2018", "'"), ("\u2019", "'"), ("\u02bc", "'"), ("\u2010", "-"), ("\u2011", "-"))


@dataclass(frozen=True, slots=True)
class Wording:
    """All patterns, searched in one pass; the n-th of `themes` belongs to the n-th pattern."""

    patterns: Any  # re2.Set, which ships no annotations.
    themes: tuple[Theme, ...]


def themes_of(subject: str, texts: Iterable[TextPart]) -> tuple[Theme, ...]:
    """What the message is about, each theme once, in the order of `Theme`."""
    text = folded(f"{subject} \n {' '.join(one.visible[:MAX_CHARACTERS] for one in texts)}"[:MAX_CHARACTERS])
    wording = _wording()
    found = {wording.themes[index] for index in wording.patterns.Match(text) or ()}
    return tuple(theme for theme in Theme if theme in found)


def folded(text: str) -> str:
    """As the patterns want it: lower case, no accents, straight apostrophes, single spaces."""
    plain = text.lower()
    if not plain.isascii():
        for character, typed in _TYPED:
            plain = plain.replace(character, typed)
        # Letters are taken apart; what is left of their accents, and what is not seen, is no ASCII.
        plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode("ascii")
    return " ".join(plain.split())


@cache
def _wording() -> Wording:
    table = tomllib.loads(PATTERNS.read_text("utf-8"))
    pairs = [(Theme(theme), pattern) for theme, patterns in table.items() for pattern in patterns]
    compiled = re2.Set.SearchSet()
    for _, pattern in pairs:
        compiled.Add(pattern)
    compiled.Compile()
    return Wording(compiled, tuple(theme for theme, _ in pairs))
