"""Countries, in the language of the page."""

from __future__ import annotations

from babel import Locale
from django.utils.translation import get_language

_LETTERS = 2
# What the list knows besides countries: unions, islands that have no code of ISO 3166-1, and inventions.
_NONE = frozenset(("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"))
_FIRST = "FR"


def countries() -> list[tuple[str, str]]:
    """(ISO 3166-1 alpha-2, name): France, then all others by name."""
    names = Locale.parse(get_language() or "en", sep="-").territories
    found = [(code, name) for code, name in names.items() if _is_country(code)]
    return sorted(found, key=lambda each: (each[0] != _FIRST, each[1]))


def _is_country(code: str) -> bool:
    return len(code) == _LETTERS and code.isalpha() and code not in _NONE
