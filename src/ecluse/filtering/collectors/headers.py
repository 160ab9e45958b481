"""What the header section looks like."""

from __future__ import annotations

from ecluse.domain.evidence import HeaderFacts
from ecluse.filtering.collect import Subject
from ecluse.wire.mime.facts import header_facts


def headers(subject: Subject) -> HeaderFacts:
    """Names, counts and oddities of the header section."""
    return header_facts(subject.section)
