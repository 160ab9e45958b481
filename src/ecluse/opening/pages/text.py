"""Plain texts, calendars, cards and tables: links, codes of block characters, formulas that start programs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag
from ecluse.opening.pages.decoding import text_of
from ecluse.opening.pictures.qr import qr_in_text
from ecluse.opening.pieces import File, Flagged, Piece, QrText, Text, Url
from ecluse.opening.urls import urls_in

MAX_TEXT_CHARACTERS = 262_144
# A cell whose formula calls another program: =cmd|'/c calc'!A1, also after a sum or in SYLK's E fields.
_DDE_CELL = re.compile(
    r"(?m)(?:^|[,;\t\"])\s{0,20}\"?(?:[=+@-]|E)[^\r\n,;\t|]{0,200}?\b[\w.\\:]{2,60}\s{0,5}\|\s{0,5}(?:'[^'\r\n]{1,2000}'|\"{1,2}[^\"\r\n]{1,2000}\"{1,2})\s{0,5}!|\bDDE\(\s*\"",
    re.IGNORECASE,
)
# The bar and the quotation mark of such a cell, and how far from the bar the rest of it may stand.
_BAR = re.compile(r"\|\s{0,5}['\"]")
_BEFORE, _BEHIND, _MAX_BARS = 320, 4_200, 50
_FOLDED = re.compile(r"\r?\n[ \t]")


def open_text(file: File, budget: Budget) -> Iterator[Piece]:
    """Whatever is text and nothing more."""
    text = text_of(file.content)
    budget.check_time()
    if _has_dde(text):
        yield Flagged(Flag.DDE)
    yield from map(Url, urls_in(text))
    yield from map(QrText, qr_in_text(text))
    yield Text(text[:MAX_TEXT_CHARACTERS])


def _has_dde(text: str) -> bool:
    """The pattern is dear: tables without such a bar, nearly all of them, are not held against it."""
    if "dde(" in text.lower():
        return _DDE_CELL.search(text) is not None
    bars = [bar.start() for bar in islice(_BAR.finditer(text), _MAX_BARS + 1)]
    if len(bars) > _MAX_BARS:
        return _DDE_CELL.search(text) is not None
    return any(_DDE_CELL.search(text, max(0, bar - _BEFORE), bar + _BEHIND) for bar in bars)


def open_card(file: File, _budget: Budget) -> Iterator[Piece]:
    """Calendars and cards (RFC 5545, RFC 6350), their folded lines unfolded."""
    text = _FOLDED.sub("", text_of(file.content))
    # Commas and semicolons in values are escaped.
    yield from map(Url, urls_in(text.replace("\\,", ",").replace("\\;", ";").replace("\\n", "\n")))
    yield Text(text[:MAX_TEXT_CHARACTERS])
