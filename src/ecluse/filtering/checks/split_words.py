"""Words are cut up by characters that nobody sees."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy

_MANY = 5  # One or two come with text that was copied from a page.


def split_words(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Readers read through them, filters are meant to stumble."""
    if not isinstance(evidence.texts, Unknown) and evidence.texts.split_words >= _MANY:
        yield Finding("SPLIT_WORDS", str(evidence.texts.split_words))
