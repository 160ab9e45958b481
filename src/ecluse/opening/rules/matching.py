"""Holds every file, and everything in it, against the rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ecluse.domain.opened import RuleMatch
from ecluse.opening.budget import Budget
from ecluse.opening.pieces import File
from ecluse.opening.rules.rulebook import BrokenRules, Rulebook

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
    yield from _rulebook.match(file.content[:MAX_OCTETS])
