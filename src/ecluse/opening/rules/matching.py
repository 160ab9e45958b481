"""Holds every file, and everything in it, against the rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ecluse.domain.opened import RuleMatch
from ecluse.opening.budget import Budget
from ecluse.opening.pieces import File
from ecluse.opening.rules.rulebook import BrokenRules, Rulebook
from ecluse.opening.types import ZIP_BUILT, Type

# What nobody reads or runs before it is unpacked; what comes out of it is held against all rules by itself.
_PACKED_PICTURES = frozenset({Type.PNG, Type.JPEG, Type.GIF})
_ZIP = b"PK\x03\x04"
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
    """By its first octets too: a script with a zip behind its end is a zip by type."""
    return file.type in _PACKED_PICTURES or (file.type in ZIP_BUILT and file.content.startswith(_ZIP))
