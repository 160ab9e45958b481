"""A code as words: read by people and their screen readers, in their language."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

_WORDS = (
    gettext_lazy("zero"),
    gettext_lazy("one"),
    gettext_lazy("two"),
    gettext_lazy("three"),
    gettext_lazy("four"),
    gettext_lazy("five"),
    gettext_lazy("six"),
    gettext_lazy("seven"),
    gettext_lazy("eight"),
    gettext_lazy("nine"),
)


def spoken(digits: str) -> str:
    """Its digits in words, with commas between them."""
    return ", ".join(str(_WORDS[int(each)]) for each in digits)
