"""Holds every file, and everything in it, against the rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ecluse.domain.opened import RuleMatch
from ecluse.opening.budget import Budget
from ecluse.opening.names import suffix_of
from ecluse.opening.pieces import File
from ecluse.opening.rules.rulebook import BrokenRules, Rulebook
from ecluse.opening.types import ZIP_BUILT, Type

# What nobody reads or runs before it is unpacked; what comes out of it is held against all rules by itself.
_ZIP_SUFFIXES = (
    "zip jar war ear apk aab appx appxbundle msix msixbundle xpi docx docm dotx dotm xlsx xlsm xlsb xltx xltm xlam pptx pptm"
    " ppsx ppsm potx potm ppam vsdx vsdm odt ods odp odg odf ott ots otp epub xps oxps"
)
# Type -> the suffixes by which it gets to a program that unpacks it; by another one it may get to any that reads text.
_PACKED: dict[str, frozenset[str]] = {
    Type.PNG: frozenset({"png"}),
    Type.GIF: frozenset({"gif"}),
    Type.JPEG: frozenset({"jpg", "jpeg", "jpe", "jfif"}),
    **dict.fromkeys(ZIP_BUILT, frozenset(_ZIP_SUFFIXES.split())),
}
_ZIP = b"PK\x03\x04"
# Where a page or a script begins: a browser finds it behind the beginning of a picture, or in front of a zip's end.
_MARKUP = re.compile(
    rb"<(?:script|html|hta:|body|iframe|svg|!doctype|\?xml|\?wsf|job|package|component)", re.IGNORECASE
)
_REACH = 65_536  # Octets at either end that are looked at for it.
MAX_OCTETS = 33_554_432  # Of a larger file only the beginning is held against the rules.

# One for the process: compiled where a room begins, inherited by its helpers, which may not make code themselves.
_rulebook = Rulebook()


def use_rules(folder: Path | None) -> None:
    """The rules of this folder beside ours, from the next `renew_rules` on."""
    global _rulebook  # noqa: PLW0603 - what a room has read before it was locked belongs to the process.
    _rulebook = Rulebook(folder)


def renew_rules() -> tuple[BrokenRules, ...]:
    """As `Rulebook.refresh`."""
    return _rulebook.refresh()


def match_rules(file: File, budget: Budget) -> Iterator[RuleMatch]:
    """The rules that fit."""
    budget.check_time()
    yield from _rulebook.match(file.content[:MAX_OCTETS], is_packed=_is_packed(file))


def _is_packed(file: File) -> bool:
    """By type, name and content: whoever says of himself that he is a picture may be a page as well."""
    suffixes = _PACKED.get(file.type)
    if suffixes is None or suffix_of(file.name) not in {"", *suffixes}:
        return False
    # A script with a zip behind its end is a zip by type.
    if file.type in ZIP_BUILT and not file.content.startswith(_ZIP):
        return False
    return not (
        _MARKUP.search(file.content, 0, _REACH) or _MARKUP.search(file.content, max(0, len(file.content) - _REACH))
    )
