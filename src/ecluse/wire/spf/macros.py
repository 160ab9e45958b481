"""The macro language of SPF (RFC 7208 section 7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

from ecluse.domain.errors import EcluseError

DOMAIN_LETTERS = frozenset("slodipvh")
TEXT_LETTERS = DOMAIN_LETTERS | frozenset("crt")

_MACRO = re.compile(r"%(?:\{([a-zA-Z])(\d*)(r?)([.\-+,/_=]*)\}|([%_-]))", re.IGNORECASE)
_LITERALS = {"%": "%", "_": " ", "-": "%20"}
_VISIBLE = re.compile(r"[!-~]*\Z")
_VISIBLE_OR_SPACE = re.compile(r"[ -~]*\Z")
_MAX_DIGITS = 4  # No value has 9,999 parts: what asks for more asks for all.


class SpfSyntax(EcluseError):
    """A record, or a part of it, breaks the grammar: permerror."""


@dataclass(frozen=True, slots=True)
class Macro:
    """One `%{...}`."""

    letter: str  # Lower case.
    parts: int  # How many parts from the right; 0 for all.
    is_reversed: bool
    delimiters: str
    is_escaped: bool  # An upper-case letter: for a URL.


Template: TypeAlias = tuple[str | Macro, ...]
"""Text with macros in it, read once: it ends in a text, which is empty where a macro ends it."""


def read_domain(text: str) -> Template:
    """The template of a domain-spec, but for its end. Raises `SpfSyntax`."""
    return _read(text, _VISIBLE, DOMAIN_LETTERS)


def read_text(text: str) -> Template:
    """The template of an explanation (section 6.2), which may have spaces. Raises `SpfSyntax`."""
    return _read(text, _VISIBLE_OR_SPACE, TEXT_LETTERS)


def _read(text: str, allowed: re.Pattern[str], letters: frozenset[str]) -> Template:
    if not allowed.match(text):
        raise SpfSyntax("a character that no macro-string may have")
    if "%" not in text:
        return (text,)
    pieces: list[str | Macro] = []
    end = 0
    for found in _MACRO.finditer(text):
        pieces += (_literal(text[end : found.start()]), _macro(found, letters))
        end = found.end()
    return (*pieces, _literal(text[end:]))


def _literal(text: str) -> str:
    if "%" in text:
        raise SpfSyntax("a percent sign that starts no macro")
    return text


def _macro(found: re.Match[str], letters: frozenset[str]) -> str | Macro:
    letter, digits, reverse, delimiters, literal = found.groups()
    if literal:
        return _LITERALS[literal]
    if letter.lower() not in letters:
        raise SpfSyntax(f"no macro letter here: {letter}")
    parts = digits.lstrip("0")
    if digits and not parts:
        raise SpfSyntax("a macro that keeps no part")
    return Macro(letter.lower(), int(parts[:_MAX_DIGITS] or 0), bool(reverse), delimiters or ".", letter.isupper())


def has_letter(template: Template, letter: str) -> bool:
    """Whether the value of this letter is needed to expand the template."""
    return any(isinstance(piece, Macro) and piece.letter == letter for piece in template)


def expand(template: Template, values: Mapping[str, str]) -> str:
    """The text with each macro replaced by its value."""
    return "".join(piece if isinstance(piece, str) else _value(piece, values[piece.letter]) for piece in template)


def _value(macro: Macro, value: str) -> str:
    first = macro.delimiters[0]
    for other in macro.delimiters[1:]:
        value = value.replace(other, first)
    parts = value.split(first)
    if macro.is_reversed:
        parts.reverse()
    value = ".".join(parts[-macro.parts :])
    return quote(value, safe="") if macro.is_escaped else value
