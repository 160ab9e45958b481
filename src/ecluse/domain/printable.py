"""Words of others as they may stand in a line of ours."""

from __future__ import annotations


def printable(text: str) -> str:
    """The same, with a space for whatever ends a line, moves a cursor or cannot be seen."""
    return text if text.isprintable() else "".join(each if each.isprintable() else " " for each in text)
