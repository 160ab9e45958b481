"""The message holds text that its reader does not see."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy

# Newsletters hide a line for the list of messages; no honest one hides a page.
_MUCH, _MUCH_SHARE = 1_000, 0.4
_SOME, _SOME_SHARE = 150, 0.25


def hidden_text(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Text for filters, that they may take the message for another."""
    texts = evidence.texts
    if isinstance(texts, Unknown):
        return
    if texts.hidden >= _MUCH and texts.hidden_share >= _MUCH_SHARE:
        yield Finding("HIDDEN_TEXT", ", ".join(texts.tricks))
    elif texts.hidden >= _SOME and texts.hidden_share >= _SOME_SHARE:
        yield Finding("SOME_HIDDEN_TEXT", ", ".join(texts.tricks))
