"""Templates that are rendered once for many mails, with gaps for what each has of its own.

Django renders a template in a millisecond; ten thousand digests of three lines are forty thousand of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils import translation

_KEPT = 500  # Languages times clients times what a line offers.
_GAP = re.compile("\ue000(\\w+)\ue001")  # For private use: no text of ours has them.


@dataclass(frozen=True, slots=True)
class Gapped:
    """A text, the name of a gap, a text, and so on."""

    pieces: tuple[str, ...]

    def filled(self, values: Mapping[str, str]) -> str:
        """With these values as they are: what goes into a page was made safe for it."""
        return "".join(values[piece] if at % 2 else piece for at, piece in enumerate(self.pieces))


@lru_cache(_KEPT)
def gapped(template: str, language: str, gaps: tuple[str, ...], fixed: tuple[tuple[str, object], ...]) -> Gapped:
    """The template in that language: `fixed` as the values that are the same for many, a gap for each of the others."""
    values = {name: f"\ue000{name}\ue001" for name in gaps}
    with translation.override(language):
        return Gapped(tuple(_GAP.split(render_to_string(template, values | dict(fixed)))))


def names(values: Iterable[str]) -> tuple[str, ...]:
    """In one order: what was rendered is found again."""
    return tuple(sorted(values))
