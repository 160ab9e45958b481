"""What the header section looks like."""

from __future__ import annotations

from ecluse.domain.evidence import HeaderFacts
from ecluse.filtering.collect import Subject
from ecluse.wire.mime.facts import header_facts


def headers(subject: Subject) -> HeaderFacts:
    """Names, counts and oddities of the header section, and whether we were on its way before."""
    return header_facts(subject.section, subject.sources.hostname)
